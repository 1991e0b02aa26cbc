# Shared by every script here: where things are, what is printed, waiting with a deadline, and cleaning up.
# shellcheck shell=bash

CLIENTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
REPOSITORY=$(cd "$CLIENTS/../.." && pwd)
CACHE=${ESKER_CLIENTS_CACHE:-$HOME/.cache/esker-clients}
export CLIENTS REPOSITORY CACHE

# Exit code of a suite whose tool cannot be installed here.
readonly SKIPPED=77

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() { warn "error: $*"; exit 1; }

# Loud, because a suite that did not run proves nothing.
skip() {
  warn "**** SKIPPED: $* ****"
  exit "$SKIPPED"
}

# wait_until SECONDS COMMAND...: runs the command every 100 ms until it succeeds.
wait_until() {
  local deadline=$((SECONDS + $1)); shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The first of three neighbouring ports that nobody listens on, below the range from which the kernel picks. Whoever runs
# beside others has a range of its own: PORT_SLOT.
free_port() {
  local port
  for _ in $(seq 100); do
    port=$((20000 + (PORT_SLOT % 4 * 1000 + RANDOM % 1000) * 3))
    port_open "$port" || port_open $((port + 1)) || port_open $((port + 2)) || { echo "$port"; return; }
  done
  die "no free port between 20000 and 32000"
}
PORT_SLOT=${PORT_SLOT:-$((RANDOM % 4))}

# http_status PORT PATH: the status line's number, empty when nobody answers within two seconds.
http_status() {
  # shellcheck disable=SC2016
  timeout 2 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "GET $1 HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n" >&3 &&
    read -r _ status _ <&3 && echo "$status"' "$1" "$2" 2>/dev/null || true
}

# http_page PORT PATH: the answer without its head, empty when nobody answers within two seconds.
http_page() {
  # shellcheck disable=SC2016
  timeout 2 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "GET $1 HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n" >&3 && cat <&3' "$1" "$2" 2>/dev/null |
    sed '1,/^\r*$/d' || true
}

# A scratch directory that goes when the script ends, unless KEEP=1.
scratch() {
  local dir
  dir=$(mktemp -d "${TMPDIR:-/tmp}/esker-clients.XXXXXX")
  echo "$dir"
}

discard() { if [ "${KEEP:-0}" = 1 ]; then say "kept: $1"; else rm -rf "$1"; fi; }

minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
