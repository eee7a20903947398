#!/usr/bin/env bash
# Makes the present contract the one that proto_test.sh compares with (make proto-base). To be run at a
# release, after fields have been added; a break must never be hidden by it.
set -euo pipefail
if [[ -z ${PLAZO_BUF:-} ]]; then
  exec "$(dirname "$0")/../../deploy/local/with_tools.sh" "$0"
fi

cd "$PLAZO_ROOT/proto"
"$PLAZO_BUF" build --exclude-source-info -o base.binpb
