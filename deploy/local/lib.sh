# Shared by the scripts of this folder; sourced, never run.
# Messages go to stderr, so that a script's stdout holds only what it was asked for.
# shellcheck shell=bash
# shellcheck disable=SC2034  # used by those who source this

set -euo pipefail

PLAZO_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Outside the work tree, so that a fresh clone on the same machine can work without the network.
PLAZO_CACHE=${PLAZO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/plazo}
# Debian's Python: the one that sees the modules which install.sh gets from apt.
PYTHON=/usr/bin/python3
KAFKA_VERSION=4.3.1
KAFKA_HOME=$PLAZO_CACHE/kafka-$KAFKA_VERSION

# hash_of FILE...: names a cached thing by what it is made from.
hash_of() { cat "$@" | sha256sum | cut -c1-12; }

say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# usage: the running script's head comment, as its help.
usage() {
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
  exit 64
}

# free_ports N: N distinct TCP ports that nobody listens on, one a line. They lie below the range from
# which the kernel takes client ports, so that a daemon finds its port still free after a restart.
free_ports() {
  "$PYTHON" - "$1" <<'PY'
import random, socket, sys
held = []
while len(held) < int(sys.argv[1]):
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", random.randrange(20000, 32000)))
        held.append(s)
    except OSError:
        s.close()
for s in held:
    print(s.getsockname()[1])
PY
}

# port_taken PORT: does somebody listen there?
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# port_or_free PORT: PORT itself if it is free, else (or when it is 0) a free one.
port_or_free() {
  if [[ $1 != 0 ]] && ! port_taken "$1"; then
    echo "$1"
  else
    free_ports 1
  fi
}

# The kernel's start time of a process: with the pid it names a process for good, a pid alone does not.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# daemon_running PIDFILE: is the very process that start_daemon started still there (and no zombie)?
daemon_running() {
  local pid started
  [[ -f $1 ]] || return 1
  read -r pid started <"$1"
  [[ $(start_time "$pid") == "$started" ]] &&
    [[ $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -c1) != Z ]]
}

# start_daemon PIDFILE LOGFILE COMMAND...: runs COMMAND in a session of its own, with no descriptor of
# ours (a lock held by our caller would otherwise live as long as the daemon). The pid file is written
# before COMMAND begins: no daemon is ever without one.
start_daemon() {
  local pidfile=$1 log=$2 pid
  shift 2
  rm -f "$pidfile"
  (
    for fd in "/proc/$BASHPID/fd/"*; do
      fd=${fd##*/}
      ((fd <= 2)) || eval "exec $fd>&-"
    done
    pid=$BASHPID  # inside $(...) it would be another
    echo "$pid $(start_time "$pid")" >"$pidfile.new"
    mv "$pidfile.new" "$pidfile"
    exec setsid "$@" </dev/null >>"$log" 2>&1
  ) &
  disown
  wait_until 10 "$pidfile" test -f "$pidfile"
}

# stop_daemon PIDFILE [SECONDS]: SIGTERM, wait, SIGKILL after SECONDS (10). Leaves no process behind.
stop_daemon() {
  local pidfile=$1 patience=${2:-10} pid _
  if daemon_running "$pidfile"; then
    read -r pid _ <"$pidfile"
    kill -TERM "$pid" 2>/dev/null || true
    wait_until "$patience" "" daemon_gone "$pidfile" || {
      say "$(basename "$(dirname "$pidfile")") ignored SIGTERM for ${patience} s, killing it"
      kill -KILL "$pid" 2>/dev/null || true
      wait_until 5 "process $pid to die" daemon_gone "$pidfile"
    }
  fi
  rm -f "$pidfile"
}
daemon_gone() { ! daemon_running "$1"; }

# wait_until SECONDS WHAT COMMAND...: polls COMMAND; on timeout names WHAT (if not empty) and fails.
wait_until() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then
      [[ -z $what ]] || say "gave up waiting for $what"
      return 1
    fi
    sleep 0.05
  done
}

# wait_for_daemon PIDFILE LOGFILE SECONDS COMMAND...: until COMMAND succeeds. A daemon that dies
# meanwhile, or does not answer in time, is reported with the end of its log.
wait_for_daemon() {
  local pidfile=$1 log=$2 end=$((SECONDS + $3)) name
  name=$(basename "$(dirname "$pidfile")")
  shift 3
  until "$@" >/dev/null 2>&1; do
    if ! daemon_running "$pidfile" || ((SECONDS >= end)); then
      tail -n 20 "$log" >&2
      die "$name did not come up, its log: $log"
    fi
    sleep 0.05
  done
}
