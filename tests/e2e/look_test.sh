# show, nodes, events, log, graph, taint, reconcile and sim.
. "$(dirname "$0")/lib.sh"

applied() {
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
}

test_nothing_was_applied_yet() {
  local command
  for command in show nodes events log reconcile watch 'taint x' 'nodes logs x'; do
    # shellcheck disable=SC2086
    exits 1 kadende $command
    has "$err" "kadende apply"
    [[ ! -e .kadende ]] || fail "$command made a state directory"
  done
}

test_show_and_nodes() {
  applied
  exits 0 kadende show
  has "$out" "shop"
  exits 0 kadende show shop --format json
  [[ $out == '{'*'}' ]] || fail "not JSON: $out"
  exits 0 kadende nodes
  has "$out" "web[2]"
  exits 0 kadende nodes --json
  has "$out" "sim-0"
  exits 0 kadende nodes --group web --offline
  has "$out" "web[0]"
  exits 1 kadende nodes --group wbe
  has "$err" 'no group `wbe`; there is web'
  exits 1 kadende nodes --group nothing-like-it --watch
  has "$err" 'no group `nothing-like-it`; there is web'
  exits 1 kadende nodes shpo
  has "$err" "shop"
}

test_by_id_and_lineage() {
  sim_file shop.yml shop 1
  sed -i 's/^name: .*/&\nid: my-shop/' shop.yml
  exits 0 kadende apply --yes
  exits 0 kadende show my-shop
  local lineage
  lineage=$(kadende sim list cloud.sim --json | sed -n 's/.*"lineage":"\([^"]*\)".*/\1/p')
  exits 0 kadende show "$lineage"
  exits 0 kadende show "${lineage:0:8}"
}

test_log_and_show_of_a_version() {
  applied
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  exits 0 kadende log
  has "$out" "apply shop: +3"
  has "$out" "apply shop: -2"
  exits 0 kadende log --oneline --limit 1
  lacks "$out" "apply shop: +3"
  exits 0 kadende show shop@1
  has "$out" "web[2]"
  exits 0 kadende show shop@HEAD
  lacks "$out" "web[2]"
  exits 1 kadende show shop@99
}

test_events() {
  applied
  exits 0 kadende events
  has "$out" "node_created"
  exits 0 kadende events --node 'web[1]' --limit 1 --json
  has "$out" '"node_created"'
  same "$(wc -l <out)" 1
}

test_graph() {
  sim_file shop.yml shop 2
  exits 0 kadende graph
  has "$out" "digraph"
  exits 0 kadende graph --format mermaid
  has "$out" "flowchart"
}

test_taint_and_untaint() {
  applied
  exits 0 kadende taint 'web[1]' --reason 'slow disk'
  exits 0 kadende plan
  has "$out" "web[1]"
  has "$out" "Plan: 1 to add, 0 to change, 1 to destroy."
  exits 0 kadende untaint web-1
  exits 0 kadende plan --detailed-exitcode
  exits 0 kadende taint web-1
  exits 0 kadende apply --yes
  same "$(sim_count made)" 4
  exits 0 kadende plan --detailed-exitcode
  exits 1 kadende taint web-7
  has "$err" 'no node `web-7`'
  exits 0 kadende events
  has "$out" "node_tainted"
}

test_reconcile_brings_back_what_is_gone_and_no_more() {
  applied
  exits 0 kadende reconcile
  same "$(sim_count made)" 3
  kadende sim terminate cloud.sim 'web[0]'
  sim_file shop.yml shop 9  # not applied: reconcile keeps what was
  exits 2 kadende reconcile shop --detailed-exitcode
  same "$(sim_count live)" 3
  same "$(sim_count made)" 4
}

test_sim_commands() {
  exits 1 kadende sim status cloud.sim
  exits 0 kadende sim create cloud.sim create-latency=1ms capacity=10
  exits 0 kadende sim set cloud.sim capacity 20
  exits 0 kadende sim status cloud.sim
  has "$out" "capacity 20"
  exits 1 kadende sim set cloud.sim capcity=1
  has "$err" "capacity"
  applied
  exits 0 kadende sim unhealthy cloud.sim 'web[0]' --reason 'disk broke'
  exits 0 kadende sim list cloud.sim
  has "$out" "disk broke"
  exits 0 kadende sim healthy cloud.sim 'web[0]'
  exits 0 kadende sim vanish cloud.sim 'web[0]' 'web[1]'
  exits 0 kadende sim count cloud.sim
  has "$out" "live 1"
  exits 0 kadende sim status cloud.sim --json
  has "$out" '"live":1'
  exits 1 kadende sim terminate cloud.sim 'web[0]'
}

run_tests "$@"
