#!/usr/bin/env bash
# Runs the benchmarks: programs build/release/bin/bench_NAME, which print ratios against a limit or a
# peer measured in the same run.
#
#   run.sh [NAME]    e.g. run.sh classify; all of them if not given
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

found=0
for program in build/release/bin/bench_${1:-*}; do
  [[ -x $program ]] || continue
  found=1
  echo "== ${program##*/bench_}"
  "$program"
done
((found)) || { echo "no benchmark ${1:-}" >&2; exit 66; }
