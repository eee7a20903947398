#!/usr/bin/env bash
# The parts Plazo stands on, for a local cluster or a test run: Kafka, Redis and an SMTP inbox.
#
#   cluster.sh start STATE [--kafka-port N] [--redis-port N] [--smtp-port N] [--brokers 3]
#   cluster.sh stop STATE      end all three, keep their data
#   cluster.sh wipe STATE      end all three, remove STATE
#   cluster.sh status STATE    what runs where; fails if a part is down
#
# A port that is not given, or taken, is replaced by a free one. STATE/env tells the addresses as
# KAFKA=, REDIS=, SMTP=, MAILS= (the inbox's folder) and is there exactly while the parts run.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
set -E

HERE=$PLAZO_ROOT/deploy/local

start() {
  local kafka=0 redis=0 smtp=0 brokers=1
  while [[ $# -gt 0 ]]; do
    [[ $# -ge 2 ]] || die "$1 needs a value"
    case $1 in
      --kafka-port) kafka=$2 ;;
      --redis-port) redis=$2 ;;
      --smtp-port) smtp=$2 ;;
      --brokers) brokers=$2 ;;
      *) die "unknown option $1" ;;
    esac
    shift 2
  done
  # What is ours already keeps its port; a stranger on the wished port makes us take another.
  [[ -d $STATE/kafka-1 ]] || kafka=$(port_or_free "$kafka")
  [[ -d $STATE/redis ]] || redis=$(port_or_free "$redis")
  [[ -d $STATE/inbox ]] || smtp=$(port_or_free "$smtp")

  # All or nothing: a start that fails half-way, or is interrupted, leaves no daemon behind.
  trap 'wait; stop; exit 1' ERR INT TERM
  local kafka_at redis_at smtp_at kafka_job
  "$HERE/kafka.sh" start "$STATE" "$kafka" "$brokers" >"$STATE/kafka.address" &
  kafka_job=$!
  redis_at=$("$HERE/redis.sh" start "$STATE" "$redis")
  smtp_at=$("$HERE/inbox.sh" start "$STATE" "$smtp")
  wait "$kafka_job"
  kafka_at=$(<"$STATE/kafka.address")
  cat >"$STATE/env.new" <<EOF
KAFKA=$kafka_at
REDIS=$redis_at
SMTP=$smtp_at
MAILS=$STATE/inbox/mails
EOF
  mv "$STATE/env.new" "$STATE/env"
  say "Kafka $kafka_at, Redis $redis_at, SMTP inbox $smtp_at"
}

stop() {
  rm -f "$STATE/env" "$STATE/kafka.address"
  "$HERE/kafka.sh" stop "$STATE" &
  [[ ! -d $STATE/redis ]] || "$HERE/redis.sh" stop "$STATE" &
  [[ ! -d $STATE/inbox ]] || "$HERE/inbox.sh" stop "$STATE" &
  wait
}

status() {
  local pidfile down=0
  [[ ! -f $STATE/env ]] || cat "$STATE/env"
  for pidfile in "$STATE"/{kafka-*,redis,inbox}/pid; do
    if daemon_running "$pidfile"; then
      echo "$(basename "$(dirname "$pidfile")") runs, pid $(cut -d' ' -f1 "$pidfile")"
    else
      echo "$(basename "$(dirname "$pidfile")") is down"
      down=1
    fi
  done
  return "$down"
}

main() {
  [[ $# -ge 2 ]] || usage
  local command=$1
  [[ $command == start || -d $2 ]] || exit 0
  mkdir -p "$2"
  STATE=$(cd "$2" && pwd)
  shift 2
  case $command in
    start) start "$@" ;;
    stop) stop ;;
    wipe)
      stop
      rm -rf "$STATE"
      ;;
    status) status ;;
    *) usage ;;
  esac
}

main "$@"
