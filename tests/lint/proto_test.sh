#!/usr/bin/env bash
# The contract in proto/: buf's STANDARD rules, and no change against proto/base.binpb that breaks a
# reader of older records or an older client. Run by with_tools.sh.
set -euo pipefail
cd "$PLAZO_ROOT/proto"

"$PLAZO_BUF" lint
[[ -f base.binpb ]] || { echo "no proto/base.binpb to compare with: make proto-base" >&2; exit 1; }
"$PLAZO_BUF" breaking --against base.binpb

# The check itself must be able to fail: a copy with a field renumbered and one with a bad name.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r . "$copy"
victim=$copy/plazo/core/v1/types.proto
grep -qE ' = 1;' "$victim"
sed -i '0,/\(string [a-z_]* = \)1;/s//\11001;/' "$victim"
if (cd "$copy" && "$PLAZO_BUF" breaking --against base.binpb >/dev/null); then
  echo "a renumbered field went unnoticed" >&2
  exit 1
fi
printf 'message badName {}\n' >>"$victim"
if (cd "$copy" && "$PLAZO_BUF" lint >/dev/null); then
  echo "a badly named message went unnoticed" >&2
  exit 1
fi
