# The same over ssh and http: what git reaches works, and one of many wins.
. "$(dirname "$0")/remote_lib.sh"

over_ssh() {
  top=$PWD
  mkdir -p served
  local url
  url=$(start_ssh_remote "$top/served") || { echo "  SKIPPED: no sshd"; return 1; }
  GIT_SSH_COMMAND=$(ssh_command "$top/served")
  export GIT_SSH_COMMAND
  remote=$url/team.git
}
over_http() {
  top=$PWD
  mkdir -p served
  local url
  url=$(start_http_remote "$top/served") || { echo "  SKIPPED: no http server"; return 1; }
  remote=$url/team.git
}

a_team_shares_and_one_dies() {
  a_team 3
  git -C "$bare" config http.receivepack true
  machine ann
  exits 0 kadende apply --yes
  machine bob
  exits 0 kadende plan --detailed-exitcode
  shared_file shop.yml 5
  KADENDE_RUN_LIFETIME=4s dies_at apply.outcome.before:1 kadende apply --yes --parallelism 1
  rm -rf "$top/bob"
  on ann
  shared_file shop.yml 5
  exits 0 kadende apply --yes --lock-timeout 60s
  settled_at 5
  same "$(created)" 5
}

many_at_once() {
  local i pids=() ok=0
  for i in $(seq "$1"); do
    machine "m$i"
    shared_file shop.yml "$((5 + i))"
  done
  for i in $(seq "$1"); do
    (cd "$top/m$i" && exec kadende apply --yes --lock-timeout 10s >out 2>err </dev/null) &
    pids+=($!)
  done
  local before=$2
  for i in "${pids[@]}"; do wait "$i" && ok=$((ok + 1)); done
  ((ok >= 1)) || fail "nobody was applied: $(cat "$top"/m*/err)"
  (($(versions) - before >= ok)) || fail "$(versions) versions, $before before, $ok applies"
  same "$(run_refs)" 0
  machine last
  git -C "$bare" show kadende/shop:spec.yaml >shop.yml
  settled_at "$(sed -n 's/ *size: //p' shop.yml)"
}

test_ssh() {
  over_ssh || return 0
  a_team_shares_and_one_dies
  many_at_once 5 "$(versions)"
}

test_http() {
  over_http || return 0
  a_team_shares_and_one_dies
  many_at_once 5 "$(versions)"
}

run_tests "$@"
