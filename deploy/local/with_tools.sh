#!/usr/bin/env bash
# Runs a command with the tools that `install.sh test` brought: PLAZO_BUF, PLAZO_KUSTOMIZE and
# PLAZO_K8S_SCHEMAS.
#
#   with_tools.sh COMMAND...
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/tools.sh"

[[ $# -ge 1 ]] || usage
for tool in "$BUF" "$KUSTOMIZE" "$K8S_SCHEMAS/.complete"; do
  [[ -e $tool ]] || die "no $tool: run deploy/local/install.sh test"
done
export PLAZO_ROOT PLAZO_BUF=$BUF PLAZO_KUSTOMIZE=$KUSTOMIZE PLAZO_K8S_SCHEMAS=$K8S_SCHEMAS
exec "$@"
