#!/usr/bin/env bash
# A real Apache Kafka on this machine: one KRaft node (broker and controller in one), or three.
#
#   kafka.sh start STATE [PORT] [BROKERS]   start on 127.0.0.1:PORT (0 = a free one); BROKERS is 1 or 3
#   kafka.sh start-one STATE N              start broker N again with the data it has
#   kafka.sh stop-one|kill-one STATE N      end broker N by SIGTERM | by SIGKILL
#   kafka.sh stop STATE                     end all brokers of STATE, keep their data
#   kafka.sh record-classes STATE           write the class archive that makes starts fast, remove STATE
#
# STATE/kafka-N holds broker N: server.properties, data/, log, pid. `start` on a STATE that has been
# formatted before keeps its ports and data. Prints the bootstrap addresses.
#
# Environment: PLAZO_KAFKA_JIT=c2 uses the optimising compiler (benchmarks; slower to start);
# PLAZO_KAFKA_HEAP=512m; PLAZO_KAFKA_LOG=INFO.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

QUIET_CDS=(-Xlog:cds=off -Xlog:cds+dynamic=off)

java_command() {
  local jars=("$KAFKA_HOME"/lib/*.jar) IFS=:
  JAVA=("${JAVA_HOME:+$JAVA_HOME/bin/}java"
    -XX:+UseSerialGC -Xms64m "-Xmx${PLAZO_KAFKA_HEAP:-384m}"
    "-Dlog4j2.configurationFile=$PLAZO_ROOT/deploy/local/kafka/log4j2.properties"
    "-Dplazo.kafka.log=${PLAZO_KAFKA_LOG:-WARN}" -Dlog4j2.disableJmx=true)
  [[ ${PLAZO_KAFKA_JIT:-c1} == c2 ]] || JAVA+=(-XX:TieredStopAtLevel=1)
  # Classes parsed beforehand (written by install.sh): halves the start. Ignored if the JVM changed.
  [[ ! -f $KAFKA_HOME/classes.jsa ]] || JAVA+=("-XX:SharedArchiveFile=$KAFKA_HOME/classes.jsa" "${QUIET_CDS[@]}")
  JAVA+=(-cp "${jars[*]}")
}

# write_properties N BROKERS PORT...: broker ports first, then controller ports.
write_properties() {
  local n=$1 brokers=$2 ports=("${@:3}") voters="" i
  for ((i = 1; i <= brokers; i++)); do
    voters+="${voters:+,}$i@127.0.0.1:${ports[brokers + i - 1]}"
  done
  cat <<EOF
node.id=$n
process.roles=broker,controller
controller.quorum.voters=$voters
controller.listener.names=CONTROLLER
listeners=BROKER://127.0.0.1:${ports[n - 1]},CONTROLLER://127.0.0.1:${ports[brokers + n - 1]}
advertised.listeners=BROKER://127.0.0.1:${ports[n - 1]}
inter.broker.listener.name=BROKER
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$STATE/kafka-$n/data

auto.create.topics.enable=false
unclean.leader.election.enable=false
default.replication.factor=$brokers
min.insync.replicas=$((brokers == 3 ? 2 : 1))
offsets.topic.replication.factor=$brokers
offsets.topic.num.partitions=8
offsets.retention.minutes=43200
transaction.state.log.replication.factor=$brokers
transaction.state.log.min.isr=$((brokers == 3 ? 2 : 1))
transaction.state.log.num.partitions=8
# A dead router's transaction must end soon after its timeout, not up to ten seconds later.
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
group.initial.rebalance.delay.ms=0

# A small machine: few threads, small buffers. Among three, a crashed broker is noticed soon; a lone one
# is not shut out because the machine is busy.
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
broker.session.timeout.ms=$((brokers == 3 ? 3000 : 9000))
broker.heartbeat.interval.ms=500
EOF
}

format_storage() {
  local id
  id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c1-22)
  local pids=() n
  for ((n = 1; n <= $1; n++)); do
    "${JAVA[@]}" kafka.tools.StorageTool format -t "$id" -c "$STATE/kafka-$n/server.properties" \
      >"$STATE/kafka-$n/format.log" 2>&1 &
    pids+=($!)
  done
  for n in "${!pids[@]}"; do
    wait "${pids[n]}" || die "formatting failed: $STATE/kafka-$((n + 1))/format.log"
  done
}

start_one() {
  local dir=$STATE/kafka-$1
  [[ -f $dir/server.properties ]] || die "no broker $1 in $STATE"
  daemon_running "$dir/pid" ||
    start_daemon "$dir/pid" "$dir/log" "${JAVA[@]}" kafka.Kafka "$dir/server.properties"
}

bootstrap() {
  sed -n 's/^advertised.listeners=BROKER:\/\///p' "$STATE"/kafka-*/server.properties | paste -sd,
}

# all_know_each_other N: does the cluster list N brokers?
all_know_each_other() {
  [[ $(kcat -L -m 2 -b "$(bootstrap)" 2>/dev/null) == *" $1 brokers:"* ]]
}

start() {
  local port=${1:-0} brokers=${2:-1} n ports
  [[ $brokers == 1 || $brokers == 3 ]] || die "1 or 3 brokers, not $brokers"
  if [[ ! -f $STATE/kafka-1/data/meta.properties ]]; then
    mapfile -t ports < <(free_ports $((2 * brokers)))
    if [[ $port != 0 ]]; then
      ! port_taken "$port" || die "port $port is taken"
      ports[0]=$port
    fi
    for ((n = 1; n <= brokers; n++)); do
      mkdir -p "$STATE/kafka-$n"
      write_properties "$n" "$brokers" "${ports[@]}" >"$STATE/kafka-$n/server.properties"
    done
    format_storage "$brokers"
  fi
  brokers=$(find "$STATE" -maxdepth 1 -name 'kafka-*' | wc -l)
  for ((n = 1; n <= brokers; n++)); do start_one "$n"; done
  for ((n = 1; n <= brokers; n++)); do
    wait_for_daemon "$STATE/kafka-$n/pid" "$STATE/kafka-$n/log" 180 all_know_each_other "$brokers"
  done
  bootstrap
}

stop() {
  local dir
  for dir in "$STATE"/kafka-*/; do
    [[ ! -d $dir ]] || stop_daemon "${dir}pid" 20 &
  done
  wait
}

kill_one() {
  local pid _
  daemon_running "$STATE/kafka-$1/pid" || die "broker $1 does not run"
  read -r pid _ <"$STATE/kafka-$1/pid"
  kill -KILL "$pid"
  wait_until 5 "broker $1 to die" daemon_gone "$STATE/kafka-$1/pid"
}

# One start and stop of a throw-away broker, during which the JVM notes the classes it loads.
record_classes() {
  rm -f "$KAFKA_HOME/classes.jsa"
  java_command
  JAVA+=("-XX:ArchiveClassesAtExit=$KAFKA_HOME/classes.jsa.new" "${QUIET_CDS[@]}")
  start >/dev/null
  stop
  mv "$KAFKA_HOME/classes.jsa.new" "$KAFKA_HOME/classes.jsa"
  rm -rf "$STATE"
}

main() {
  [[ $# -ge 2 ]] || usage
  local command=$1
  mkdir -p "$2"
  STATE=$(cd "$2" && pwd)
  shift 2
  [[ -d $KAFKA_HOME/lib ]] || die "no Kafka in $KAFKA_HOME: run deploy/local/install.sh"
  java_command
  case $command in
    start) start "$@" ;;
    start-one) start_one "$1" ;;
    stop-one) stop_daemon "$STATE/kafka-$1/pid" 20 ;;
    kill-one) kill_one "$1" ;;
    stop) stop ;;
    record-classes) record_classes ;;
    *) usage ;;
  esac
}

main "$@"
