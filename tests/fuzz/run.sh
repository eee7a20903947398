#!/usr/bin/env bash
# Builds the fuzz targets with clang and runs them, each from its seeds: tests/fuzz/seeds/NAME/, or the
# mails of the parser's tests.
#
#   run.sh [NAME [SECONDS]]    e.g. run.sh classify 600; all of them, 60 seconds each, if not given
#
# What they find stays in build/fuzz/corpus/NAME, inputs that fail in build/fuzz/found/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target fuzz -j "$(nproc)"

found=0
for program in build/fuzz/bin/fuzz_${1:-*}; do
  [[ -x $program ]] || continue
  found=1
  name=${program##*/fuzz_}
  echo "== $name"
  seeds=tests/fuzz/seeds/$name
  [[ -d $seeds ]] || seeds=platform/mime/testdata
  mkdir -p "build/fuzz/corpus/$name" build/fuzz/found
  # Memory of protobuf's and GMime's own tables counts too.
  "$program" -max_total_time="${2:-60}" -max_len=8192 -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
    -artifact_prefix=build/fuzz/found/ "build/fuzz/corpus/$name" "$seeds"
done
((found)) || { echo "no fuzz target ${1:-}" >&2; exit 66; }
