#!/usr/bin/env bash
# What `make test-full` runs: `make test`, then the same tests under sanitizers and with clang's
# thread-safety analysis, then the long fault runs. Takes about an hour on two cores.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

HERE=$PLAZO_ROOT/deploy/local

"$HERE/install.sh" full
"$HERE/test.sh"
say "clang: thread-safety analysis"
"$HERE/build.sh" clang
say "address, leak and undefined-behaviour sanitizers"
PRESET=asan "$HERE/test.sh" -LE '^(long|lint)$'
# Debian's gRPC and librdkafka are not instrumented: only what does not use them is meaningful here.
say "thread sanitizer, on the tests that use neither gRPC nor librdkafka"
TSAN_OPTIONS=ignore_noninstrumented_modules=1 PRESET=tsan "$HERE/test.sh" -L '^unit$' -LE '^(grpc|kafka)$'
say "long fault runs"
"$HERE/test.sh" -L '^long$'
