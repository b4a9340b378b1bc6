#!/usr/bin/env bash
# Clusters whose nodes a plugin makes, with plugins and kadendes that end in mid-call, and plugins with one bad habit each.
# What lies in the folder `zoo` is the truth.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

zoo=$root/tests/providers/plugin/zoo.py

# zoo_file SIZE [CREATE-TIMEOUT]: a cluster of a plugin whose habit is in the file `habit`.
zoo_file() {
  mkdir -p plugins
  export KADENDE_PLUGIN_DIR=$PWD/plugins
  printf '#!/bin/sh\nexec %s "$(cat %s)" %s\n' "$zoo" "$PWD/habit" "$PWD" >plugins/kadende-provider-zoo
  chmod +x plugins/kadende-provider-zoo
  cat >shop.yml <<EOF
version: "1"
name: shop
groups:
  web:
    size: $1
    resourcePlugin: {name: zoo}
    resourceProperties: {folder: zoo}
    timeouts: {create: ${2:-60s}}
EOF
}
habit() { echo "$1" >habit; }
made() { find zoo -type f ! -name '*#*' 2>/dev/null | wc -l; }
made_at_least() { (($(made) >= $1)); }
made_is() { (($(made) == $1)) || fail "$(made) instances instead of $1"; }
no_plugin_lives() { ! pgrep -f "zoo.py .* $PWD\$" >/dev/null; }
settles_at() { # settles_at SIZE: a right plugin and one apply
  habit none
  exits 0 kadende apply --yes
  made_is "$1"
  exits 0 kadende plan
  has "$out" 'No changes'
}

test_from_create_to_destroy() {
  habit none
  zoo_file 4
  sed -n 's/^  web:/  db:/p; /^    /p' shop.yml >>shop.yml.more
  cat shop.yml.more >>shop.yml
  exits 0 kadende apply --yes
  made_is 8
  same "$(wc -l <starts)" 1 # one process for planning and the run, however many groups and nodes
  zoo_file 2
  settles_at 2
  exits 0 kadende destroy --yes
  made_is 0
}

test_kadende_is_killed_while_the_plugin_works() {
  habit slow
  zoo_file 12
  kadende apply --yes --parallelism 4 >/dev/null 2>&1 </dev/null &
  local pid=$!
  until_true 'some are made' made_at_least 2
  kill -9 "$pid"
  until_true 'the plugin has ended with it' no_plugin_lives
  (($(made) < 12)) || fail 'nothing was interrupted'
  settles_at 12
}

test_kadende_is_killed_around_each_call() {
  local fault
  for fault in create.before:2 create.after:2 destroy.before:1 destroy.after:1; do
    habit none
    zoo_file 4
    [[ $fault == create* ]] || settles_at 4
    [[ $fault == create* ]] || zoo_file 2
    KADENDE_FAULT=providers.plugin.$fault KADENDE_FAULT_REPORT=$PWD/fault kadende apply --yes >/dev/null 2>&1 </dev/null || true
    [[ -s fault ]] || { echo "  skipped: this build has no fault points"; return; }
    until_true 'the plugin has ended with it' no_plugin_lives
    [[ $fault == create* ]] && settles_at 4 || settles_at 2
    exits 0 kadende destroy --yes
    made_is 0
    rm fault
  done
}

test_the_plugin_is_killed_while_it_works() {
  habit slow
  zoo_file 8
  kadende apply --yes >out 2>err </dev/null &
  local pid=$! got=0
  until_true 'some are made' made_at_least 2
  habit none
  pkill -9 -f "zoo.py slow $PWD\$"
  wait "$pid" || got=$?
  ((got <= 1)) || fail "exit code $got"
  settles_at 8
}

test_a_plugin_that_crashes_after_a_create_doubles_nothing() {
  habit crash-after
  zoo_file 3
  exits 0 kadende apply --yes
  made_is 3
  settles_at 3
}

test_a_plugin_that_talks_nonsense_is_named_with_what_it_said() {
  habit none
  zoo_file 2
  exits 0 kadende apply --yes
  zoo_file 4
  habit garbage
  exits 1 kadende plan
  has "$err" '`Hello from the plugin!`'
  has "$err" 'standard output is for messages alone'
  made_is 2
  settles_at 4
}

test_a_plugin_that_hangs_is_given_up_and_nothing_is_lost() {
  habit none
  zoo_file 1
  exits 0 kadende apply --yes
  zoo_file 2 1s
  habit hang-at-create
  exits 1 kadende apply --yes
  has "$err$out" 'has not answered `create` within 1s'
  settles_at 2
}

test_a_liar_is_found_out_by_the_next_plan() {
  habit liar
  zoo_file 2
  kadende apply --yes >/dev/null 2>&1 </dev/null || true
  made_is 0
  exits 0 kadende plan
  has "$out" '2 to add'
  settles_at 2
}

run_tests "$@"
