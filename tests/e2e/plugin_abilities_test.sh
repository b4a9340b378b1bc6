#!/usr/bin/env bash
# What plugins may do beyond the calls that all have: judge changes, give logs, run programs; and what they say meanwhile.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

folders=$root/examples/plugins/python/kadende-provider-folders
zoo=$root/tests/providers/plugin/zoo.py

# folders_file SIZE QUOTA [LINES...]: a cluster of the example with all abilities.
folders_file() {
  export KADENDE_PLUGIN_DIR=$root/examples/plugins/python
  cat >shop.yml <<END
version: "1"
name: shop
groups:
  web:
    size: $1
    resourcePlugin: {name: folders}
    resourceProperties: {folder: instances, quota: $2}
END
  (($# < 3)) || printf '%s\n' "${@:3}" >>shop.yml
}

test_a_plan_shows_what_the_plugin_says_of_a_change() {
  folders_file 2 10
  exits 0 kadende apply --yes
  folders_file 2 20
  exits 0 kadende plan
  has "$out" '`quota` is changed in place: a quota grows while the folder is used'
  has "$out" 'Plan: 0 to add, 2 to change, 0 to destroy.'
  exits 0 kadende apply --yes
  same "$(cat instances/*/log | grep -c updated)" 2
  folders_file 2 5
  exits 0 kadende plan
  has "$out" 'quota: 20 -> 5 # forces replacement'
  has "$out" '`quota` needs new instances: a quota cannot shrink below what may be used'
  has "$out" 'Plan: 2 to add, 0 to change, 2 to destroy.'
  exits 0 kadende apply --yes
  same "$(cat instances/*/log | grep -c updated)" 0
  exits 0 kadende plan
  has "$out" 'No changes'
}

test_logs_of_a_plugins_nodes() {
  folders_file 1 10
  exits 0 kadende apply --yes
  exits 0 kadende nodes logs web-0
  same "$out" made
  folders_file 1 20
  exits 0 kadende apply --yes
  exits 0 kadende nodes logs web-0 --tail 1
  same "$out" 'updated '
  kadende nodes logs web-0 --follow >followed 2>err &
  local pid=$!
  until_true 'what was printed before is there' grep -q updated followed
  echo 'one more' >>"$(echo instances/*/log)"
  until_true 'what comes later is there' grep -q 'one more' followed
  kill -INT "$pid"
  wait "$pid" || true
}

test_programs_run_in_a_plugins_nodes() {
  folders_file 2 10 '    healthChecks: [{name: log, type: exec, in: node, command: [grep, -q, made, log], interval: 1s}]'
  exits 0 kadende apply --yes --wait healthy
  exits 0 kadende nodes --offline --json
  folders_file 2 10 '    healthChecks: [{name: log, type: exec, in: node, command: [grep, -q, lost, log], interval: 1s, initialDelay: 0s, unhealthyAfter: 1}]'
  exits 0 kadende apply --yes
  start_watch --interval 1s
  until_true 'the check has failed' grep -q node_unhealthy watch.out
  stop_watch
}

test_a_plugin_that_runs_no_programs_is_no_place_for_checks() {
  folders_file 1 10 '    healthChecks: [{name: up, type: exec, in: node, command: ["true"]}]'
  sed -i 's/name: folders/name: files/; s/, quota: 10//' shop.yml
  exits 1 kadende plan
  has "$err" 'check `up`: provider `files` runs no programs in its nodes (`in: node`)'
  exits 1 kadende apply --yes
  [[ ! -e instances ]] || fail 'something was made'
}

test_a_provider_without_logs_says_so() {
  folders_file 1 10
  sed -i 's/name: folders/name: files/; s/, quota: 10//' shop.yml
  exits 0 kadende apply --yes
  exits 1 kadende nodes logs web-0
  has "$err" 'the provider `files` has no logs of its nodes'
}

test_what_a_plugin_says_is_in_the_live_lines() {
  mkdir plugins
  printf '#!/bin/sh\nexec %s talks\n' "$zoo" >plugins/kadende-provider-zoo
  chmod +x plugins/kadende-provider-zoo
  folders_file 1 10
  export KADENDE_PLUGIN_DIR=$PWD/plugins
  sed -i 's/name: folders/name: zoo/; s/, quota: 10//' shop.yml
  exits 0 kadende apply --yes
  has "$err" 'web[0]  half, 50%'
  has "$err" 'plugin `zoo`: warning: slow\x1b[0m today'
  lacks "$err" $'\e[0m today'
  exits 0 kadende destroy --yes --json
  has "$out" '"kind":"log"'
  has "$out" 'slow\\x1b[0m today'
  exits 0 kadende plan -q
  lacks "$err" 'slow'
}

test_the_check_for_authors_knows_abilities() {
  exits 0 kadende provider test --many 5 -- "$folders"
  has "$out" 'ok    changes are judged alike'
  has "$out" 'ok    logs can be read'
  has "$out" 'ok    a program or an instance that is not there is an error'
  sed 's/"replace": shrinks, "reason": reason/"replace": shrinks, "reason": str(time.time_ns())/' "$folders" >fickle
  chmod +x fickle
  exits 1 kadende provider test --only judged ./fickle
  has "$out" 'planUpdate gives another answer to the same question'
}

run_tests "$@"
