#!/usr/bin/env bash
# What `make test-full` runs: `make test`, then clang's thread-safety analysis, the tests under
# sanitizers, and the fault tests: those that kill at named points of the code, and the long ones.
# Takes an hour or two on two cores, most of it compiling.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

HERE=$PLAZO_ROOT/deploy/local

"$HERE/install.sh" full
"$HERE/test.sh"
say "clang: thread-safety analysis"
"$HERE/build.sh" clang
say "address, leak and undefined-behaviour sanitizers"
PRESET=asan "$HERE/test.sh" -L '^(unit|system)$'
# Debian's Abseil, gRPC and librdkafka are not instrumented: what meets in them looks like a race. These
# tests use threads of our own and standard locks only.
say "thread sanitizer"
TSAN_OPTIONS=ignore_noninstrumented_modules=1 PRESET=tsan "$HERE/test.sh" -L '^unit$' \
  -R 'domain|ids|ticket|base|runtime|mime|text'
say "fault points and long runs"
PRESET=faults "$HERE/test.sh" -L '^(system|long)$'
