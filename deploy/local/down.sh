#!/usr/bin/env bash
# Ends what up.sh started, services first, and waits until all of it is gone. Data stays.
#
#   down.sh [STATE]   STATE is .local in the work tree if not given
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

HERE=$PLAZO_ROOT/deploy/local

# stop_services STATE SERVICE...: all their processes at once.
stop_services() {
  local state=$1 service pidfile
  shift
  for service in "$@"; do
    for pidfile in "$state/$service"-[0-9]*/pid; do
      [[ ! -f $pidfile ]] || stop_daemon "$pidfile" 15 &
    done
  done
  wait
}

main() {
  local state=${1:-$PLAZO_ROOT/.local}
  [[ -d $state ]] || exit 0
  # The edge first, so that what it accepted is still decided and sent.
  stop_services "$state" intake desk
  stop_services "$state" sla-timer notifier router
  "$HERE/cluster.sh" stop "$state"
  rm -f "$state/plazoctl.env"
}

main "$@"
