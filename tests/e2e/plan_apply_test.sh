# plan, apply and destroy on a simulated cloud.
. "$(dirname "$0")/lib.sh"

test_plan_on_a_fresh_folder_writes_nothing() {
  sim_file shop.yml shop 3
  exits 0 kadende plan
  has "$out" "Plan: 3 to add, 0 to change, 0 to destroy."
  same "$(ls -A | sort | tr '\n' ' ')" "err out shop.yml "
}

test_apply_then_nothing_to_do() {
  sim_file shop.yml shop 3
  exits 2 kadende plan --detailed-exitcode
  exits 0 kadende apply --yes
  has "$out" "Apply complete! Resources: 3 added, 0 changed, 0 destroyed."
  same "$(sim_count made)" 3
  exits 0 kadende plan --detailed-exitcode
  has "$out" "No changes."
  exits 0 kadende apply --yes
  has "$out" "Apply complete! Resources: 0 added, 0 changed, 0 destroyed."
  exits 0 kadende apply  # nothing to ask
  same "$(sim_count made)" 3
}

test_a_comment_in_the_file_is_no_change() {
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  echo '# a comment' >>shop.yml
  exits 0 kadende plan --detailed-exitcode
  has "$out" "No changes."
  exits 0 kadende apply  # recorded without asking
  exits 0 kadende show
}

test_scale_up_and_down_keeps_the_lowest_slots() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  sim_file shop.yml shop 4
  exits 0 kadende apply --yes
  has "$out" "2 added, 0 changed, 0 destroyed"
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  has "$out" "0 added, 0 changed, 3 destroyed"
  exits 0 kadende nodes
  has "$out" "web[0]"
  lacks "$out" "web[1]"
}

test_changed_property_replaces() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  sim_file shop.yml shop 2 b
  exits 2 kadende plan --detailed-exitcode
  has "$out" "must be replaced"
  has "$out" "Plan: 2 to add, 0 to change, 2 to destroy."
  exits 0 kadende apply --yes
  has "$out" "2 added, 0 changed, 2 destroyed"
  same "$(sim_count live)" 2
  same "$(sim_count made)" 4
}

test_target_touches_only_that_group() {
  sim_file shop.yml shop 1
  cat >>shop.yml <<'EOF'
  other:
    size: 2
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: cloud.sim}
EOF
  exits 0 kadende apply --yes --target web
  same "$(sim_count made)" 1
  exits 1 kadende plan --target wbe
  has "$err" "wbe"
  exits 2 kadende plan --detailed-exitcode
  has "$out" "Plan: 2 to add"
  exits 0 kadende apply --yes
  same "$(sim_count made)" 3
}

# three_tiers: web depends on db, db on net; other on nothing.
three_tiers() {
  sim_file shop.yml shop 1
  cat >>shop.yml <<'EOF'
    dependsOn: [data]
  data:
    db:
      size: 1
      dependsOn: [net]
      resourcePlugin: {name: sim}
      resourceProperties: {cloud: cloud.sim}
  net:
    size: 1
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: cloud.sim}
  other:
    size: 1
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: cloud.sim}
EOF
}

test_target_takes_along_what_it_depends_on() {
  three_tiers
  exits 0 kadende plan --target web
  has "$out" "data/db is included: web depends on it"
  has "$out" "net is included: data/db depends on it"
  has "$out" "Plan: 3 to add, 0 to change, 0 to destroy."
  lacks "$out" "other"
  exits 0 kadende plan --target data
  lacks "$out" "web"
  has "$out" "Plan: 2 to add"
  exits 0 kadende plan --target web --out web.plan
  exits 0 kadende apply web.plan
  same "$(sim_count live)" 3
  exits 0 kadende plan --target web --detailed-exitcode
  exits 0 kadende plan --target data --destroy
  has "$out" "web is included: it depends on data/db"
  lacks "$out" "net"
  exits 0 kadende destroy --yes --target data
  same "$(sim_count live)" 1
}

test_replace_one_node() {
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
  exits 0 kadende apply --yes --replace 'web[1]'
  has "$out" "1 added, 0 changed, 1 destroyed"
  exits 0 kadende apply --yes --replace web-2
  same "$(sim_count made)" 5
  exits 1 kadende plan --replace 'web[9]'
  has "$err" "web[9]"
}

test_destroy_and_again() {
  sim_file shop.yml shop 3
  exits 1 kadende destroy --yes
  has "$err" "was never applied"
  exits 0 kadende apply --yes
  exits 0 kadende plan --destroy
  has "$out" "3 to destroy"
  exits 0 kadende destroy --yes
  has "$out" "3 destroyed"
  same "$(sim_count live)" 0
  exits 0 kadende destroy --yes
  exits 0 kadende apply --yes
  same "$(sim_count live)" 3
}

test_destroy_is_refused_by_the_file_too() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  echo '    preventDestroy: true' >>shop.yml
  exits 1 kadende destroy --yes
  has "$err" 'which preventDestroy forbids'
  lacks "$err" 'error: error:'
  same "$(sim_count live)" 2
  exits 1 kadende plan --destroy
}

test_destroy_by_name_without_the_file() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  rm shop.yml
  exits 0 kadende destroy shop --yes
  same "$(sim_count live)" 0
}

test_nobody_to_ask() {
  sim_file shop.yml shop 1
  exits 1 kadende apply
  has "$out" "Plan: 1 to add"
  has "$err" "--yes"
  [[ ! -e cloud.sim ]] || same "$(sim_count made)" 0
}

test_asked_in_a_terminal() {
  sim_file shop.yml shop 1
  in_terminal $'no\n' kadende apply
  has "$out" "Only 'yes' will be accepted"
  has "$out" "cancelled"
  same "$code" 1
  in_terminal $'yes\n' kadende apply
  has "$out" "Apply complete!"
  same "$code" 0
  same "$(sim_count made)" 1
}

test_unwritable_state_directory() {
  [[ $(id -u) != 0 ]] || { chmod_does_not_bind_root; return; }
  mkdir locked
  chmod a-w locked
  sim_file shop.yml shop 1
  exits 1 kadende apply --yes --state locked/state
  has "$err" "locked/state"
}
chmod_does_not_bind_root() {
  sim_file shop.yml shop 1
  : >file
  exits 1 kadende apply --yes --state file/state
  has "$err" "file/state"
  exits 1 kadende apply --yes --state /proc/kadende
  has "$err" "/proc/kadende"
}

test_saved_plan() {
  sim_file shop.yml shop 2
  exits 0 kadende plan --out first.plan
  [[ ! -e .kadende ]] || fail "plan made a state directory"
  exits 0 kadende show first.plan
  has "$out" "Plan: 2 to add"
  exits 0 kadende show first.plan --format markdown
  exits 0 kadende show first.plan --json
  has "$out" '"actions"'
  exits 0 kadende apply first.plan
  has "$out" "Apply complete! Resources: 2 added"
  exits 1 kadende apply first.plan
  has "$err" "plan again"
  same "$(sim_count made)" 2
}

test_saved_plan_from_another_folder() {
  sim_file shop.yml shop 2
  exits 0 kadende plan --out first.plan
  mkdir elsewhere
  mv first.plan elsewhere
  cd elsewhere
  exits 0 kadende apply first.plan
  cd ..
  same "$(sim_count live)" 2
  exits 0 kadende plan
  has "$out" "No changes."
}

test_saved_plan_leaves_links_and_pipes_what_they_are() {
  sim_file shop.yml shop 2
  ln -s real.plan link.plan
  : >real.plan
  exits 0 kadende plan --out link.plan
  [[ -L link.plan && -s real.plan ]] || fail "the link was replaced"
  mkfifo pipe
  cat pipe >piped.plan &
  exits 0 kadende plan --out pipe
  wait $!
  [[ -p pipe ]] || fail "the pipe was replaced"
  exits 0 kadende apply piped.plan
  has "$out" "Apply complete! Resources: 2 added"
}

test_stale_saved_plan_is_refused() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  sim_file shop.yml shop 3
  exits 0 kadende plan --out grow.plan
  kadende sim terminate cloud.sim 'web[0]'
  exits 1 kadende apply grow.plan
  has "$err" "web[0]"
  same "$(sim_count made)" 2
}

test_saved_plan_applies_the_file_as_it_was() {
  sim_file shop.yml shop 2
  exits 0 kadende plan --out two.plan
  sim_file shop.yml shop 5
  exits 0 kadende apply two.plan
  same "$(sim_count live)" 2
}

test_files_that_are_no_saved_plan() {
  sim_file shop.yml shop 1
  exits 0 kadende plan --out good.plan
  head -c 300 good.plan >cut.plan
  sed 's/"kadende_plan":[0-9]*/"kadende_plan":99/' good.plan >newer.plan
  : >empty.plan
  kadende plan --format json >printed.json
  local command
  for command in apply show; do
    exits 1 kadende $command cut.plan
    has "$err" 'make it again with `kadende plan --out cut.plan`'
    exits 1 kadende $command newer.plan
    has "$err" "another version of kadende; plan again"
  done
  exits 1 kadende apply empty.plan
  has "$err" "the file is empty"
  exits 1 kadende show empty.plan
  has "$err" "empty.plan is not a saved plan"
  exits 1 kadende apply printed.json
  has "$err" 'saved with `kadende plan --out FILE`'
  exits 1 kadende plan good.plan
  has "$err" '`kadende apply good.plan` performs it'
  exits 1 kadende validate good.plan
  has "$err" 'is a saved plan, not a cluster file'
}

test_json_stream() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes --json
  local line
  while read -r line; do [[ $line == '{"'*'}' ]] || fail "not a line of JSON: $line"; done <out
  has "$out" '"type":"plan"'
  has "$out" '"type":"result"'
  has "$out" 'node_created'
  exits 0 kadende plan --format json
  [[ $out == '{'*'}' ]] || fail "not JSON: $out"
}

test_failed_creates_are_told_and_finished_later() {
  kadende sim create cloud.sim create-fail-next=1 create-fail-code=invalid
  sim_file shop.yml shop 3
  exits 1 kadende apply --yes --parallelism 1
  has "$out" "incomplete"
  same "$(sim_count live)" 2
  exits 0 kadende apply --yes
  same "$(sim_count live)" 3
}

test_throttling_is_retried() {
  kadende sim create cloud.sim create-fail-next=3 create-fail-code=throttled
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
  same "$(sim_count live)" 3
}

test_what_the_world_lost_is_planned_and_brought_back() {
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
  kadende sim vanish cloud.sim 'web[1]'
  exits 2 kadende plan --detailed-exitcode
  has "$out" "web[1]"
  exits 0 kadende plan --offline
  has "$out" "No changes."
  exits 0 kadende apply --yes
  same "$(sim_count live)" 3
}

test_renamed_cluster_keeps_its_machines() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  sim_file shop.yml store 2
  exits 0 kadende plan
  lacks "$out" "2 to add"
  exits 0 kadende apply --yes
  same "$(sim_count made)" 2
  exits 0 kadende show store
  exits 1 kadende show shop
}

test_a_new_file_beside_a_renamed_one_takes_no_cluster_over() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  mv shop.yml old.yml
  sim_file shop.yml other 1
  exits 2 kadende plan shop.yml --detailed-exitcode
  has "$out" "Plan: 1 to add, 0 to change, 0 to destroy."
}

test_two_files_of_one_folder_are_two_clusters() {
  sim_file a.yml a 1
  sim_file b.yml b 2
  exits 0 kadende apply a.yml --yes
  exits 0 kadende apply b.yml --yes
  same "$(sim_count made)" 3
  exits 1 kadende show
  has "$err" "which cluster?"
  exits 0 kadende show b
}

test_wait_healthy() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes --wait healthy
}

test_state_lost_but_in_git() {
  git init -q .
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  rm -rf .kadende
  exits 0 kadende plan
  has "$out" "No changes."
  [[ ! -e .kadende ]] || fail "plan made a state directory"
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
  has "$out" "1 added, 0 changed, 0 destroyed"
  same "$(sim_count made)" 3
}

nobody_sleeps() { ! pgrep -f 'sleep 3617' >/dev/null; }
test_state_lost_for_good_names_the_command_that_ends_the_nodes() {
  cat >shop.yml <<'EOF'
version: "1"
name: shop
groups:
  web:
    size: 2
    resourcePlugin: {name: process}
    resourceProperties: {command: sleep, args: [3617]}
EOF
  exits 0 kadende apply --yes
  rm -rf .kadende
  exits 1 kadende apply --yes
  has "$err" "--new-lineage"
  local command
  command=$(sed -n 's/.*`\(pkill [^`]*\)`.*/\1/p' <<<"$err")
  [[ -n $command ]] || fail "no command is named: $err"
  eval "$command"
  until_true "the nodes have ended" nobody_sleeps
  exits 0 kadende apply --yes
  has "$out" "2 added"
  exits 0 kadende destroy --yes
  exits 1 kadende destroy nothing --yes
  has "$err" "no such file: nothing, and no cluster"
}

run_tests "$@"
