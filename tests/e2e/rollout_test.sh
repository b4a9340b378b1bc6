# Rollouts: canary, checkpoints, pauses, failures, strategies, and a watch that goes on where an apply was killed.
. "$(dirname "$0")/lib.sh"

# group_file SIZE IMAGE ROLLOUT [MORE]: shop.yml, one group `web` in the simulated cloud.
group_file() {
  sim_file shop.yml shop "$1" "$2"
  printf '    rollout: %s\n' "$3" >>shop.yml
  [[ -z ${4:-} ]] || printf '    %s\n' "$4" >>shop.yml
}

instances() { kadende nodes --json | tr '{' '\n' | sed -n 's/.*"instance":"\([^"]*\)".*/\1/p' | sort; }
kept() { comm -12 before <(instances) | wc -l; }
no_rollout() { kadende rollout status | grep -q 'No rollout is under way'; }
kept_is() { [[ $(kept) == "$1" ]]; }

applied() {
  group_file "$1" a "$2"
  exits 0 kadende apply --yes
  instances >before
}

test_a_canary_waits_to_be_promoted_or_is_taken_back() {
  applied 4 '{canary: 1}'
  group_file 4 b '{canary: 1}'
  exits 0 kadende plan
  has "$out" '3 old nodes wait: rollout.canary 1, 1 node is new'
  has "$out" 'Plan: 1 to add, 0 to change, 1 to destroy.'
  exits 0 kadende apply --yes
  same "$(kept)" 3
  exits 0 kadende rollout status
  has "$out" 'web: rolling, from'
  has "$out" '1 of 4 nodes new'
  has "$out" 'the rollout stops (canary)'
  exits 0 kadende rollout status web --json
  has "$out" '"stop":"canary"'
  exits 0 kadende apply --yes  # again: a canary is passed by nobody but a person
  same "$(kept)" 3
  exits 1 kadende rollout resume web
  has "$err" 'kadende rollout promote web'
  exits 0 kadende rollout promote web
  exits 0 kadende apply --yes
  same "$(kept)" 0
  exits 0 kadende rollout status
  has "$out" 'No rollout is under way'
  exits 0 kadende plan
  has "$out" 'No changes'

  instances >before
  group_file 4 c '{canary: 1}'
  exits 0 kadende apply --yes
  same "$(kept)" 3
  exits 0 kadende rollout abort web --yes
  exits 0 kadende rollout status
  has "$out" 'No rollout is under way'
  count_is live 4 || fail "$(sim_count live) live"
  exits 0 kadende events --kind rollout_started
  has "$out" 'begins (rolling)'
}

test_a_checkpoint_ends_by_itself_and_a_watch_goes_on() {
  applied 4 '{checkpoints: [50%], checkpointWait: 2s}'
  group_file 4 b '{checkpoints: [50%], checkpointWait: 2s}'
  exits 0 kadende apply --yes
  same "$(kept)" 2
  exits 0 kadende rollout status web
  has "$out" 'the rollout stops (checkpoint): 2 nodes of 4 are new, until'
  start_watch --interval 200ms
  until_true "the watch has finished the rollout" no_rollout
  stop_watch
  same "$(kept)" 0
  exits 0 kadende events --kind rollout_finished
  has "$out" 'the rollout is finished'
  exits 0 kadende log --oneline
  has "$out" 'watch shop: web: the rollout is finished'
  exits 0 kadende plan
  has "$out" 'No changes'
  count_is live 4 || fail "$(sim_count live) live"
}

test_a_watch_leaves_a_paused_rollout_alone() {
  applied 4 '{checkpoints: [50%], checkpointWait: 1s}'
  group_file 4 b '{checkpoints: [50%], checkpointWait: 1s}'
  exits 0 kadende apply --yes
  exits 0 env KADENDE_ACTOR=ann kadende rollout pause web --reason 'errors in the dashboard'
  has "$out" 'by ann: errors in the dashboard'
  exits 1 kadende rollout pause web
  start_watch --interval 100ms
  kadende sim vanish cloud.sim 'web[3]'
  until_true "what is gone comes back" count_is live 4
  exits 0 kadende plan
  has "$out" 'the rollout is paused (by ann: errors in the dashboard)'
  exits 0 kadende rollout status web
  has "$out" '2 of 4 nodes new'
  exits 0 kadende rollout resume web
  until_true "the watch has finished it" no_rollout
  stop_watch
}

test_a_failed_rollout_stops_at_the_first_node_and_goes_back_when_it_is_aborted() {
  process_file web.yml web 3 'exec sleep 1000'
  exits 0 kadende apply --yes
  instances >before
  process_file web.yml web 3 'exit 3'
  printf '    rollout: {bake: 1s}\n' >>web.yml
  exits 1 kadende apply --yes
  exits 0 kadende rollout status web
  has "$out" 'the rollout stops (failure): 1 new node failed, 0 may (rollout.failureThreshold)'
  exits 0 kadende rollout abort web --yes
  same "$(kept)" 3
  exits 0 kadende rollout status
  has "$out" 'No rollout is under way'
}

test_a_failed_rollout_goes_back_by_itself_where_the_file_says_so() {
  process_file web.yml web 3 'exec sleep 1000'
  printf '    rollout: {bake: 1s, onFailure: rollback}\n' >>web.yml
  exits 0 kadende apply --yes
  instances >before
  process_file web.yml web 3 'exit 3'
  printf '    rollout: {bake: 1s, onFailure: rollback}\n' >>web.yml
  exits 1 kadende apply --yes
  has "$out$err" 'back to what was in force'
  same "$(kept)" 3
  exits 0 kadende rollout status
  has "$out" 'No rollout is under way'
}

test_a_watch_goes_on_where_an_apply_was_killed() {
  applied 6 '{maxSurge: 1}'
  group_file 6 b '{maxSurge: 1, pause: 300ms}'
  kadende apply --yes >apply.out 2>&1 &
  local apply=$!
  until_true "a node is new" kept_is 5
  kill -9 "$apply"
  wait "$apply" || true
  [[ $(kept) -gt 0 ]] || fail "it was not killed in between"
  start_watch --interval 100ms
  until_true "the watch has finished the rollout" no_rollout
  stop_watch
  same "$(kept)" 0
  count_is live 6 || fail "$(sim_count live) live"
  exits 0 kadende plan
  has "$out" 'No changes'
}

test_strategies() {
  applied 3 '{strategy: recreate}'
  group_file 3 b '{strategy: recreate}'
  exits 0 kadende plan
  has "$out" 'rollout.strategy is recreate'
  exits 0 kadende apply --yes
  same "$(kept)" 0
  instances >before
  group_file 3 c '{strategy: blue-green}'
  exits 0 kadende apply --yes
  same "$(kept)" 0
  instances >before
  group_file 3 d '{strategy: on-delete}'
  exits 0 kadende apply --yes
  same "$(kept)" 3
  exits 0 kadende plan
  has "$out" 'keep their old revision, strategy on-delete'
  exits 0 kadende apply --yes --replace 'web[1]'
  same "$(kept)" 2
  group_file 3 e '{strategy: in-place}'
  exits 1 kadende apply --yes
  has "$err" 'strategy in-place forbids that'
  same "$(kept)" 2
}

test_wrong_keys_and_groups_are_named() {
  group_file 3 a '{canary: 0}'
  exits 1 kadende validate
  has "$err" 'a canary has at least one node'
  group_file 3 a '{checkpoints: [50%, 10%]}'
  exits 1 kadende validate
  has "$err" 'the checkpoint 10% is not behind the one before it (50%)'
  group_file 3 a '{strategy: blue-green, canary: 1}'
  exits 1 kadende validate
  has "$err" 'the strategy `blue-green` does not go step by step'
  applied 2 '{}'
  exits 1 kadende rollout pause nosuch
  has "$err" 'nosuch'
  exits 1 kadende rollout promote web
  has "$err" 'no rollout of web is under way'
  exits 1 kadende rollout status nosuch
}

run_tests "$@"
