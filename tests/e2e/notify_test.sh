# watch as a service: what it tells the service manager, and what SIGHUP does.
. "$(dirname "$0")/lib.sh"

# listen ADDRESS: writes each datagram as one line, its fields joined by `|`, to notify.out.
listen() {
  perl -MSocket -e '
    $| = 1;
    my $address = shift;
    $address =~ s/^@/\0/;
    socket(my $in, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
    bind($in, pack_sockaddr_un($address)) or die "bind: $!";
    print "listening\n";
    while (defined recv($in, my $message, 65536, 0)) { $message =~ tr/\n/|/; print "$message\n" }
  ' "$1" >notify.out 2>notify.err &
  listener=$!
  until_true "the socket is there" grep -q listening notify.out
}
watch_notifying() {
  NOTIFY_SOCKET=${socket:-$PWD/notify.sock} start_watch "$@"
  until_true "it is ready" grep -q '^READY=1' notify.out
}
stop_notifying() {
  stop_watch
  until_true "the stop was told" grep -q '^STOPPING=1' notify.out
  kill "$listener"
}
told() { until_true "\`$1\` was told" grep -qF -- "$1" notify.out; }

test_ready_status_and_stop() {
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  listen "$PWD/notify.sock"
  watch_notifying --all --interval 200ms
  told "STATUS=Watching 1 cluster every 200ms"
  sim_file other.yml other 1
  exits 0 kadende apply other.yml --yes
  told "STATUS=Watching 2 clusters every 200ms"
  lacks "$(cat notify.out)" WATCHDOG
  stop_notifying
  same "$(grep -c '^READY=1' notify.out)" 1
}

test_status_counts_what_is_held_up() {
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  kadende sim set cloud.sim list-fail-next=1000 list-fail-code=denied
  listen "$PWD/notify.sock"
  watch_notifying --interval 200ms
  told "STATUS=Watching 1 cluster every 200ms, 1 held up"
  kadende sim set cloud.sim list-fail-next=0
  until_true "it works again" bash -c "tail -n 1 notify.out | grep -q 'every 200ms\$'"
  stop_notifying
}

test_nothing_to_watch_yet_is_ready_too() {
  mkdir .kadende
  listen "$PWD/notify.sock"
  watch_notifying --all
  told "READY=1|STATUS=Watching 0 clusters every 10s"
  stop_notifying
}

test_watchdog_is_fed_where_it_is_asked_for() {
  mkdir .kadende
  listen @kadende-e2e-$$
  export WATCHDOG_USEC=300000
  socket=@kadende-e2e-$$ watch_notifying --all
  until_true "it is fed again and again" bash -c '[[ $(grep -cx WATCHDOG=1 notify.out) -ge 3 ]]'
  stop_notifying
}

test_watchdog_of_another_process_is_not_fed() {
  mkdir .kadende
  listen "$PWD/notify.sock"
  export WATCHDOG_USEC=30000 WATCHDOG_PID=1
  watch_notifying --all
  kill -HUP "$watcher"
  told RELOADING=1
  stop_notifying
  lacks "$(cat notify.out)" WATCHDOG
}

test_reload_looks_for_clusters_anew_and_waits_no_longer() {
  sim_file a.yml a 1
  exits 0 kadende apply a.yml --yes
  listen "$PWD/notify.sock"
  watch_notifying --all --interval 10h
  told "STATUS=Watching 1 cluster every 10h"
  sim_file b.yml b 1
  exits 0 kadende apply b.yml --yes
  kadende sim list cloud.sim --json | sed 's/.*"id":"\([^"]*\)".*/\1/' | xargs kadende sim vanish cloud.sim
  kill -HUP "$watcher"
  until_true "both are brought back" bash -c '[[ $(grep -c node_created watch.out) == 2 ]]'
  stop_notifying
  has "$(grep '^RELOADING=1' notify.out)" "RELOADING=1|MONOTONIC_USEC="
  same "$(grep -E '^(READY|RELOADING)' notify.out | cut -d= -f1 | tr '\n' ' ')" "READY RELOADING READY "
  has "$(cat notify.out)" "READY=1|STATUS=Watching 2 clusters every 10h"
}

test_reload_ends_no_node_and_nodes_do_not_speak_for_watch() {
  cat >proc.yml <<'YAML'
version: "1"
name: proc
groups:
  web:
    size: 2
    resourcePlugin: {name: process}
    resourceProperties: {command: sleep, args: ["1000"]}
YAML
  exits 0 kadende apply --yes
  local victim survivor
  victim=$(pids | head -n 1) survivor=$(pids | tail -n 1)
  listen "$PWD/notify.sock"
  watch_notifying --interval 200ms
  kill -9 "$victim"
  until_true "it is brought back" grep -q node_created watch.out
  kill -HUP "$watcher"
  until_true "it has reloaded" bash -c '[[ $(grep -c ^READY=1 notify.out) == 2 ]]'
  kill -0 "$survivor" || fail "a node was ended by the reload"
  local pid
  for pid in $(pids); do
    ! tr '\0' '\n' <"/proc/$pid/environ" | grep -q NOTIFY_SOCKET || fail "node $pid has the socket"
  done
  stop_notifying
  kill -0 "$survivor" || fail "a node was ended by the stop"
  exits 0 kadende destroy --yes
}
pids() { kadende nodes --json | grep -o '"pid":[0-9]*' | sort -u | sed 's/.*://'; }

test_terminal_that_hangs_up_stops_watch() {
  mkdir .kadende
  script -qefc "exec kadende watch --json --all --interval 1h" /dev/null >terminal.out 2>&1 < <(sleep 1000) &
  local terminal=$! watcher
  until_true "it watches" grep -q watch_started terminal.out
  watcher=$(pgrep -P "$terminal" kadende)
  kill -9 "$terminal"
  until_true "watch has ended" bash -c "! kill -0 $watcher"
}

test_nobody_to_tell() {
  mkdir .kadende
  local address
  for address in nonsense @ "$PWD/nosuch.sock" "/$(printf 'x%.0s' {1..200})"; do
    rm -f watch.out
    NOTIFY_SOCKET=$address kadende watch --json --all >watch.out 2>watch.err </dev/null &
    watcher=$!
    until_true "it watches" grep -q watch_started watch.out
    kill -TERM "$watcher"
    wait "$watcher" || fail "exit code $?: $(cat watch.err)"
  done
}

test_destroyed_cluster_is_let_go_of_until_it_is_applied_again() {
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  listen "$PWD/notify.sock"
  watch_notifying --all --interval 200ms
  told "STATUS=Watching 1 cluster every 200ms"
  exits 0 kadende destroy --yes
  told "STATUS=Watching 0 clusters every 200ms"
  exits 0 kadende apply --yes
  exits 0 kadende sim vanish cloud.sim 'web[0]'
  until_true "it is watched again" grep -q node_created watch.out
  stop_notifying
}

run_tests "$@"
