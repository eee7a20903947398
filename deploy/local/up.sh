#!/usr/bin/env bash
# A whole Plazo cluster on this machine: Kafka, Redis, an SMTP inbox, topics, the five services, and the
# example policy in force.
#
#   up.sh [STATE]     STATE is .local in the work tree if not given; keeps the data it finds there
#
# STATE/env tells the addresses (KAFKA=, REDIS=, SMTP=, MAILS=, INTAKE=, DESK=), STATE/plazoctl.env is
# for a shell: after `. STATE/plazoctl.env`, plazoctl finds the cluster. down.sh ends it all.
# PLAZO_POLICY names another policy than policies/demo.yaml; "" publishes none.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

HERE=$PLAZO_ROOT/deploy/local
SERVICES=(router sla-timer notifier intake desk)
PLAZO_BIN=${PLAZO_BIN:-$PLAZO_ROOT/build/release/bin}
export PLAZO_BIN

# The policy is published once: what a provider has in force since stays in force.
publish_policy() {
  local policy=${PLAZO_POLICY-$PLAZO_ROOT/policies/demo.yaml}
  [[ -n $policy ]] || return 0
  "$PLAZO_BIN/plazoctl" policy show "tenant:$PLAZO_TENANT" >/dev/null 2>&1 ||
    "$PLAZO_BIN/plazoctl" --timeout 180s policy publish "$policy" >&2
}

main() {
  local state=${1:-$PLAZO_ROOT/.local} service
  mkdir -p "$state"
  state=$(cd "$state" && pwd)
  trap '"$HERE/down.sh" "$state"; exit 1' ERR INT TERM

  "$HERE/cluster.sh" start "$state" --kafka-port 9092 --redis-port 6379 --smtp-port 2525
  local KAFKA REDIS
  # shellcheck source=/dev/null
  . "$state/env"
  "$PLAZO_BIN/plazoctl" --kafka "$KAFKA" --timeout 180s topics apply >"$state/topics.log"

  for service in "${SERVICES[@]}"; do "$HERE/service.sh" start "$state" "$service"; done
  for service in "${SERVICES[@]}"; do "$HERE/service.sh" ready "$state" "$service"; done
  local intake desk
  intake=$(<"$state/intake-0/address") desk=$(<"$state/desk-0/address")
  printf 'INTAKE=%s\nDESK=%s\n' "$intake" "$desk" >>"$state/env"
  cat >"$state/plazoctl.env" <<EOF
export PLAZO_INTAKE=$intake PLAZO_DESK=$desk PLAZO_KAFKA=$KAFKA PLAZO_REDIS=$REDIS PLAZO_TENANT=demo
export PATH="$PLAZO_BIN:\$PATH"
EOF
  # shellcheck source=/dev/null
  . "$state/plazoctl.env"
  publish_policy
  say "five services run; for plazoctl: . $state/plazoctl.env; logs: $state/*/log"
}

main "$@"
