#!/usr/bin/env bash
# A whole Plazo cluster on this machine: Kafka, Redis, an SMTP inbox, topics, the five services, and the
# example policy in force.
#
#   up.sh [STATE]     STATE is .local in the work tree if not given; keeps the data it finds there
#
# STATE/env tells the addresses (KAFKA=, REDIS=, SMTP=, MAILS=, INTAKE=, DESK=); down.sh ends it all.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

HERE=$PLAZO_ROOT/deploy/local
SERVICES=(router sla-timer notifier intake desk)
PLAZO_BIN=${PLAZO_BIN:-$PLAZO_ROOT/build/release/bin}
export PLAZO_BIN

main() {
  local state=${1:-$PLAZO_ROOT/.local} service
  mkdir -p "$state"
  state=$(cd "$state" && pwd)
  trap '"$HERE/down.sh" "$state"; exit 1' ERR INT TERM

  "$HERE/cluster.sh" start "$state" --kafka-port 9092 --redis-port 6379 --smtp-port 2525
  local KAFKA
  KAFKA=$(sed -n 's/^KAFKA=//p' "$state/env")
  "$PLAZO_BIN/plazoctl" --kafka "$KAFKA" topics apply >&2

  for service in "${SERVICES[@]}"; do "$HERE/service.sh" start "$state" "$service"; done
  for service in "${SERVICES[@]}"; do "$HERE/service.sh" ready "$state" "$service"; done
  {
    echo "INTAKE=$(<"$state/intake-0/address")"
    echo "DESK=$(<"$state/desk-0/address")"
  } >>"$state/env"
  say "five services run; addresses: $state/env, logs: $state/*/log"
}

main "$@"
