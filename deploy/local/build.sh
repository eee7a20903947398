#!/usr/bin/env bash
# Configures a CMake preset and builds it.
#
#   build.sh PRESET [JOBS [TARGET]]    into build/PRESET, all of it or one target; binaries in
#                                      build/PRESET/bin
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

main() {
  [[ $# -ge 1 ]] || usage
  cd "$PLAZO_ROOT"
  local log
  log=$(mktemp)
  cmake --preset "$1" >"$log" 2>&1 || {
    cat "$log" >&2
    die "configuring failed"
  }
  rm -f "$log"
  cmake --build --preset "$1" --parallel "${2:-$(nproc)}" ${3:+--target "$3"}
}

main "$@"
