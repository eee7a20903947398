#!/usr/bin/env bash
# What `make test` and CI run: installs what is missing, builds everything, starts a real Kafka, Redis
# and SMTP inbox on free ports, runs every test that is not labelled `long`, stops them, also when
# interrupted. The last lines are CTest's summary; its exit code is ours.
#
#   test.sh [CTEST-OPTION...]    e.g. test.sh -L unit, test.sh -R calendar; long ones too if selected
#
# PRESET=asan picks another build; after a failure the logs of the three parts are kept.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

HERE=$PLAZO_ROOT/deploy/local
PRESET=${PRESET:-release}
BUILD=$PLAZO_ROOT/build/$PRESET
STATE=

# phase NAME COMMAND...: runs it and notes how long it took.
PHASES=
phase() {
  local name=$1 began=${EPOCHREALTIME/./}
  shift
  "$@"
  PHASES+=$(printf '  %-10s %6.1f s' "$name" "$(((${EPOCHREALTIME/./} - began) / 1000))e-3")$'\n'
}

finish() {
  local code=$?
  trap - EXIT INT TERM
  [[ -z $STATE ]] || if ((code == 0)); then
    "$HERE/cluster.sh" wipe "$STATE"
  else
    "$HERE/cluster.sh" stop "$STATE"
    say "failed; logs of Kafka, Redis and the inbox: $STATE"
  fi
  exit "$code"
}

main() {
  [[ $# -gt 0 ]] || set -- -LE '^long$'
  local warmth=cold
  [[ ! -f $BUILD/build.ninja ]] || warmth=warm
  cd "$PLAZO_ROOT"
  trap finish EXIT
  trap 'exit 130' INT TERM

  phase deps "$HERE/install.sh" test
  phase "build" "$HERE/build.sh" "$PRESET" "${JOBS:-$(nproc)}"
  STATE=$(mktemp -d "${TMPDIR:-/tmp}/plazo-test.XXXXXX")
  phase services "$HERE/cluster.sh" start "$STATE"
  printf 'before the tests (%s build folder):\n%s' "$warmth" "$PHASES"

  local KAFKA REDIS SMTP MAILS
  # shellcheck source=/dev/null
  . "$STATE/env"
  PLAZO_TEST_KAFKA=$KAFKA PLAZO_TEST_REDIS=$REDIS PLAZO_TEST_SMTP=$SMTP PLAZO_TEST_MAILS=$MAILS \
    ctest --test-dir "$BUILD" --output-on-failure --no-tests=error --parallel "${JOBS:-$(nproc)}" "$@"
}

main "$@"
