# Machines that share nothing but a git remote: the way that nothing disturbs, clones of all kinds, and no network.
. "$(dirname "$0")/remote_lib.sh"

test_a_fresh_clone_plans_as_the_machine_that_applied() {
  a_team 3
  machine ann
  exits 0 kadende apply --yes
  has "$out" "3 added"
  same "$(serial) $(run_refs)" "1 0"
  [[ -z $(git for-each-ref refs/heads/kadende) ]] || fail "the branch was also written to the clone"
  machine bob
  exits 0 kadende plan --detailed-exitcode
  has "$out" "No changes"
  shared_file shop.yml 5
  exits 0 kadende apply --yes
  has "$out" "2 added"
  same "$(serial)" 2
  on ann
  shared_file shop.yml 5
  settled_at 5
  exits 0 kadende apply --yes
  has "$out" "0 added"
  same "$(serial)" 2
  exits 0 kadende destroy --yes
  settled_at_nothing
}
settled_at_nothing() {
  same "$(live)" 0
  same "$(run_refs)" 0
}

# The file names a remote that git would not choose by itself: whoever stands beside it finds the team's state, with
# whatever command.
test_every_command_finds_the_remote_that_the_file_names() {
  a_team 1
  sed -i 's/remote: origin/remote: team/' seed/shop.yml
  git -C seed commit -qam "another remote" && git -C seed push -q "$bare" HEAD:refs/heads/main
  a_clone() {
    machine "$1" -o team
    git init -q --bare "$top/elsewhere-$1.git"
    git remote add origin "$top/elsewhere-$1.git"
    git config branch."$(git branch --show-current)".remote origin
  }
  a_clone ann
  exits 0 kadende apply --yes
  local command i=0
  for command in log show nodes events "diff 1 HEAD" "show shop@1" "blame web[0]" "rollback shop 1 --out plan" \
    "state status" "state verify" "state pull" "state push" "state compact --yes" "taint web[0]" \
    "hold web[0] --reason looking"; do
    i=$((i + 1))
    a_clone "bob$i"
    # shellcheck disable=SC2086  # words
    exits 0 kadende $command
  done
  a_clone carl
  exits 0 kadende state unlock --yes
  same "$(serial) $(run_refs)" "3 0"
  has "$(kadende nodes)" "looking"
}

# An address that only the file names is asked by nothing but an apply of it, and that is said.
test_an_address_in_the_file_is_not_asked_by_readers() {
  a_team 1
  sed -i "s#remote: origin#remote: file://$bare#" seed/shop.yml
  git -C seed commit -qam "an address" && git -C seed push -q "$bare" HEAD:refs/heads/main
  machine ann
  exits 0 kadende apply --yes
  machine bob
  git remote remove origin
  exits 1 kadende log
  has "$err" "is no remote of the repository around the file"
  exits 1 kadende hold 'web[0]' --reason looking
  has "$err" "is no remote of the repository around the file"
  exits 0 kadende log --state-remote "file://$bare"
  has "$out" "serial 1"
}

# Somebody who never applied here, and somebody whose state is a version behind, see what the team has.
test_readers_see_the_team_s_state() {
  a_team 1
  machine ann
  exits 0 kadende apply --yes
  cp -r "$top/ann" "$top/carl"
  shared_file shop.yml 2
  exits 0 kadende apply --yes
  local name
  for name in bob carl; do
    if [[ $name == bob ]]; then machine bob; else on carl; fi
    exits 0 kadende nodes
    has "$out" "web[1]"
    exits 0 kadende show
    has "$out" "2 of 2 live"
    exits 0 kadende show shop@2 --spec
    has "$out" "size: 2"
    exits 0 kadende log --oneline
    same "$(grep -c . out)" 2
    exits 0 kadende diff 1
    has "$out" "web[1]"
    exits 0 kadende blame 'web[1]'
    has "$out" "serial 2"
    exits 0 kadende state status
    has "$out" "serial 2"
    exits 0 kadende state verify
    exits 0 kadende events
  done
  has "$out" "run_started" # carl's own
  on bob
  [[ ! -e .kadende/data.mdb ]] || fail "a reader made a store"
  exits 0 kadende state status
  has "$out" "nothing yet"
  exits 0 kadende state status --json
  has "$out" '"relation":"behind"'
  exits 0 kadende events
  has "$err" "kadende log"
}

# What was fetched last, with its age; or nothing at all.
test_readers_without_the_network() {
  a_team 1
  machine ann
  exits 0 kadende apply --yes
  machine bob
  exits 0 kadende log
  machine eve
  mv "$bare" "$bare.away"
  exits 1 kadende nodes
  has "$err" "the remote cannot be asked"
  on bob
  local command
  for command in nodes show log "diff 1" "blame web[0]" "state status"; do
    # shellcheck disable=SC2086
    exits 0 kadende $command
    has "$err" "the remote cannot be asked"
  done
  # With the word to ask nobody, that nobody answers does not matter.
  for command in nodes show log "diff 1" "blame web[0]"; do
    # shellcheck disable=SC2086
    exits 0 kadende $command --offline
    has "$err" "the remote is not asked: what is known of it is"
  done
  exits 0 kadende state status --offline
  has "$out" ", as of "
  exits 0 kadende plan --offline
  has "$err" "the remote is not asked"
  on ann
  exits 0 kadende show
  has "$err" "what is known of it is"
  mv "$bare.away" "$bare"
}

test_edits_are_shared() {
  a_team 2
  machine ann
  exits 0 kadende apply --yes
  machine bob
  exits 0 kadende plan
  exits 0 kadende taint 'web[1]' --state-remote origin --reason slow
  on ann
  exits 0 kadende plan
  has "$out" "tainted"
  exits 0 kadende apply --yes
  on bob
  settled_at 2
}

test_clones_of_all_kinds() {
  a_team 2
  machine ann
  exits 0 kadende apply --yes
  remote=file://$bare
  machine shallow --depth 1
  settled_at 2
  git -C "$bare" config uploadpack.allowFilter true
  machine partial --filter=blob:none
  settled_at 2
  on ann
  git worktree add -q "$top/tree"
  on tree
  settled_at 2
  shared_file shop.yml 4
  exits 0 kadende apply --yes
  on shallow
  shared_file shop.yml 4
  settled_at 4
}

test_no_network() {
  a_team 2
  machine ann
  exits 0 kadende apply --yes
  mv "$bare" "$bare.away"
  shared_file shop.yml 3
  exits 0 kadende plan
  has "$out" "1 to add"
  has "$err" "what is known of it is"
  exits 1 kadende apply --yes
  has "$err" "nothing was done"
  exits 1 kadende taint 'web[0]'
  same "$(created)" 2
  machine_without_state
  mv "$bare.away" "$bare"
  exits 0 kadende apply --yes
  settled_at 3
}
# A clone that was never told anything may stand before a state that it cannot see.
machine_without_state() {
  cp -r "$top/ann" "$top/eve"
  rm -rf "$top/eve/.kadende"
  cd "$top/eve"
  sed -i '/^state:/d' shop.yml
  exits 1 kadende apply --yes
  has "$err" "--state-remote none"
  same "$(created)" 2
  on ann
}

test_a_cluster_of_this_machine_stays_there_until_asked() {
  a_team 2
  machine ann
  sed -i '/^state:/d' shop.yml
  exits 0 kadende apply --yes
  [[ -z $(git -C "$bare" for-each-ref refs/heads/kadende) ]] || fail "it was pushed unasked"
  exits 0 kadende state status
  has "$out" "this machine alone"
  exits 0 kadende state push --state-remote origin
  same "$(serial)" 1
  machine bob
  sed -i '/^state:/d' shop.yml
  settled_at 2
}

test_what_a_file_says_does_not_move_a_shared_state() {
  a_team 1
  machine ann
  exits 0 kadende apply --yes
  sed -i "s|remote: origin|remote: \"$top/other.git\"|" shop.yml
  exits 0 kadende plan
  has "$err" "stays so"
  machine mallory
  rm -rf .kadende
  sed -i "s|remote: origin|remote: \"$top/other.git\"|" shop.yml
  exits 1 kadende plan
  has "$err" "only a file names"
  has "$err" "no state of it is here"
  exits 0 kadende state status --state-remote origin
  has "$out" "serial 1"
}

test_what_watch_follows() {
  a_team 2
  machine ann
  exits 0 kadende apply --yes
  machine bob
  exits 0 kadende plan
  kadende watch shop --interval 200ms --state-remote origin >watch.out 2>watch.err </dev/null &
  local watcher=$!
  until_true "it watches" grep -q watch_started watch.out
  exits 0 kadende sim vanish "$top/cloud.sim" 'web[0]'
  until_true "the node is back, and others know" serial_is 2
  on ann
  shared_file shop.yml 4
  exits 0 kadende apply --yes
  same "$(live)" 4
  exits 0 kadende sim vanish "$top/cloud.sim" 'web[3]'
  until_true "watch follows what others applied" serial_is 4
  kill -TERM "$watcher"
  wait "$watcher" || fail "watch ended badly: $(cat "$top/bob/watch.err")"
  settled_at 4
}
serial_is() { [[ $(serial) == "$1" ]]; }

run_tests "$@"
