# Programs that run beside a suite, to be killed and started again. None outlives the suite.
# shellcheck shell=bash

declare -A PROGRAMS=()

# start_program NAME TOOL ARGS...: in the background; what it prints and logs goes to WORK/NAME.log.
start_program() {
  local name=$1; shift
  TOOL_LOG=System.err "$CLIENTS/kafka-tool" "$@" >>"$WORK/$name.log" 2>&1 &
  PROGRAMS[$name]=$!
}

program_runs() { kill -0 "${PROGRAMS[$1]}" 2>/dev/null; }

kill_program() {
  program_runs "$1" || die "$1 has ended by itself: $(tail -5 "$WORK/$1.log")"
  kill -9 "${PROGRAMS[$1]}"
  wait "${PROGRAMS[$1]}" 2>/dev/null || true
  unset "PROGRAMS[$1]"
}

# program_ends NAME SECONDS: waits for it; its exit code.
program_ends() {
  local name=$1 code=0
  program_has_ended() { ! program_runs "$name"; }
  wait_until "$2" program_has_ended || die "$name did not end within $2 seconds: $(tail -5 "$WORK/$name.log")"
  wait "${PROGRAMS[$name]}" || code=$?
  unset "PROGRAMS[$name]"
  return "$code"
}

# stop_program NAME: SIGTERM, to which Java answers 143.
stop_program() {
  local code=0
  program_runs "$1" || die "$1 has ended by itself: $(tail -5 "$WORK/$1.log")"
  kill "${PROGRAMS[$1]}"
  program_ends "$1" 60 || code=$?
  [ "$code" = 143 ] || [ "$code" = 0 ] || die "$1 ended with $code: $(tail -5 "$WORK/$1.log")"
}

kill_all_programs() {
  local pid
  for pid in "${PROGRAMS[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
}
trap kill_all_programs EXIT
