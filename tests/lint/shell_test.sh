#!/usr/bin/env bash
# Every tracked shell script through shellcheck; found by name or by its first line.
set -euo pipefail
cd "$(dirname "$0")/../.."

scripts=()
while IFS= read -r -d '' path; do
  [[ -f $path ]] || continue
  if [[ $path == *.sh ]] || head -c 64 "$path" | head -n 1 | grep -qaE '^#!.*\b(ba)?sh\b'; then
    scripts+=("$path")
  fi
done < <(git ls-files -z)
((${#scripts[@]} > 5)) || { echo "found only ${#scripts[@]} scripts" >&2; exit 1; }

if shellcheck -s bash - >/dev/null <<'BAD'; then
rm $1/*
BAD
  echo "shellcheck accepts anything" >&2
  exit 1
fi
shellcheck -x -P SCRIPTDIR "${scripts[@]}"
