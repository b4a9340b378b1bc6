# Rollouts wait for health: gates of an apply, on real processes that take any port.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/health_lib.sh"

# rolling SIZE REVISION JOIN: nodes of that revision, replaced launch-first, healthy within JOIN. Revision 500 is ill.
rolling() {
  launch_file "$1" "$2" <<<"    timeouts: {join: $3}
    rollout: {bake: ${bake:-0s}}"
}
applied() {
  rolling 3 good 30s
  exits 0 kadende apply --yes --wait healthy
  old=$(pids)
}
pids() { kadende nodes --json | grep -o '"pid":[0-9]*' | sed 's/.*://' | sort -n | tr '\n' ' '; }
old_ones_live() {
  local pid
  for pid in $old; do kill -0 "$pid" || fail "old process $pid is gone"; done
}
servers() { pgrep -fc -- "-SE $PWD/server.py" || true; }

# mends: a good revision brings all back to three healthy nodes.
mends() {
  rolling 3 "$1" 30s
  exits 0 kadende apply --yes
  same "$(servers)" 3
  exits 0 kadende plan --detailed-exitcode
  local pid
  for pid in $old; do ! kill -0 "$pid" 2>/dev/null || fail "old process $pid lives"; done
}

test_new_nodes_that_fail_stop_the_rollout() {
  applied
  rolling 3 500 2s
  exits 1 kadende apply --yes
  has "$out$err" "not healthy within timeouts.join, 2s"
  has "$out$err" "500 Broken"
  old_ones_live
  same "$(servers)" 4
  exits 0 kadende nodes
  exits 2 kadende plan --detailed-exitcode
  mends better
}

test_a_watch_leaves_a_failed_rollout_to_people() {
  applied
  watch_health
  rolling 3 500 2s
  exits 1 kadende apply --yes
  until_true "watch has seen the new one fail" nodes_say '500 Broken'
  sleep 2  # passes enough to do harm, if any would
  old_ones_live
  mends better
  until_true "all are healthy" all_healthy 3
  same "$(servers)" 3
  stop_watch
}

test_failing_while_it_bakes_is_failing() {
  applied
  bake=20s
  rolling 3 better 30s
  kadende apply --yes >out 2>err </dev/null &
  local run=$! got=0 slot
  until_true "a new one serves" new_server
  slot=$(basename ports/web-*.2)
  sleep 1
  echo 500 >"modes/$slot"
  wait "$run" || got=$?
  same "$got" 1
  has "$(cat out err)" "it was healthy, and failed within the bake time"
  old_ones_live
  bake=0s
  mends best
}
new_server() { ls ports/web-*.2; }

# begun REVISION: an apply that waits at a gate; its process in $run.
begun() {
  rolling 3 "$1" 60s
  set -m
  kadende apply --yes --json >run.out 2>run.err </dev/null &
  run=$!
  set +m
  until_true "a new one is made" grep -q node_created run.out
  until_true "it is looked at" new_server
}

test_ctrl_c_in_a_gate() {
  applied
  begun 500
  local got=0 before=$SECONDS
  kill -INT "$run"
  wait "$run" || got=$?
  same "$got" 130
  ((SECONDS - before < 10)) || fail "it took $((SECONDS - before)) s"
  old_ones_live
  same "$(servers)" 4
  mends better
}

test_kill_in_a_gate_and_the_same_again() {
  applied
  begun 500
  kill -9 "$run"
  wait "$run" || true
  old_ones_live
  # The revision is the same, but its servers are well now: the rollout goes on with the node that it has.
  echo well >modes/all
  exits 0 kadende apply --yes
  same "$(servers)" 3
  same "$(ls ports | wc -l)" 6
  exits 0 kadende plan --detailed-exitcode
}

test_groups_wait_for_the_health_of_what_they_depend_on() {
  launch_file 2 <<'EOF'
    timeouts: {join: 30s}
  front:
    size: 1
    dependsOn: [web]
    resourcePlugin: {name: process}
    resourceProperties: {command: /bin/sleep, args: ["1000"]}
EOF
  echo 500 >modes/all
  kadende apply --yes --json >run.out 2>run.err </dev/null &
  local run=$! got=0
  until_true "both serve" serving 2
  sleep 1
  lacks "$(grep node_created run.out)" front
  rm modes/all
  wait "$run" || got=$?
  same "$got" 0
  exits 0 kadende nodes
  has "$out" "front[0]"
}
serving() { [[ $(ls ports | wc -l) == "$1" ]]; }

test_wait_healthy() {
  rolling 2 good 2s
  echo 500 >modes/all
  exits 1 kadende apply --yes --wait healthy
  has "$err" "2 nodes are not healthy yet: web[0], web[1]"
  rolling 2 good 30s
  kadende apply --yes --wait healthy >out 2>err </dev/null &
  local run=$!
  sleep 1
  kill -0 "$run" || fail "it did not wait: $(cat out err)"
  rm modes/all
  wait "$run"
}

run_tests "$@"
