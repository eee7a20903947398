#!/usr/bin/env bash
# What `make demo` runs: a cluster of its own, three conversations in three languages and on three
# channels, one missed promise; shown on the terminal as it happens, and checked. It ends with everything
# stopped and removed, also when interrupted; what is missing is named, and the exit code is 1 then.
#
#   demo.sh
#
# The policy is policies/demo.yaml: a first answer is promised within ten seconds, so that a promise can
# be missed while one watches.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

HERE=$PLAZO_ROOT/deploy/local
DEMO=$HERE/demo
export PLAZO_BIN=${PLAZO_BIN:-$PLAZO_ROOT/build/release/bin}
STATE=
PATIENCE=60  # seconds for anything that should come at once

BOLD='' DIM='' PLAIN=''
if [[ -t 1 ]]; then BOLD=$'\e[1m' DIM=$'\e[2m' PLAIN=$'\e[0m'; fi

heading() { printf '\n%s%s%s\n' "$BOLD" "$*" "$PLAIN"; }
note() { printf '  %s\n' "$*"; }
show() { "$PYTHON" -B "$DEMO/show.py" "$@"; }

# shown ARGUMENT...: a command as one would type it.
shown() {
  local word line=''
  for word in "$@"; do
    [[ $word =~ ^[][A-Za-z0-9@=,._/:-]+$ ]] || word="\"$word\""
    line+=" $word"
  done
  printf '  %s$ plazoctl%s%s\n' "$DIM" "$line" "$PLAIN"
}

# write ARGUMENT...: shows the command and runs it; it must be decided. Its JSON is in $ANSWER.
write() {
  shown "$@"
  ANSWER=$(plazoctl --json --timeout "${PATIENCE}s" "$@" --wait 25s) || die "refused"
  [[ $(answer decision) == APPLIED ]] || die "not decided in 25 s: $ANSWER"
}
answer() { show field "$1" <<<"$ANSWER"; }

# mail WHAT ADDRESS WORDS: waits for the mail and shows it.
mail() {
  local number
  number=$(show await-mail "$MAILS" --to "$2" --text "$3" --seconds "$PATIENCE") || die "missing: $1"
  printf '\n  %s\n' "$1:"
  show mail "$MAILS" "$number"
}

# said CASE WORDS: is this in the conversation that the customer sees?
said() { plazoctl conversation "$1" | grep -qF "$2"; }

finish() {
  local code=$?
  trap - EXIT INT TERM
  [[ -z $STATE ]] || {
    "$HERE/down.sh" "$STATE" || code=1
    if ((code == 0)); then
      rm -rf "$STATE"
    else
      say "failed; logs: $STATE/*/log"
    fi
  }
  exit "$code"
}

start_cluster() {
  heading "A cluster: five services, and a Kafka, a Redis and an SMTP inbox for them"
  STATE=$(mktemp -d "${TMPDIR:-/tmp}/plazo-demo.XXXXXX")
  "$HERE/up.sh" "$STATE" 2>"$STATE/up.log" || {
    cat "$STATE/up.log" >&2
    die "the cluster did not come up"
  }
  # shellcheck source=/dev/null
  . "$STATE/env"
  # shellcheck source=/dev/null
  . "$STATE/plazoctl.env"
  note "Kafka $KAFKA, Redis $REDIS, SMTP $SMTP, intake $INTAKE, desk $DESK"
  note "policy in force: policies/demo.yaml"
}

register_customers() {
  heading "Three customers, with an address for each type of notification"
  write customer upsert lucia --email lucia@cliente.example --name "Lucía Ortega" --language es \
    --support soporte@cliente.example --service name=web-1,kind=vps,data_centre=mad1
  write customer upsert marco --email marco@ditta.example --name "Marco Bianchi" --language it \
    --billing amministrazione@ditta.example
  write customer upsert olena --email olena@firma.example --name "Олена Коваль" --language uk \
    --support admin@firma.example --service name=vps-7,kind=vps,data_centre=waw1
}

send_messages() {
  heading "Three messages: a ticket in the client area, a chat, an e-mail with an attachment"
  write ticket submit --customer lucia --service web-1 --subject "Mi VPS va muy lento" \
    "Desde esta mañana mi VPS responde muy despacio. ¿Pueden mirarlo?"
  SLOW=$(answer case_number)
  write chat send --customer marco "Perché mi è stato addebitato due volte il rinnovo?"
  CHAT=$(answer case_number)
  shown mail deliver --to support@demo.example "<" deploy/local/demo/firewall.eml | tr -d '"'
  ANSWER=$(sed "s/@DATE@/$(date -R)/" "$DEMO/firewall.eml" |
    plazoctl --json --timeout "${PATIENCE}s" mail deliver --to support@demo.example --wait 25s)
  [[ $(answer disposition) == ACCEPTED_NEW ]] || die "the mail was not taken: $ANSWER"
  FIREWALL=$(answer case_number) FIREWALL_ID=$(answer ticket_id)
  note "cases $SLOW, $CHAT and $FIREWALL"

  mail "Lucía's acknowledgement, at her support address" soporte@cliente.example "$SLOW"
  mail "Olena's acknowledgement, in her thread" admin@firma.example "$FIREWALL"
  wait_until "$PATIENCE" "Marco's acknowledgement in the chat" said "$CHAT" "$CHAT" || exit 1
  printf '\n'
  note "Marco reads his in the chat itself."
}

explain_routing() {
  heading "How they were read, and who got them"
  local case
  for case in "$SLOW" "$CHAT" "$FIREWALL"; do
    plazoctl --json ticket show "$case" | show routing
  done
}

work() {
  heading "Agents work: the charge is explained at level 1, the firewall goes to the administrators"
  export PLAZO_AGENT=ana
  write agent reply "$CHAT" --agent-name Ana \
    "Il secondo addebito è una preautorizzazione: sarà annullato entro domani."
  wait_until "$PATIENCE" "the answer in the chat" said "$CHAT" "preautorizzazione" || exit 1
  write agent resolve "$CHAT" "Preautorizzazione annullata."
  write agent escalate "$FIREWALL" --team system-administrators --cause custom-setup
  mail "Olena is told why, and what happens next" admin@firma.example "особливе налаштування"
  write agent resolve "$FIREWALL" --agent sergei --agent-name "Сергій" \
    "Правила застосовано: порт 22 відкрито для 192.0.2.0/24, порт 443 для всіх, решту закрито."
  mail "Olena gets the summary" admin@firma.example "порт 443 для всіх"
}

miss_a_promise() {
  heading "Nobody answers Lucía: ten seconds pass"
  note "(the router decides when sla-timer says that the deadline has come)"
  mail "Management hears of it" management@demo.example "Promise missed [$SLOW]"
  write agent ack-breach "$SLOW" first_response --agent boss --note "Todos estaban en el chat."
  write agent reply "$SLOW" --agent-name Ana "Disculpe la espera. ¿Qué proceso ocupa la CPU?"
  mail "Lucía's answer, late" soporte@cliente.example "ocupa la CPU"
  write agent resolve "$SLOW" "Hemos reiniciado el servicio que ocupaba la CPU."
  mail "and the end of it" soporte@cliente.example "reiniciado el servicio"
}

show_timelines() {
  local case
  for case in "$SLOW" "$CHAT" "$FIREWALL"; do
    heading "Conversation $case"
    shown conversation "$case" --internal
    plazoctl conversation "$case" --internal | show timeline
  done
}

show_clocks() {
  heading "How the promises were kept"
  local case
  for case in "$SLOW" "$CHAT" "$FIREWALL"; do
    shown ticket show "$case"
    plazoctl ticket show "$case" | sed -n '2,3p; /^clocks:/,$p' | sed 's/^/  /'
  done
}

show_log() {
  heading "The way of Olena's mail through the log"
  local topic
  for topic in inbound decisions delivery sla; do
    shown tail "$topic" --key "$FIREWALL_ID"
    plazoctl tail "$topic" --key "$FIREWALL_ID" | sed "s/ticket\/$FIREWALL_ID  //" | show narrow
  done
}

count() { plazoctl tail "$1" | wc -l; }
all_decided() {
  COMMANDS=$(count inbound)
  [[ $COMMANDS == $(count decisions) ]]
}

# verified: shows what `plazoctl verify` finds. Deadlines go on coming meanwhile: what it finds must stay.
verified() {
  local found
  wait_until 20 "" plazoctl verify || true
  found=$(plazoctl verify) || {
    printf '%s\n' "$found"
    return 1
  }
  show narrow <<<"$found"
}

check_log() {
  heading "Every command has one decision, nothing is lost"
  local COMMANDS
  wait_until "$PATIENCE" "a decision for every command" all_decided || exit 1
  [[ $(count dlq) == 0 ]] || die "there are dead letters: plazoctl tail dlq"
  note "$COMMANDS commands, as many decisions; $(count delivery) mails asked for," \
    "$(count sla) facts for dashboards, no dead letters"
  shown lag
  plazoctl lag | sed 's/^/  /'
  shown verify
  verified || die "the invariants do not hold"
}

main() {
  [[ $# -eq 0 ]] || usage
  local began=$SECONDS MAILS='' KAFKA REDIS SMTP INTAKE DESK ANSWER
  local SLOW CHAT FIREWALL FIREWALL_ID
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM

  start_cluster
  register_customers
  send_messages
  explain_routing
  work
  miss_a_promise
  show_timelines
  show_clocks
  show_log
  check_log
  heading "The inbox"
  show inbox "$MAILS"

  heading "Done in $((SECONDS - began)) s: all of it arrived, and everything is being stopped"
  note "Try next:"
  note "  make up                             a cluster that stays"
  note "  . .local/plazoctl.env               then plazoctl finds it"
  note "  plazoctl ticket list                plazoctl --help tells the rest"
  note "  make down                           stops it, its data stays"
}

main "$@"
