#!/usr/bin/env bash
# The SMTP inbox (inbox.py) as a daemon: where the mails of a local cluster arrive.
#
#   inbox.sh start STATE [PORT]   start on 127.0.0.1:PORT (0 = a free one); prints the address
#   inbox.sh stop STATE           end it, keep the mails
#   inbox.sh kill STATE           end it by SIGKILL
#
# STATE/inbox holds mails/ (one .eml and one .json a mail), port, log, pid. A further `start` keeps
# the port. What a recipient's name makes it do: see inbox.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start() {
  local port=${1:-0}
  mkdir -p "$DIR/mails"
  if [[ -f $DIR/port ]]; then
    port=$(<"$DIR/port")
  elif [[ $port == 0 ]]; then
    port=$(free_ports 1)
  fi
  if ! daemon_running "$DIR/pid"; then
    ! port_taken "$port" || die "port $port is taken"
    echo "$port" >"$DIR/port"
    start_daemon "$DIR/pid" "$DIR/log" "$PYTHON" \
      "$PLAZO_ROOT/deploy/local/inbox.py" --port "$port" "$DIR/mails"
  fi
  wait_for_daemon "$DIR/pid" "$DIR/log" 60 port_taken "$port"
  echo "127.0.0.1:$port"
}

kill_now() {
  local pid _
  daemon_running "$DIR/pid" || die "the inbox does not run"
  read -r pid _ <"$DIR/pid"
  kill -KILL "$pid"
  wait_until 5 "the inbox to die" daemon_gone "$DIR/pid"
}

main() {
  [[ $# -ge 2 ]] || usage
  mkdir -p "$2/inbox"
  DIR=$(cd "$2/inbox" && pwd)
  case $1 in
    start) start "${3:-0}" ;;
    stop) stop_daemon "$DIR/pid" ;;
    kill) kill_now ;;
    *) usage ;;
  esac
}

main "$@"
