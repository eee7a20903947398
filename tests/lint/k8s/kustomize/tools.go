//go:build tools

// Package tools pins kustomize, which renders deploy/k8s in tests, by go.sum.
package tools

import _ "sigs.k8s.io/kustomize/kustomize/v5"
