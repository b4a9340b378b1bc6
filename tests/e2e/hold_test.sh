# People's orders to leave a node or group alone: hold, unhold, and what plan, apply, watch and destroy make of them.
. "$(dirname "$0")/lib.sh"

applied() {
  sim_file shop.yml shop "$1"
  exits 0 kadende apply --yes
}

id_of() { kadende nodes --json | tr '{' '\n' | sed -n "s/.*\"node\":\"$1\".*\"instance\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }

test_a_held_node_is_left_alone_until_unhold() {
  applied 3
  local before
  before=$(id_of 'web[1]')
  exits 0 env KADENDE_ACTOR=ann kadende hold 'web[1]' --reason 'disk is copied'
  has "$out" 'web[1] is held by ann since'
  has "$out" 'without an end: disk is copied'
  sim_file shop.yml shop 3 b
  exits 0 kadende plan
  has "$out" 'web[1] is held by ann since'
  has "$out" 'held back: web[1] would be replaced: its properties changed'
  has "$out" 'Plan: 2 to add, 0 to change, 2 to destroy.'
  has "$out" '1 change is held back.'
  exits 0 kadende plan --format markdown
  has "$out" 'held back:'
  exits 0 kadende plan --out saved.plan
  exits 0 kadende show saved.plan --json
  has "$out" '"held_back":[{"slot":"1","action":"replace","reason":"revision_changed"}]'
  exits 0 kadende apply --yes
  same "$(id_of 'web[1]')" "$before"
  exits 0 kadende plan
  has "$out" 'No changes but what is held back'
  exits 0 kadende nodes
  has "$out" 'held by ann'
  exits 0 kadende log --oneline
  has "$out" 'hold shop: web[1]: disk is copied'
  exits 0 kadende unhold 'web[1]'
  has "$out" 'web[1] is no longer held; it was held by ann'
  exits 0 kadende plan
  has "$out" 'Plan: 1 to add, 0 to change, 1 to destroy.'
  exits 0 kadende events
  has "$out" 'held'
  has "$out" 'unheld'
}

test_a_watch_leaves_a_held_node_gone_and_brings_it_back_once_it_lapses() {
  applied 2
  exits 0 kadende hold web-1 --reason 'being moved by hand' --for 4s
  kadende sim vanish cloud.sim 'web[1]'
  exits 0 kadende reconcile shop
  count_is live 1 || fail "it was brought back"
  kadende watch --interval 200ms >watch.out 2>watch.err </dev/null &
  local watcher=$!
  until_true "it is back" count_is live 2
  kill -TERM "$watcher"
  wait "$watcher"
  exits 0 kadende events --kind hold_lapsed
  has "$out" 'is no longer held'
  exits 0 kadende nodes --json
  lacks "$out" '"holds"'
}

test_a_held_group_gets_nothing_new() {
  applied 2
  exits 0 kadende hold web --reason audit --until 2999-01-01T00:00:00Z
  sim_file shop.yml shop 4 b
  exits 0 kadende apply --yes
  same "$(sim_count made)" 2
  exits 0 kadende plan --detailed-exitcode
  has "$out" 'web is held by'
  has "$out" 'until 2999-01-01T00:00:00Z: audit'
  has "$out" '4 changes are held back.'
  exits 0 kadende unhold web
  exits 0 kadende apply --yes
  has "$out" 'Apply complete! Resources: 4 added'
  same "$(sim_count live)" 4
}

test_surplus_is_taken_from_the_others() {
  applied 3
  local kept
  kept=$(id_of 'web[2]')
  exits 0 kadende hold 'web[2]' --reason keep
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  same "$(id_of 'web[2]')" "$kept"
  same "$(sim_count live)" 1
}

test_destroy_and_replace_by_name_are_refused() {
  applied 2
  exits 0 kadende hold 'web[0]' --reason 'evidence'
  exits 1 kadende destroy --yes
  has "$err" 'web[0] is held by'
  has "$err" '`kadende unhold web[0]`'
  exits 1 kadende apply --yes --replace 'web[0]'
  has "$err" 'evidence'
  same "$(sim_count live)" 2
  exits 0 kadende unhold 'web[0]'
  exits 0 kadende destroy --yes
  same "$(sim_count live)" 0
}

test_some_of_it_is_forbidden() {
  applied 3
  exits 0 kadende hold 'web[2]' --reason 'it has the backup' --only scale_in,replace
  has "$out" 'web[2] is held (scale_in, replace) by '
  has "$out" 'Forbidden is scale_in, replace, with all that needs it, by watch or by apply'
  exits 0 kadende nodes
  has "$out" 'held (scale_in, replace) by'
  exits 0 kadende nodes --json
  has "$out" '"only":["scale_in","replace"]'
  sim_file shop.yml shop 2 b
  exits 0 kadende plan
  has "$out" 'held back: web[2] would be replaced'
  exits 0 kadende apply --yes
  exits 0 kadende nodes
  has "$out" 'web[2]'
  [[ -z $(id_of 'web[1]') ]] || fail "web[1] is there, and web[2] was kept from leaving"
  exits 0 kadende unhold 'web[2]'
  exits 0 kadende hold web --reason 'quota is used up' --only create
  sim_file shop.yml shop 5 b
  exits 0 kadende plan
  has "$out" 'held (create) by'
  has "$out" 'Plan: 0 to add, 0 to change, 0 to destroy.'
  exits 1 kadende hold web --reason x --only scale-in
  has "$err" '--only takes create, destroy, health, remediate, rollout, scale_in, replace, separated by commas, and `scale-in` is none of them'
}

test_what_cannot_be_held_is_said() {
  applied 1
  exits 1 kadende hold 'web[7]' --reason why
  has "$err" 'has no node or group `web[7]`'
  exits 1 kadende hold wab --reason why
  has "$err" 'did you mean `web`?'
  exits 1 kadende hold web --reason why --for 1h --until 2999-01-01T00:00:00Z
  has "$err" '--for or --until, not both'
  exits 1 kadende hold web --reason why --for 0s
  has "$err" '--for must be at least 1s'
  exits 1 kadende hold web --reason why --until yesterday
  has "$err" 'is none'
  exits 1 kadende hold web --reason why --until 2001-01-01T00:00:00Z
  has "$err" 'is over'
  exits 0 kadende unhold web
  has "$out" 'web is not held.'
}

run_tests "$@"
