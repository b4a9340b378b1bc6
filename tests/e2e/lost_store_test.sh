# The working store is lost, forbidden or not there yet: what git still has is used, and nothing false is said.
. "$(dirname "$0")/lib.sh"

# A published cluster in a repository, and its store gone: wholly, or data.mdb alone.
lose() {
  git init -q .
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  git show-ref -q --verify refs/heads/kadende/shop || fail "nothing was published around the file"
  [[ ${1:-all} == all ]] && rm -rf .kadende || rm .kadende/data.mdb
}

readers_see_what_was_published() {
  exits 0 kadende nodes
  has "$out" "web[1]"
  has "$err" "lost \`shop\`; this is what was published last (serial 1)"
  exits 0 kadende nodes --json
  has "$out" '"node":"web[0]"'
  exits 0 kadende show
  has "$out" "shop"
  exits 0 kadende show shop
  exits 0 kadende log
  has "$out" "serial 1"
  exits 0 kadende events
  same "$out" ""
  has "$err" "lost with it"
  exits 1 kadende nodes shoq
}

test_readers_show_what_git_has() {
  lose all
  readers_see_what_was_published
  [[ ! -e .kadende ]] || fail "a reader made .kadende"
}

test_readers_show_what_git_has_without_data_file() {
  lose data
  readers_see_what_was_published
  [[ ! -e .kadende/data.mdb ]] || fail "a reader made a store"
}

test_who_writes_brings_it_back() {
  lose all
  exits 0 kadende taint web-0
  has "$err" "read back from git (serial 1)"
  exits 0 kadende nodes
  lacks "$err" "lost"
  has "$out" "tainted"
  rm .kadende/data.mdb
  exits 0 kadende reconcile
  has "$err" "read back from git"
  rm -rf .kadende
  exits 0 kadende destroy shop --yes
  has "$err" "read back from git"
  same "$(sim_count live)" 0
}

watches_after_loss() {
  rm -f watch.out watch.err  # of the one before
  kadende watch --interval 200ms "$@" >watch.out 2>watch.err </dev/null &
  local watcher=$!
  until_true "it was read back" grep -q "read back from git" watch.err
  until_true "watch has begun" grep -q watch_started watch.out
  kill -TERM "$watcher"
  wait "$watcher"
  exits 0 kadende nodes
  lacks "$err" "lost"
}

test_watch_brings_it_back() {
  lose all
  watches_after_loss
  rm .kadende/data.mdb
  watches_after_loss shop
  rm -rf .kadende
  watches_after_loss --all
}

test_clusters_of_other_folders_are_not_taken() {
  lose all
  mkdir other
  cd other
  exits 1 kadende nodes
  has "$err" "no cluster was applied"
  exits 1 kadende taint web-0
  has "$err" "no state in"
  [[ ! -e .kadende ]] || fail "a failed command made .kadende"
}

test_forbidden_store_is_not_an_absent_one() {
  [[ $EUID == 0 ]] && id nobody >/dev/null 2>&1 || return 0
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  chmod 755 .. .
  chmod 700 .kadende
  local command
  for command in nodes log show events "taint web-0"; do
    # shellcheck disable=SC2086  # words
    exits 1 setpriv --reuid=65534 --regid=65534 --clear-groups "$(command -v kadende)" $command
    has "$err" "ermission denied"
    lacks "$err" "no cluster was applied"
  done
}

test_watch_all_waits_for_the_first_cluster() {
  kadende watch --all --interval 200ms >watch.out 2>watch.err </dev/null &
  local watcher=$!
  until_true "watch has begun" grep -q watch_started watch.out
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  exits 0 kadende sim vanish cloud.sim "web[0]"
  until_true "the cluster is watched" grep -q node_created watch.out
  kill -TERM "$watcher"
  wait "$watcher"
  exits 1 kadende watch --all --state elsewhere
  has "$err" "no state in"
}

test_watch_tells_that_passes_work_again() {
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  kadende watch --interval 200ms >watch.out 2>watch.err </dev/null &
  local watcher=$!
  until_true "watch has begun" grep -q watch_started watch.out
  mv cloud.sim kept.sim
  mkdir cloud.sim
  until_true "the failure is told" grep -q pass_failed watch.out
  lacks "$(cat watch.out)" pass_recovered
  rm -rf cloud.sim
  mv kept.sim cloud.sim
  until_true "the recovery is told" grep -q "pass_recovered *shop" watch.out
  kill -TERM "$watcher"
  wait "$watcher"
  same "$(grep -c pass_recovered watch.out)" 1
}

run_tests "$@"
