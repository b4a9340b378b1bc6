# What holds a watch back: brakes, graces and policies, what is said of them, and what lets go.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/health_lib.sh"

# The orders of creates and destroys so far, as `+web[1]` and `-web[1]`.
order() { sed -n 's/.*node_created *shop:\([^ ]*\).*/+\1/p; s/.*node_destroyed *shop:\([^ ]*\).*/-\1/p' watch.out; }

test_all_fail_at_once() {
  launch_file 4 <<<'    remediation: {maxInFlight: 1, rate: {count: 100%}, blastCap: 100%, flapping: {changes: 0}}'
  exits 0 kadende apply --yes --wait healthy
  watch_health
  until_true "all are healthy" all_healthy 4
  local node
  for node in 0 1 2 3; do echo 500 >modes/web-$node.1; done
  until_true "the group is braked" nodes_say '"heldBack":"maxUnhealthy: 4 of 4'
  exits 0 kadende nodes
  has "$out" "web: braked by maxUnhealthy since 20"
  has "$out" "500 Broken"
  has "$out" "are unhealthy and left alone: maxUnhealthy: 4 of 4 live nodes are unhealthy, 40% (1) may be"
  has "$out" 'then `kadende release web` acts once all the same'
  exits 0 kadende plan --detailed-exitcode
  has "$out" "web[3]: it is unhealthy"
  has "$out" "braked by maxUnhealthy"
  has "$out" "kadende release web"
  exits 0 kadende events --kind brake_on
  has "$out" "braked by maxUnhealthy: "
  has "$out" 'kadende release web'

  # A restart is no release.
  stop_watch
  watch_health
  until_true "the nodes are seen again" nodes_say '"heldBack":"maxUnhealthy: 4 of 4'
  sleep 1.5  # longer than grace and unhealthyFor: this proves nothing where it is too short
  same "$(destroys)$(creates)" 00

  # What is gone is brought back all the same.
  kill -9 "$(pid_of web-2)"
  until_true "the killed one is back" field_is web-2 incarnation 2
  until_true "it is healthy" field_is web-2 state healthy
  until_true "three are braked" nodes_say '"heldBack":"maxUnhealthy: 3 of 4'
  same "$(destroys)" "$(grep -c 'node_destroyed.*web\[2\]' watch.out || true)"
  : >watch.out

  exits 0 kadende release web
  until_true "all are healthy" all_healthy 4
  until_true "the brake let go" events_say brake_off
  until_true "no old one is left" ended 3
  # One at a time, and the new one first.
  same "$(order | cut -c1 | tr -d '\n')" "+-+-+-"
  same "$(order | sed 's/^.//' | uniq -c | sed 's/ *\(.\).*/\1/' | tr -d '\n')" 222
  exits 0 kadende nodes
  lacks "$out" "braked"
  stop_watch
  exits 0 kadende plan --detailed-exitcode
}

test_nobody_is_destroyed_within_the_grace_after_a_start() {
  delay=1s
  web_file 3 <<<''
  exits 0 kadende apply --yes --wait healthy
  ill web-1 500
  grace=1h
  watch_health
  until_true "it waits" nodes_say 'after a start every node has a full grace'
  exits 0 kadende nodes
  has "$out" "web[1] is unhealthy and left alone: this process looks at it since 20"
  has "$out" "(until 20"
  stop_watch
  grace=3s
  watch_health
  until_true "it waits again" nodes_say '"heldBack":"this process looks at it since'
  same "$(destroys)" 0
  until_true "the grace is over" field_is web-1 incarnation 2
  until_true "all are healthy" all_healthy 3
  stop_watch
}

# A group of three gives up one live node an hour.
test_the_blast_cap_holds_until_a_release() {
  web_file 3 <<<''
  exits 0 kadende apply --yes --wait healthy
  watch_health
  until_true "all are healthy" all_healthy 3
  ill web-0 500
  until_true "it is replaced" field_is web-0 incarnation 2
  until_true "all are healthy again" all_healthy 3
  ill web-1 500
  until_true "the next one waits" nodes_say '"heldBack":"blastCap: 1 live node was given up within the last hour, 1 may be'
  same "$(field web-1 incarnation)" 1
  exits 0 kadende nodes
  has "$out" "web: braked by blastCap since 20"
  has "$out" "until 20"
  exits 0 kadende plan
  has "$out" "braked by blastCap since 20"
  exits 0 kadende events --kind brake_on
  has "$out" 'is braked by blastCap until 20'
  exits 0 kadende release web
  until_true "it is replaced" field_is web-1 incarnation 2
  until_true "the brake lets go" events_say brake_off 'no longer braked by blastCap'
  stop_watch
}

test_a_policy_is_in_force_at_the_next_pass() {
  unhealthy_for=1h delay=1s
  web_file 3 <<<''
  exits 0 kadende apply --yes
  watch_health
  until_true "all are healthy" all_healthy 3
  ill web-1 500
  until_true "it is left alone" nodes_say 'heldUntil'
  unhealthy_for=0s
  web_file 3 <<<''
  exits 0 kadende apply --yes
  until_true "it is replaced" field_is web-1 incarnation 2
  # Other checks: what they ask for is what counts.
  sed -i 's/bodyContains: "[^"]*"/bodyContains: "no such words"/' shop.yml
  exits 0 kadende apply --yes
  until_true "all fail by the new check" nodes_say '"heldBack":"maxUnhealthy: 3 of 3'
  exits 0 kadende nodes
  has "$out" "the body lacks"
  sed -i '/healthChecks/,$d' shop.yml
  exits 0 kadende apply --yes
  until_true "nobody asks any more" lacks_health unhealthy
  stop_watch
}
lacks_health() { ! nodes_say "\"state\":\"$1\""; }

run_tests "$@"
