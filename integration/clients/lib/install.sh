# Installs what the suites need, once, into the cache directory. Each function returns non-zero when it cannot.
# shellcheck shell=bash

KAFKA_VERSION=4.3.1
MINIO_VERSION=v0.0.0-20260212201848-7aac2a2c5b7c

have() { command -v "$1" >/dev/null 2>&1; }

# Kafka's jars: the tools, the Java client, Streams, Connect and, to record or to compare, the broker itself.
_install_kafka() {
  have java || { warn "java (17 or later) is not installed"; return 1; }
  local home=$CACHE/kafka-$KAFKA_VERSION
  cmp -s "$CLIENTS/pom.xml" "$home/complete" && return 0
  have mvn || { warn "mvn is not installed"; return 1; }
  say "installing Apache Kafka $KAFKA_VERSION's jars into $home"
  mkdir -p "$home"
  cp "$CLIENTS/pom.xml" "$home/pom.xml"
  (cd "$home" && timeout 900 mvn -q dependency:copy-dependencies -DoutputDirectory=libs >install.log 2>&1) ||
    { tail -5 "$home/install.log" >&2; return 1; }
  # Archives of loaded classes belong to the list of jars that they were made with.
  rm -f "$home"/*.jsa
  cp "$home/pom.xml" "$home/complete"
}

# The suite's Java sources, compiled once per change into JAVA_CLASSES, which other checkouts that use the cache have of their own.
_install_java_suite() {
  install_kafka || return 1
  have javac || { warn "javac is not installed"; return 1; }
  JAVA_CLASSES=$CACHE/java-classes-$(cat "$CLIENTS"/java/*.java | cksum | tr ' ' -)
  [ ! -d "$JAVA_CLASSES" ] || return 0
  local fresh
  fresh=$(mktemp -d "$CACHE/java-classes.XXXXXX")
  javac -nowarn -d "$fresh" -cp "$CACHE/kafka-$KAFKA_VERSION/libs/*" "$CLIENTS"/java/*.java || { rm -rf "$fresh"; return 1; }
  mv -T "$fresh" "$JAVA_CLASSES" 2>/dev/null || rm -rf "$fresh"
}

_install_kcat() {
  have kcat && return 0
  if [ "$(id -u)" != 0 ] || ! have apt-get; then
    warn "kcat is not installed, and only root can install the Debian package"
    return 1
  fi
  say "installing the Debian package kcat"
  (apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y kcat) >"$CACHE/kcat-install.log" 2>&1 ||
    { tail -5 "$CACHE/kcat-install.log" >&2; return 1; }
}

# install_python NAME: a virtual environment with the versions of python/NAME.txt.
_install_python() {
  have python3 || { warn "python3 is not installed"; return 1; }
  local home=$CACHE/$1 list=$CLIENTS/python/$1.txt
  cmp -s "$list" "$home/installed.txt" && return 0
  say "installing $1 into $home"
  rm -rf "$home" && mkdir -p "$home"
  (python3 -m venv "$home" && timeout 600 "$home/bin/pip" install --quiet --requirement "$list") >"$home/install.log" 2>&1 ||
    { tail -5 "$home/install.log" >&2; return 1; }
  cp "$list" "$home/installed.txt"
}

# The packages of js/package.json.
_install_kafkajs() {
  have npm || { warn "npm is not installed"; return 1; }
  local home=$CACHE/kafkajs list=$CLIENTS/js/package.json
  cmp -s "$list" "$home/installed.json" && return 0
  say "installing kafkajs into $home"
  rm -rf "$home" && mkdir -p "$home"
  cp "$list" "$home/package.json"
  (cd "$home" && timeout 300 npm install --no-audit --no-fund --no-package-lock) >"$home/install.log" 2>&1 ||
    { tail -5 "$home/install.log" >&2; return 1; }
  cp "$list" "$home/installed.json"
}

# The suites in Go, built once per change into GO_SUITE, which other checkouts that use the cache have of their own.
_install_go_suite() {
  have go || { warn "go is not installed"; return 1; }
  GO_SUITE=$CACHE/go-suite-$(cat "$CLIENTS"/go/* | cksum | tr ' ' -)
  [ ! -x "$GO_SUITE" ] || return 0
  say "building the suites in Go into $GO_SUITE"
  local fresh=$GO_SUITE.$$
  (cd "$CLIENTS/go" && timeout 600 go build -buildvcs=false -o "$fresh" .) >"$fresh.log" 2>&1 ||
    { tail -5 "$fresh.log" >&2; rm -f "$fresh"*; return 1; }
  rm -f "$fresh.log"
  mv "$fresh" "$GO_SUITE"
}

# MinIO, built from source by Go.
_install_minio() {
  local home=$CACHE/minio-$MINIO_VERSION
  [ -x "$home/minio" ] && return 0
  have go || { warn "go is not installed"; return 1; }
  say "building MinIO $MINIO_VERSION into $home"
  mkdir -p "$home"
  GOBIN=$home timeout 1800 go install "github.com/minio/minio@$MINIO_VERSION" >"$home/install.log" 2>&1 ||
    { tail -5 "$home/install.log" >&2; return 1; }
}

# One at a time: suites run beside each other, and the first one installs for all.
exclusively() {
  local lock code=0
  mkdir -p "$CACHE"
  exec {lock}>"$CACHE/$1.lock"
  flock "$lock"
  "$@" || code=$?
  exec {lock}>&-
  return "$code"
}
install_kafka() { exclusively _install_kafka; }
install_java_suite() { exclusively _install_java_suite; }
install_kcat() { exclusively _install_kcat; }
install_python() { exclusively _install_python "$@"; }
install_kafkajs() { exclusively _install_kafkajs; }
install_go_suite() { exclusively _install_go_suite; }
install_minio() { exclusively _install_minio; }
