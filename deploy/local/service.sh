#!/usr/bin/env bash
# One process of one Plazo service on this machine, next to the parts that cluster.sh started.
#
#   service.sh start STATE SERVICE [N]   intake, router, sla-timer, notifier or desk; N = 0 is the first
#   service.sh stop STATE SERVICE [N]    SIGTERM: it drains
#   service.sh kill STATE SERVICE [N]    SIGKILL
#   service.sh ready STATE SERVICE [N]   wait until it serves (180 s at most)
#
# STATE/SERVICE-N holds address, metrics-address, log, pid, and var/ (its working directory). The
# configuration is STATE/config/SERVICE.yaml, copied from deploy/local/config unless it is there; what
# STATE/env tells (addresses) is handed over by the environment. The first process of a service gets
# its usual port if it is free. PLAZO_BIN is the folder of the binaries.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PLAZO_BIN=${PLAZO_BIN:-$PLAZO_ROOT/build/release/bin}
declare -A USUAL_PORT=([intake]=50051 [desk]=50052 [router]=50053 [sla-timer]=50054 [notifier]=50055)
declare -A USUAL_METRICS=([intake]=9464 [desk]=9465 [router]=9466 [sla-timer]=9467 [notifier]=9468)

# Addresses are chosen once: a process that comes back comes back where it was.
choose_addresses() {
  local port=0 metrics=0
  if ((N == 0)); then
    port=${USUAL_PORT[$SERVICE]} metrics=${USUAL_METRICS[$SERVICE]}
  fi
  [[ -f $DIR/address ]] || echo "127.0.0.1:$(port_or_free "$port")" >"$DIR/address"
  [[ -f $DIR/metrics-address ]] || echo "127.0.0.1:$(port_or_free "$metrics")" >"$DIR/metrics-address"
}

prepare_config() {
  mkdir -p "$STATE/config" "$STATE/secrets" "$STATE/blobs"
  [[ -f $STATE/secrets/message-id-key ]] ||
    (umask 077 && head -c 32 /dev/urandom >"$STATE/secrets/message-id-key")
  [[ -f $STATE/config/$SERVICE.yaml ]] ||
    cp "$PLAZO_ROOT/deploy/local/config/$SERVICE.yaml" "$STATE/config/"
}

# environment: NAME=VALUE for `env`, into the array ENVIRONMENT.
environment() {
  local KAFKA REDIS SMTP
  [[ -f $STATE/env ]] || die "no Kafka, Redis and SMTP in $STATE: cluster.sh start $STATE"
  # shellcheck source=/dev/null
  . "$STATE/env"
  ENVIRONMENT=(
    "PLAZO_INSTANCE_ID=plazo-$SERVICE-$N"
    "PLAZO_KAFKA_BOOTSTRAP_SERVERS=$KAFKA"
    "PLAZO_LISTEN_ADDRESS=$(<"$DIR/address")"
    "PLAZO_METRICS_ADDRESS=$(<"$DIR/metrics-address")"
  )
  case $SERVICE in
    sla-timer | notifier | desk) ENVIRONMENT+=("PLAZO_REDIS_ADDRESSES=$REDIS") ;;
  esac
  case $SERVICE in
    intake | desk) ENVIRONMENT+=("PLAZO_BLOB_DIRECTORY=$STATE/blobs") ;;
    notifier) ENVIRONMENT+=("PLAZO_SMTP_HOST=${SMTP%:*}" "PLAZO_SMTP_PORT=${SMTP##*:}") ;;
  esac
  case $SERVICE in
    notifier | desk) ENVIRONMENT+=("PLAZO_TEMPLATES_DIRECTORY=$PLAZO_ROOT/templates") ;;
  esac
}

start() {
  ! daemon_running "$DIR/pid" || return 0
  [[ -x $PLAZO_BIN/plazo-$SERVICE ]] || die "no $PLAZO_BIN/plazo-$SERVICE: make build"
  mkdir -p "$DIR/var"
  choose_addresses
  prepare_config
  environment
  start_daemon "$DIR/pid" "$DIR/log" env -C "$DIR" "${ENVIRONMENT[@]}" \
    "$PLAZO_BIN/plazo-$SERVICE" --config "$STATE/config/$SERVICE.yaml"
}

# serves: gRPC health says SERVING, which a service does only once it has caught up.
# A gRPC call by hand: an empty message in a five-byte frame; the answer's field 1 is 1 = SERVING.
serves() {
  local answer
  answer=$(printf '\0\0\0\0\0' |
    curl -s --max-time 2 --http2-prior-knowledge -H 'content-type: application/grpc' -H 'te: trailers' \
      --data-binary @- "http://$(<"$DIR/address")/grpc.health.v1.Health/Check" | od -An -tx1 | tr -d ' \n')
  [[ $answer == 00000000020801 ]]
}

kill_now() {
  local pid _
  daemon_running "$DIR/pid" || die "$SERVICE-$N does not run"
  read -r pid _ <"$DIR/pid"
  kill -KILL "$pid"
  wait_until 5 "$SERVICE-$N to die" daemon_gone "$DIR/pid"
}

main() {
  [[ $# -ge 3 && -n ${USUAL_PORT[$3]:-} ]] || usage
  local command=$1
  SERVICE=$3 N=${4:-0}
  STATE=$(cd "$2" && pwd)
  DIR=$STATE/$SERVICE-$N
  mkdir -p "$DIR"
  case $command in
    start) start ;;
    stop) stop_daemon "$DIR/pid" 15 ;;
    kill) kill_now ;;
    ready) wait_for_daemon "$DIR/pid" "$DIR/log" 180 serves ;;
    *) usage ;;
  esac
}

main "$@"
