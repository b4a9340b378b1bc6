# What people see of health, and what they can say about it: nodes --watch, nodes report, release.
. "$(dirname "$0")/lib.sh"

# pushed_file SIZE: a cluster whose nodes are as somebody says.
pushed_file() {
  sim_file shop.yml shop "$1"
  cat >>shop.yml <<'EOC'
    healthChecks:
      - {type: pushed, interval: 5s, unhealthyFor: 1h}
EOC
}

applied() {
  pushed_file "${1:-3}"
  exits 0 kadende apply --yes
}

test_report_needs_a_check_that_hears_it() {
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  exits 1 kadende nodes report web-0 unhealthy
  has "$err" 'group web has no check of type `pushed`'
  has "$err" '{type: pushed}'
}

test_report_beside_nobody_who_looks() {
  applied
  exits 0 kadende nodes report 'web[1]' unhealthy --reason 'disk is slow' --ttl 1h
  has "$out" "web[1] is reported unhealthy until 20"
  has "$err" "nobody looks at web[1] now"
  exits 0 kadende nodes report web-1 healthy --json -q
  has "$out" '{"type":"report","node":"web[1]","state":"healthy","until":"20'
  has "$out" '"heard":false'
  same "$err" ""
}

test_report_mistakes() {
  applied
  exits 1 kadende nodes report 'web[9]' healthy
  has "$err" 'no node `web[9]`'
  exits 1 kadende nodes report web-0 well
  has "$err" "STATE: well not in {healthy,unhealthy}"
  exits 1 kadende nodes report web-0 healthy --ttl 10
  has "$err" "10s, 5m"
  exits 1 kadende nodes report web-0 healthy --ttl 0s
  has "$err" "--ttl must be between"
}

test_release_where_nothing_is_braked() {
  applied
  exits 1 kadende release web
  has "$err" "no brake that can be released holds web"
  exits 1 kadende release wbe
  has "$err" 'no group `wbe`'
  exits 1 kadende release web --for 0s
  has "$err" "--for must be between 1s and 24h"
}

has_lines() { [[ $(wc -l <live) == "$1" ]]; }
test_nodes_watch_prints_changes_alone() {
  applied 2
  kadende nodes --watch --json --interval 100ms >live 2>err </dev/null &
  local pid=$!
  until_true "it has looked" has_lines 1
  exits 0 kadende taint web-0
  until_true "it saw the taint" has_lines 2
  kill -INT "$pid"
  local got=0
  wait "$pid" || got=$?
  same "$got" 130
  has "$(tail -n 1 live)" '"tainted":true'
  same "$(cat err)" ""
}

test_nodes_watch_without_a_terminal_prints_tables() {
  applied 2
  kadende nodes --watch --interval 100ms >live 2>err </dev/null &
  local pid=$!
  until_true "it has looked" grep -q 'web\[1\]' live
  kadende sim terminate cloud.sim 'web[1]'
  until_true "it saw the end" grep -q 'web\[1\] *terminated' live
  kill -TERM "$pid"
  wait "$pid" || true
  same "$(grep -c '^NODE ' live)" 2
  lacks "$(cat live)" $'\e'
}

test_nodes_watch_whose_reader_goes_away() {
  applied 2
  kadende nodes --watch --json --interval 100ms </dev/null | head -n 1 >first &
  local pid=$!
  until_true "one look was read" test -s first
  exits 0 kadende taint web-0  # something to tell, to nobody
  wait "$pid"
}

# A window of six lines for twenty nodes: what does not fit is counted, and the cursor comes back.
test_nodes_watch_on_a_terminal() {
  applied 20
  kadende sim terminate cloud.sim 'web[17]'
  TERM=xterm script -qefc 'stty rows 6 cols 100; echo $$ >pid; exec kadende nodes --watch --interval 100ms' /dev/null \
    >live 2>err </dev/null &
  local script=$! got=0
  until_true "it has drawn twice" grep -q $'\e\[5F' live
  kill -INT "$(cat pid)"
  wait "$script" || got=$?
  same "$got" 130
  local seen
  seen=$(tr -d '\r' <live)
  has "$seen" $'\e[?25l'
  has "$seen" "web[17]"
  has "$seen" "and 18 more nodes"
  has "${seen##*$'\e[5F'}" $'\e[?25h'
}

# A watch that hears reports, of a group that is braked as soon as two of its three nodes fail.
watched() {
  sim_file shop.yml shop 3
  cat >>shop.yml <<'EOC'
    healthChecks:
      - {type: pushed, interval: 5s, ttl: 10m, initialDelay: 0s, unhealthyFor: 0s}
EOC
  exits 0 kadende apply --yes
  kadende watch --interval 200ms >watch.out 2>watch.err </dev/null &
  watcher=$!
}
end_watch() {
  kill -TERM "$watcher"
  wait "$watcher"
}
nodes_say() { kadende nodes --json | grep -qF "$1"; }

test_a_report_is_heard_by_the_watch() {
  watched
  until_true "the watch looks" nodes_say '"health":{"state":"unknown","stale":false'
  exits 0 kadende nodes report web-2 healthy
  same "$err" ""
  until_true "it was heard" nodes_say '"state":"healthy"'
  exits 0 kadende nodes
  has "$out" "HEALTH"
  exits 0 kadende events --kind node_healthy
  has "$out" "web[2]"
  same "$(wc -l <out)" 1
  end_watch
}

test_a_brake_is_shown_and_released() {
  watched
  exits 0 kadende nodes report web-0 unhealthy --reason 'disk is slow'
  exits 0 kadende nodes report web-1 unhealthy --reason 'disk is slow'
  exits 0 kadende nodes report web-2 healthy
  until_true "the group is braked" nodes_say '"kind":"maxUnhealthy"'
  until_true "the reason is told" nodes_say '"heldBack":"maxUnhealthy: 2 of 3'
  exits 0 kadende nodes
  has "$out" "web: braked by maxUnhealthy since 20"
  has "$out" "web[0], web[1] are unhealthy and left alone: maxUnhealthy"
  has "$out" 'kadende release web'
  exits 0 kadende plan --detailed-exitcode
  has "$out" "web[0]: it is unhealthy"
  has "$out" "disk is slow"
  has "$out" "note: braked by maxUnhealthy"
  exits 0 kadende plan --format json
  has "$out" '"kind":"maxUnhealthy"'

  exits 0 kadende release web --for 5m
  has "$out" "web: the brake is released until 20"
  has "$out" "web[0], web[1] are unhealthy"
  lacks "$out" "Nobody looks"
  exits 0 kadende events --kind brake_on --kind brake_released
  has "$out" "brake_on"
  has "$out" "brake_released"
  exits 0 kadende nodes
  has "$out" "the brake is released by"
  until_true "the brake holds no node any more" lacks_brake
  end_watch
  same "$(sim_count made)" 3  # nothing is destroyed before a full grace after the start
}
lacks_brake() { ! nodes_say '"heldBack":"maxUnhealthy'; }

run_tests "$@"
