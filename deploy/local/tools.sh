# Where the tools of the tests lie: each in a folder named after what pins it, so that several versions
# of this tree can share one cache. Sourced after lib.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034  # used by those who source this

LINT=$PLAZO_ROOT/tests/lint

BUF_HOME=$PLAZO_CACHE/buf-$(hash_of "$LINT/buf/package-lock.json")
BUF=$BUF_HOME/node_modules/.bin/buf
KUSTOMIZE=$PLAZO_CACHE/kustomize-$(hash_of "$LINT/k8s/kustomize/go.sum")/kustomize
K8S_SCHEMAS=$PLAZO_CACHE/k8s-schemas-$(hash_of "$LINT"/k8s/requirements.txt "$LINT"/k8s/strimzi/*)
