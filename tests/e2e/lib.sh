# What the end-to-end tests share. A test file defines functions test_<situation> and ends with `run_tests "$@"`; its
# first argument is the built binary. Each test runs in a folder and a state home of its own, and fails at its first
# failing command.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

fail() {
  echo "  FAILED at $(caller 1 | cut -d' ' -f1): $*" >&2
  exit 1
}

# exits CODE COMMAND...: runs it; stdout in $out, stderr in $err (and in files of these names).
exits() {
  local wanted=$1 got=0
  shift
  "$@" >out 2>err </dev/null || got=$?
  out=$(tr -d '\0' <out) err=$(tr -d '\0' <err)
  [[ $got == "$wanted" ]] || fail "exit code $got instead of $wanted: $*
--- stdout
$(head -c 3000 out)
--- stderr
$(head -c 3000 err)"
}

# has TEXT NEEDLE: fails unless TEXT contains NEEDLE.
has() { [[ $1 == *"$2"* ]] || fail "\`$2\` is not in:
${1:0:3000}"; }
lacks() { [[ $1 != *"$2"* ]] || fail "\`$2\` is in:
${1:0:3000}"; }
same() { [[ $1 == "$2" ]] || fail "\`$1\` is not \`$2\`"; }

# until_true WHAT COMMAND...: until COMMAND succeeds; fails after a minute, which no healthy run needs.
until_true() {
  local what=$1 deadline=$((SECONDS + ${PATIENCE:-60}))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "gave up waiting until $what"
    sleep 0.05
  done
}

# sim_file FILE NAME SIZE [IMAGE]: a cluster of one group `web` in the simulated cloud cloud.sim.
sim_file() {
  cat >"$1" <<EOF
version: "1"
name: $2
groups:
  web:
    size: $3
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: cloud.sim, image: ${4:-a}}
EOF
}

# sim_count NAME: a counter of cloud.sim.
sim_count() { kadende sim count cloud.sim | sed -n "s/^$1 //p"; }
count_is() { [[ $(sim_count "$1") == "$2" ]]; }

# process_file FILE NAME SIZE [SCRIPT]: a cluster of one group `web` of real processes, each a shell with SCRIPT.
process_file() {
  cat >"$1" <<EOF
version: "1"
name: $2
groups:
  web:
    size: $3
    resourcePlugin: {name: process}
    resourceProperties:
      command: /bin/sh
      args: ["-c", "${4:-exec sleep 1000}"]
EOF
}

# start_watch OPTION...: a watch with its output in watch.out and watch.err; stop_watch ends it, which must exit 0.
start_watch() {
  kadende watch "$@" >>watch.out 2>>watch.err </dev/null &
  watcher=$!
}
stop_watch() {
  local got=0
  kill -TERM "$watcher"
  wait "$watcher" || got=$?
  same "$got" 0
}

# in_terminal INPUT COMMAND...: runs it with a terminal as stdin, stdout and stderr, and types INPUT when it is asked for
# a value; output in $out, exit code in $code.
in_terminal() {
  local input=$1 got=0
  shift
  : >out
  # `script` ends when its input does, so that it is kept open until what was typed must have been read.
  { until_asked && printf '%s' "$input" && sleep 1; } |
    script -qefc "$(printf '%q ' "$@")" /dev/null >out 2>err || got=$?
  out=$(tr -d '\0\r' <out) err=$(cat err) code=$got
}
# shown_in_terminal COMMAND...: likewise, of what asks nothing; only the output counts.
shown_in_terminal() {
  rm -f ../shown
  until_true "it has ended" test -e ../shown | script -qfc "$(printf '%q ' "$@"); : >../shown" /dev/null >out 2>err
  out=$(tr -d '\0\r' <out)
}
until_asked() { until_true "it asks" grep -q 'Enter a value' out; }

run_tests() {
  local binary=$1 failed=0 test
  PATH=$(dirname "$(realpath "$binary")"):$PATH
  export PATH
  unset NO_COLOR
  shift
  for test in $(declare -F | sed -n 's/^declare -f \(test_.*\)/\1/p'); do
    [[ $# == 0 || $test == *"$1"* ]] || continue
    local folder
    folder=$(mktemp -d "${TMPDIR:-/tmp}/kadende-e2e.XXXXXX")
    local status=0
    set +e  # `if ( ... )` would switch `set -e` off inside
    (
      set -e
      cd "$folder"
      export HOME=$folder/home XDG_STATE_HOME=$folder/state-home
      mkdir -p home work
      cd work
      "$test"
    )
    status=$?
    set -e
    if [[ $status == 0 ]]; then
      echo "ok      $test"
    else
      echo "FAILED  $test"
      failed=1
    fi
    # Nothing that a test started may live on: its nodes carry its folder in their environment.
    clean_up "$folder"
  done
  exit $failed
}

clean_up() {
  local folder=$1 round
  # A watch that is still there may bring back what was ended just before it.
  for round in 1 2 3 4 5; do
    end_all_of "$folder" || break
  done
  chmod -R u+rwx "$folder" 2>/dev/null || true
  rm -rf "$folder" || true
}

# Fails when there was nobody to end.
end_all_of() {
  local folder=$1 environment pid found=1
  for environment in /proc/[0-9]*/environ; do
    pid=${environment#/proc/}
    pid=${pid%/environ}
    if { tr '\0' '\n' <"$environment"; } 2>/dev/null |
      grep -qE "^(XDG_STATE_HOME|KADENDE_NODE_DIR)=$folder/state-home(/|$)"; then
      found=0
      kill -9 "$pid" 2>/dev/null || true
    fi
  done
  return $found
}
