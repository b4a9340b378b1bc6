# watch: brings back what is gone, beside apply, and stops cleanly.
. "$(dirname "$0")/lib.sh"

# Real processes that say who they are.
hello_file() { process_file proc.yml proc "$1" 'echo hello from ${node.name}; exec sleep 1000'; }
pids() { kadende nodes --json | grep -o '"pid":[0-9]*' | sort -u | sed 's/.*://'; }
pid_count_is() { [[ $(pids | wc -l) == "$1" ]]; }
alive() { kill -0 "$1" 2>/dev/null && [[ $(sed 's/.*) //' "/proc/$1/stat" | cut -c1) != Z ]]; }

test_real_processes_live_and_die() {
  hello_file 2
  exits 0 kadende apply --yes
  same "$(pids | wc -l)" 2
  local pid
  for pid in $(pids); do alive "$pid" || fail "process $pid does not run"; done
  until_true "the node has printed" bash -c 'kadende nodes logs "web[1]" | grep -q "hello from web-1"'
  exits 0 kadende nodes logs web-0 --tail 1
  same "$out" "hello from web-0"
  local before
  before=$(pids)
  exits 0 kadende destroy --yes
  for pid in $before; do ! alive "$pid" || fail "process $pid lives on"; done
}

test_logs_follow_until_ctrl_c() {
  hello_file 1
  exits 0 kadende apply --yes
  set -m
  kadende nodes logs web-0 --follow >follow.out 2>&1 </dev/null &
  local follower=$! got=0
  set +m
  until_true "something is followed" grep -q "hello from web-0" follow.out
  kill -INT -- "-$follower"
  wait "$follower" || got=$?
  same "$got" 130
  exits 0 kadende destroy --yes
}

test_killed_process_is_brought_back() {
  hello_file 3
  exits 0 kadende apply --yes
  local victim
  victim=$(pids | head -n 1)
  start_watch --interval 200ms
  kill -9 "$victim"
  until_true "the victim is gone" bash -c "! kill -0 $victim"
  until_true "watch has made a new one" grep -q node_created watch.out
  until_true "three run" pid_count_is 3
  stop_watch
  exits 0 kadende plan --detailed-exitcode
  exits 0 kadende destroy --yes
}

# The shim and with it the main process: what had detached lives on, and must not keep the node from coming back.
test_node_without_supervisor_is_brought_back() {
  hello_file 1
  sed -i 's/exec sleep 1000/setsid sleep 2345 \& exec sleep 1000/' proc.yml
  exits 0 kadende apply --yes
  local status remains
  status=$(echo "$XDG_STATE_HOME"/kadende/process/*/*/status)
  until_true "it has a child" child_of_node "$(sed -n 's/^pid=//p' "$status")"
  remains=$(child_of_node "$(sed -n 's/^pid=//p' "$status")")
  start_watch --interval 200ms
  kill -9 "$(sed -n 's/^shim_pid=//p' "$status")"
  until_true "watch has made a new one" grep -q node_created watch.out
  until_true "one runs" pid_count_is 1
  until_true "the remains are ended" bash -c "! kill -0 $remains"
  stop_watch
  exits 0 kadende plan --detailed-exitcode
  exits 0 kadende destroy --yes
}
child_of_node() { tr ' ' '\n' <"/proc/$1/task/$1/children" | grep -m 1 .; }

test_watch_beside_apply() {
  kadende sim create cloud.sim create-latency=100ms
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
  start_watch --interval 200ms
  sim_file shop.yml shop 6 b
  exits 0 kadende apply --yes
  kadende sim vanish cloud.sim 'web[4]'
  until_true "watch has brought it back" count_is live 6
  exits 0 kadende destroy --yes
  stop_watch
  same "$(sim_count live)" 0
}

test_several_clusters_also_later_ones() {
  sim_file a.yml a 1
  exits 0 kadende apply a.yml --yes
  start_watch --interval 200ms --all
  sim_file b.yml b 2
  exits 0 kadende apply b.yml --yes
  kadende sim list cloud.sim --json | grep '"cluster":"b"' | sed 's/.*"id":"\([^"]*\)".*/\1/' |
    xargs kadende sim vanish cloud.sim
  until_true "both are back" count_is live 3
  stop_watch
}

test_state_elsewhere_still_finds_the_folder_of_the_file() {
  mkdir configuration state
  sim_file configuration/shop.yml shop 2
  exits 0 kadende apply configuration --yes --state state/kadende
  same "$(ls configuration | grep -c cloud.sim)" 2
  kadende sim vanish configuration/cloud.sim 'web[0]'
  exits 2 kadende reconcile --state state/kadende --detailed-exitcode
  same "$(kadende sim count configuration/cloud.sim | sed -n 's/^live //p')" 2
  kadende sim vanish configuration/cloud.sim 'web[1]'
  start_watch --interval 200ms --state state/kadende
  until_true "it is back" bash -c 'kadende sim count configuration/cloud.sim | grep -qx "live 2"'
  stop_watch
  [[ ! -e .kadende && ! -e configuration/.kadende ]] || fail "a second state directory was made"
}

test_slow_cluster_delays_no_other() {
  kadende sim create slow.sim
  sim_file fast.yml fast 1
  sim_file slow.yml slow 1
  sed -i 's/cloud.sim/slow.sim/' slow.yml
  exits 0 kadende apply fast.yml --yes
  exits 0 kadende apply slow.yml --yes
  kadende sim set slow.sim list-latency=60s
  start_watch --interval 200ms --all
  kadende sim vanish cloud.sim 'web[0]'
  until_true "the fast one is back" count_is live 1
  stop_watch
}

test_failing_creates_back_off() {
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  kadende sim set cloud.sim create-fail-next=1 create-fail-code=invalid
  kadende sim vanish cloud.sim 'web[0]'
  start_watch --interval 200ms --json
  until_true "the failure is told" grep -q create_failed watch.out
  exits 0 kadende nodes
  stop_watch
}

test_json_events() {
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  start_watch --interval 200ms --json
  kadende sim terminate cloud.sim 'web[0]'
  until_true "the event is there" grep -q '"node_created"' watch.out
  stop_watch
  grep -q '"watch_stopped"' watch.out || fail "$(cat watch.out)"
}

test_wrong_use() {
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  exits 1 kadende watch nosuch
  has "$err" "no cluster \`nosuch\`"
  exits 1 kadende watch --all shop
  exits 1 kadende watch --interval 1ms
}

# A pipe of one page that is never read: full after a few events.
test_reader_that_does_not_read_stops_nothing() {
  sim_file shop.yml shop 8
  exits 0 kadende apply --yes
  mkfifo fifo
  python3 -SEc 'import fcntl, os, time
pipe = os.open("fifo", os.O_RDWR)
fcntl.fcntl(pipe, 1031, 4096)
open("ready", "w")
time.sleep(1000)' &
  local reader=$! slot
  until_true "the pipe is small" test -e ready
  kadende watch --json --interval 200ms >fifo 2>watch.err </dev/null &
  watcher=$!
  for slot in 0 1 2 3 4 5 6 7; do
    kadende sim vanish cloud.sim "web[$slot]"
    until_true "web[$slot] is back" count_is live 8
  done
  kill "$reader"
  wait "$reader" || true
  kill -KILL "$watcher"
  wait "$watcher" || true
}

# Nothing is destroyed or made for a state that is gone, and that is said with what to do.
test_state_that_is_removed_meanwhile() {
  process_file shop.yml shop 2
  exits 0 kadende apply --yes
  start_watch --json --interval 200ms
  until_true "it runs" grep -q watch_started watch.out
  rm -r .kadende
  until_true "it is said" grep -q 'Put it back' watch.out
  until_true "it goes on looking" kill -0 "$watcher"
  lacks "$(cat watch.out)" node_
  stop_watch
}

test_state_of_somebody_else() {
  [[ $(id -u) == 0 ]] || { echo "  skipped: only root can be somebody else"; return 0; }
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  cp "$(command -v kadende)" program  # the build may be where nobody else may look
  chmod a+rx ..
  chmod -R a+rX .
  exits 1 setpriv --reuid 65534 --regid 65534 --clear-groups ./program nodes
  has "$err" "Permission denied; run it as the user whose state that is"
}

run_tests "$@"
