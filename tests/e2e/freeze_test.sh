# Unknown is not gone: what freezes a group ends a command as an error that says why, and destroys nothing.
source "$(dirname "$0")/lib.sh"

test_state_behind_the_world() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  cp -a .kadende older
  sim_file shop.yml shop 4
  exits 0 kadende apply --yes
  rm -rf .kadende && mv older .kadende
  sim_file shop.yml shop 1
  exits 1 kadende plan
  has "$out" 'frozen: instance sim-'
  has "$err" 'it is behind the world'
  has "$err" 'kadende state pull'
  exits 1 kadende apply --yes
  exits 1 kadende reconcile
  lacks "$out" 'Nothing to do'
  same "$(sim_count live)" 4
}

test_listing_of_another_scope() {
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
  mkdir away && mv cloud.sim* away/
  kadende sim create cloud.sim >/dev/null
  exits 1 kadende apply --yes
  has "$err" 'web is frozen: its nodes were recorded in scope sim:'
  has "$err" 'but what is listed now is scope sim:'
  same "$(sim_count made)" 0
  rm cloud.sim* && mv away/cloud.sim* .
  exits 0 kadende plan --detailed-exitcode
}

test_place_that_is_gone() {
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
  mkdir away && mv cloud.sim* away/
  exits 1 kadende plan
  has "$err" 'but there is nothing at'
  [[ ! -e cloud.sim ]] || fail 'a plan made the cloud'
}

test_provider_that_cannot_be_listed() {
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
  kadende sim set cloud.sim list-fail-next=9 list-fail-code=denied >/dev/null
  exits 1 kadende reconcile
  has "$err" 'could not be listed'
  same "$(sim_count live)" 3
}

run_tests "$@"
