#!/usr/bin/env bash
# A Redis server on this machine, set up as Plazo wants it in production: append-only file, fsync once
# a second, and never an eviction (an evicted deadline would be a lost deadline).
#
#   redis.sh start STATE [PORT]   start on 127.0.0.1:PORT (0 = a free one); prints the address
#   redis.sh stop STATE           end it, keep its data
#   redis.sh kill STATE           end it by SIGKILL
#
# STATE/redis holds redis.conf, data/, log, pid. A further `start` keeps port and data.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

answers() { [[ $(redis-cli -p "$PORT" ping) == PONG ]]; }

start() {
  mkdir -p "$DIR/data"
  if [[ ! -f $DIR/redis.conf ]]; then
    local port=${1:-0}
    [[ $port != 0 ]] || port=$(free_ports 1)
    ! port_taken "$port" || die "port $port is taken"
    cat >"$DIR/redis.conf" <<EOF
bind 127.0.0.1
port $port
dir $DIR/data
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
EOF
  fi
  PORT=$(sed -n 's/^port //p' "$DIR/redis.conf")
  daemon_running "$DIR/pid" || start_daemon "$DIR/pid" "$DIR/log" redis-server "$DIR/redis.conf"
  wait_for_daemon "$DIR/pid" "$DIR/log" 60 answers
  echo "127.0.0.1:$PORT"
}

kill_now() {
  local pid _
  daemon_running "$DIR/pid" || die "Redis does not run"
  read -r pid _ <"$DIR/pid"
  kill -KILL "$pid"
  wait_until 5 "Redis to die" daemon_gone "$DIR/pid"
}

main() {
  [[ $# -ge 2 ]] || usage
  mkdir -p "$2/redis"
  DIR=$(cd "$2/redis" && pwd)
  case $1 in
    start) start "${3:-0}" ;;
    stop) stop_daemon "$DIR/pid" ;;
    kill) kill_now ;;
    *) usage ;;
  esac
}

main "$@"
