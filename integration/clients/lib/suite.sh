# What a suite is made of. A suite runs with BOOTSTRAP (host:port), WORK (its scratch directory), BROKER_DIR (empty when the
# broker is not ours) and SUITE (its name). It either asserts, or writes a transcript that is compared with Kafka's.
# shellcheck shell=bash

# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=install.sh
. "$CLIENTS/lib/install.sh"

TRANSCRIPT=$WORK/transcript.txt
export TOOL_LOG=$WORK/tool.log
# The sources' directory stays as it is.
export PYTHONDONTWRITEBYTECODE=1

tool() { "$CLIENTS/kafka-tool" "$@"; }

# From here on tools share one process, for suites that call many. It ends with the suite, whose pipe is its standard input.
toolbox() {
  coproc TOOLBOX { cd "$WORK" && exec "$CLIENTS/kafka-tool" esker.Toolbox 2>>"$TOOL_LOG"; }
  read -r TOOLBOX_PORT <&"${TOOLBOX[0]}" || die "the process that is to run the tools did not start"
  export TOOLBOX_PORT
}
# Tools in processes of their own all the same.
apart() { (unset TOOLBOX_PORT && "$@"); }

# What differs from run to run: ids, times, ports, directories. Stack frames say where in Kafka's source, not what went wrong.
normalise() {
  local port=${BOOTSTRAP##*:}
  sed -E \
    -e "s/127\\.0\\.0\\.1:$port/BROKER/g" -e "s/127\\.0\\.0\\.1:$((port + 1))/CONTROLLER/g" -e "s/\\b$port\\b/PORT/g" \
    -e "s|${BROKER_DIR:-/nowhere}|DIR|g" -e "s|$WORK|WORK|g" -e 's/x{100,}/(many x)/g' \
    -e 's/TopicId: [A-Za-z0-9_-]{22}/TopicId: ID/g' \
    -e 's/^\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:,]+\] //' \
    -e '/^java.util.concurrent.ExecutionException: /d' -e '/^\s+at [a-zA-Z0-9_.$\/]+\(.*\)$/d' -e '/^\s+\.\.\. [0-9]+ more$/d' \
    -e 's/[[:space:]]+$//'
}

# The order of a list is a hash map's accident in Kafka. The first line is the heading.
sorted() { sed -u 1q; LC_ALL=C sort; }

# Topic descriptions: the configs of a line in order of their names.
sorted_configs() {
  awk -F 'Configs: ' '{ n = split($2, list, ","); if (NF < 2 || n < 2) { print; next }
    for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j] < list[j - 1]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
    line = list[1]; for (i = 2; i <= n; i++) line = line "," list[i]; print $1 "Configs: " line }'
}

by_line() { LC_ALL=C sort; }
sorted_configs_and_lines() { sorted_configs | LC_ALL=C sort; }

# Lines that go into the transcript as they are: a heading, a value that the suite worked out.
note() { printf '%s\n' "$*" | normalise >>"$TRANSCRIPT"; }

# seed TOPIC PARTITION COUNT SIZE [key=value...]: records that are the same in every run, each in a batch of its own.
seed() { "$CLIENTS/kafka-tool" esker.Seed "$BOOTSTRAP" "$@"; }

create_topic() { tool kafka-topics --bootstrap-server "$BOOTSTRAP" --create --topic "$@" >/dev/null; }

# ask COMMAND...: one entry of the transcript: what was asked, what came back, the exit code when it is not 0.
ask() {
  local code=0
  note "\$ ${SHOWN:-$*}"
  timeout "${ASK_SECONDS:-60}" "$@" >"$WORK/answer" 2>&1 </dev/null || code=$?
  normalise <"$WORK/answer" | "${SIFT:-cat}" >>"$TRANSCRIPT"
  [ "$code" = 0 ] || note "exit $code"
  note ""
}

# ask_tool NAME ARGS...: asks one of Kafka's tools about the broker.
ask_tool() {
  local name=$1; shift
  SHOWN="$name $*" ask "$CLIENTS/kafka-tool" "$name" --bootstrap-server "$BOOTSTRAP" "$@"
}

# Deliberate differences (differences.txt: suite, pattern, reason) are left out on both sides.
without_differences() {
  local patterns
  patterns=$(awk -F '\t' -v suite="$SUITE" '!/^#/ && NF && ($1 == suite || $1 == "*") { print $2 }' "$CLIENTS/differences.txt")
  if [ -z "$patterns" ]; then cat; else grep -vE -e "$patterns" || true; fi
}

# The transcript becomes the expectation (RECORD=1, against Kafka) or is compared with it.
finish_transcript() {
  local expected=$CLIENTS/expected/$SUITE.txt
  if [ "${RECORD:-0}" = 1 ]; then
    cp "$TRANSCRIPT" "$expected"
    say "recorded $expected"
    return
  fi
  diff -u --label "Apache Kafka $KAFKA_VERSION" --label "this broker" \
    <(without_differences <"$expected") <(without_differences <"$TRANSCRIPT") || die "answers differ from Kafka's"
}

# expect WHAT EXPECTED ACTUAL: one assertion.
expect() {
  if [ "$2" = "$3" ]; then say "  ok: $1"; else
    warn "  FAILED: $1"
    diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") | sed -e 's/^</    expected:/' -e 's/^>/    was:     /' -e '/^[0-9,]*[acd][0-9,]*$/d' -e '/^---$/d' >&2 || true
    FAILURES=$((${FAILURES:-0} + 1))
  fi
}

# expect_match WHAT PATTERN ACTUAL: the text has a line that matches the extended regular expression.
expect_match() {
  if grep -qE -e "$2" <<<"$3"; then say "  ok: $1"; else
    warn "  FAILED: $1"
    warn "    no line matches $2 in:"
    sed -n '1,20s/^/    /p' <<<"$3" >&2
    FAILURES=$((${FAILURES:-0} + 1))
  fi
}

finish_assertions() { [ "${FAILURES:-0}" = 0 ] || die "$FAILURES assertions failed"; }
