# Ctrl-C, kill -9, unfinished runs, and two runs at once.
. "$(dirname "$0")/lib.sh"

# in_group COMMAND...: in the background, as the leader of a process group with signals at their defaults, as a terminal
# would start it; its pid in $pid.
in_group() {
  set -m
  "$@" >out 2>err </dev/null &
  pid=$!
  set +m
}
code_of() {
  local got=0
  wait "$1" || got=$?
  same "$got" "$2"
}

test_ctrl_c_waits_for_what_runs_and_starts_nothing_more() {
  kadende sim create cloud.sim create-latency=500ms
  sim_file shop.yml shop 20
  in_group kadende apply --yes --parallelism 2
  until_true "something is created" sim_live_at_least 1
  kill -INT -- "-$pid"
  code_of "$pid" 130
  has "$(cat err)" "Interrupted"
  (($(sim_count made) < 20)) || fail "everything was made in spite of the interruption"
  kadende sim set cloud.sim create-latency=0s
  exits 0 kadende apply --yes
  same "$(sim_count live)" 20
  same "$(sim_count made)" 20
}
sim_live_at_least() { (($(sim_count live) >= $1)); }
sim_made_at_least() { (($(sim_count made) >= $1)); }

test_second_ctrl_c_leaves_at_once_and_nothing_is_doubled() {
  kadende sim create cloud.sim create-latency=20s
  sim_file shop.yml shop 4
  in_group kadende apply --yes
  until_true "creates are under way" sim_made_at_least 4
  kill -INT -- "-$pid"
  until_true "the first signal is answered" grep -q Interrupted err
  kill -INT -- "-$pid"
  local start=$SECONDS
  code_of "$pid" 130
  ((SECONDS - start < 15)) || fail "the second signal did not end it"
  until_true "the creates landed" count_is live 4
  exits 0 kadende apply --yes
  same "$(sim_count made)" 4
  exits 0 kadende plan --detailed-exitcode
}

test_kill_9_while_creating() {
  kadende sim create cloud.sim create-latency=300ms
  sim_file shop.yml shop 10
  in_group kadende apply --yes --parallelism 3
  until_true "creates are under way" sim_made_at_least 4
  kill -9 "$pid"
  { wait "$pid" || true; } 2>/dev/null
  kadende sim set cloud.sim create-latency=0s
  exits 0 kadende apply --yes
  until_true "all are there" count_is live 10
  same "$(sim_count made)" 10
  exits 0 kadende plan --detailed-exitcode
  exits 0 kadende show
}

# Without idempotent tokens nobody can say what became of a create until its time is over.
test_what_may_still_land_is_told_and_waited_for() {
  kadende sim create cloud.sim create-latency=60s listing-delay=60s
  sim_file shop.yml shop 2
  sed -i 's/name: sim}/name: sim-basic}/' shop.yml
  echo '    timeouts: {create: 4s}' >>shop.yml
  in_group kadende apply --yes
  until_true "creates are under way" count_is accepted 2
  kill -9 "$pid"
  { wait "$pid" || true; } 2>/dev/null
  kadende sim set cloud.sim create-latency=0s listing-delay=0s
  exits 0 kadende plan
  has "$out" "2 creates of an earlier run may still land (web[0], web[1])"
  has "$out" "apply waits until 20"
  exits 0 kadende apply --yes --json
  has "$out" "web[0]: a create of an earlier run may still land; looked for until 20"
  same "$(sim_count live)" 2
}

test_only_what_has_started_is_told_as_started() {
  kadende sim create cloud.sim create-latency=60s
  sim_file shop.yml shop 9
  in_group kadende apply --yes --parallelism 2 --json
  until_true "starts are told" grep -q action_started out
  same "$(grep -c action_started out)" 2
  kill -9 "$pid"
  { wait "$pid" || true; } 2>/dev/null
}

test_unfinished_run_is_shown_and_abandoned() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  kadende sim set cloud.sim create-latency=20s
  sim_file shop.yml shop 6
  in_group kadende apply --yes --parallelism 1
  until_true "a create is under way" sim_made_at_least 3
  kill -9 "$pid"
  { wait "$pid" || true; } 2>/dev/null
  kadende sim set cloud.sim create-latency=0s
  exits 2 kadende plan --detailed-exitcode
  has "$out" "unfinished"
  exits 0 kadende apply --abandon --yes
  until_true "the old size is back" count_is live 2
  sim_file shop.yml shop 2
  exits 0 kadende plan --detailed-exitcode
}

test_two_first_applies_at_once_make_one_cluster() {
  kadende sim create cloud.sim create-latency=200ms
  sim_file shop.yml shop 5
  local first second
  kadende apply --yes >out1 2>err1 </dev/null &
  first=$!
  kadende apply --yes >out2 2>err2 </dev/null &
  second=$!
  wait "$first" || fail "$(cat err1)"
  wait "$second" || fail "$(cat err2)"
  same "$(sim_count made)" 5
}

test_second_apply_does_not_wait_for_ever() {
  kadende sim create cloud.sim create-latency=20s
  sim_file shop.yml shop 1
  in_group kadende apply --yes
  until_true "a create is under way" sim_made_at_least 1
  local got=0
  kadende apply --yes --lock-timeout 100ms >out2 2>err2 </dev/null || got=$?
  same "$got" 1
  has "$(cat err2)" "apply"
  kill -9 "$pid"
  { wait "$pid" || true; } 2>/dev/null
}

test_interrupted_at_the_prompt() {
  sim_file shop.yml shop 1
  in_terminal $'\x03' kadende apply
  [[ ! -e cloud.sim ]] || same "$(sim_count made)" 0
  same "$code" 130
}

run_tests "$@"
