# One watch of many clusters, one of them broken; and input that nobody should write.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/health_lib.sh"

now_ms() { date +%s%3N; }
ends_within() {
  local before
  before=$(now_ms)
  stop_watch
  (($(now_ms) - before < $1)) || fail "it took $(($(now_ms) - before)) ms to stop"
}

# 49 clusters, and one whose provider takes a minute to answer.
fifty() {
  local number
  kadende sim create slow.sim
  for ((number = 1; number <= 49; ++number)); do
    sim_file c$number.yml c$number 2
    kadende apply c$number.yml --yes -q >applied 2>&1 || fail "$(cat applied)"
  done
  sim_file broken.yml broken 2
  sed -i 's/cloud.sim/slow.sim/' broken.yml
  exits 0 kadende apply broken.yml --yes
  same "$(sim_count live)" 98
}
lose() { kadende sim list cloud.sim --json | grep -o '"id":"[^"]*"' | cut -d'"' -f4 | awk 'NR % 2 == 0' | xargs kadende sim terminate cloud.sim; }
seen() { grep -q "$1" watch.out; }

test_one_broken_provider_delays_no_other() {
  fifty
  kadende sim set slow.sim list-latency=60s
  watch_health --all
  until_true "it runs" seen watch_started
  lose
  local before
  before=$(now_ms)
  until_true "49 clusters are healed" count_is live 98
  (($(now_ms) - before < 20000)) || fail "it took $(($(now_ms) - before)) ms"
  same "$(creates)" 49
  lacks "$(cat watch.out)" "broken:web"
  ends_within 10000
}

test_one_failing_provider_is_told_once_and_delays_no_other() {
  fifty
  kadende sim set slow.sim list-fail-next=1000000 list-fail-code=unavailable
  watch_health --all
  until_true "the broken one is told" seen pass_failed
  lose
  until_true "49 clusters are healed" count_is live 98
  same "$(grep -c 'pass_failed *broken' watch.out)" 1
  ends_within 10000
}

# checks TEXT: a file with these checks, one a line.
checks() {
  sim_file shop.yml shop "${2:-1}"
  printf '    healthChecks:\n%s\n' "$1" >>shop.yml
}

test_hostile_checks() {
  local long
  long=$(printf 'a%.0s' {1..10240})
  checks "      - {type: http, url: \"http://127.0.0.1:1/$long\", interval: 100ms, timeout: 100ms, initialDelay: 0s}"
  kadende apply --yes >out 2>err </dev/null || has "$(cat err)" shop.yml
  checks '      - {type: tcp, address: "127.0.0.1:99999"}'
  exits 1 kadende validate
  has "$out$err" "a port is between 1 and 65535"
  checks '      - {type: exec, command: ["sh", "-c", "echo a\nb\0c"]}'
  exits 1 kadende validate
  has "$out$err" "NUL"
  checks '      - {type: exec, command: []}'
  exits 1 kadende validate
  checks '      - {type: http, url: "file:///etc/passwd"}'
  exits 1 kadende validate
  checks '      - {type: tcp, address: "127.0.0.1:1", interval: 1ms}'
  exits 1 kadende validate
}

test_evidence_with_control_characters_is_harmless() {
  checks "      - {type: exec, command: [\"bash\", \"-c\", 'printf \"\\\\e[31mred\\\\a\\\\nnext\\\\0\\\\n\"; exit 1'], interval: 200ms, initialDelay: 0s}"
  exits 0 kadende apply --yes
  watch_health
  until_true "it is unhealthy" nodes_say '"state":"unhealthy"'
  exits 0 kadende nodes
  lacks "$out" $'\e'
  lacks "$out" $'\a'
  exits 0 kadende events
  lacks "$out" $'\e'
  stop_watch
}

test_a_thousand_checks_of_a_group() {
  local number text=''
  for ((number = 0; number < 1000; ++number)); do
    text+="      - {type: tcp, address: \"127.0.0.1:1\", interval: 1s, initialDelay: 0s}"$'\n'
  done
  checks "$text" 2
  local got=0
  kadende apply --yes >out 2>err </dev/null || got=$?
  if [[ $got == 0 ]]; then
    watch_health
    until_true "they are looked at" nodes_say '"state":"unhealthy"'
    ends_within 10000
  else
    has "$(cat err)" shop.yml:
  fi
}

test_a_thousand_nodes_every_100_ms() {
  checks '      - {type: tcp, address: "127.0.0.1:1", interval: 100ms, timeout: 100ms, initialDelay: 0s}' 1000
  exits 0 kadende apply --yes
  watch_health
  until_true "all are looked at" nodes_say '"unhealthy":1000'
  same "$(creates)$(destroys)" 00
  ends_within 10000
}

# A run that waits in a gate holds its cluster for long: a watch that begins meanwhile looks at the nodes all the same.
test_nodes_of_a_long_run_are_looked_at() {
  cat >shop.yml <<'EOF'
version: "1"
name: shop
groups:
  web:
    size: 1
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: cloud.sim, image: a}
    healthChecks: [{name: old, type: exec, command: ["true"], interval: 200ms, healthyAfter: 1}]
    rollout: {bake: 0s}
EOF
  exits 0 kadende apply --yes
  sed -i 's/image: a/image: b/; s/name: old/name: new/; s/"true"/test, -e, good/' shop.yml
  kadende apply --yes >apply.out 2>&1 </dev/null &
  local applying=$!
  until_true "the new node is waited for" bash -c 'kadende events | grep -q "created as sim-0*2 "'
  watch_health
  until_true "watch looks at it" nodes_say '"evidence":"exit 1"'
  until_true "who is at work is said" bash -c 'kadende nodes | grep -q "at work: apply by"'
  lacks "$(cat watch.out)" pass_failed
  touch good
  wait "$applying"
  until_true "nobody is at work" bash -c '! kadende nodes | grep -q "at work"'
  stop_watch
}

run_tests "$@"
