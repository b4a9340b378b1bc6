# Looking after a cluster that machines share: leaving old versions out, another name, instances that come and go by
# hand, and which remote it is.
. "$(dirname "$0")/remote_lib.sh"

# Three versions, the last of them a moment ago; bob has been a part of it since the second.
three_versions() {
  a_team 1
  machine ann
  exits 0 kadende apply --yes
  shared_file shop.yml 2
  exits 0 kadende apply --yes
  machine bob
  exits 0 kadende state pull --state-remote origin
  on ann
  exits 0 kadende taint 'web[0]'
  exits 0 kadende untaint 'web[0]'
  sleep 1.1 # versions have whole seconds
}
stranded_here() { git --git-dir=.kadende/history.git for-each-ref refs/kadende/stranded | grep -c . || true; }

test_a_compaction_is_everybodys() {
  three_versions
  local tree
  tree=$(git -C "$bare" rev-parse 'kadende/shop^{tree}')
  exits 0 kadende state compact --keep 0s --yes
  has "$out" "3 versions of shop left out, 1 kept; serial 5 "
  lacks "$err" "warning"
  same "$(serial) $(versions) $(run_refs)" "5 2 0"
  same "$(git -C "$bare" rev-parse 'kadende/shop^{tree}')" "$tree"
  [[ -z $(git for-each-ref refs/heads/kadende) ]] || fail "the branch was also written to the clone"
  git -C "$bare" log -1 --format=%B kadende/shop | grep -q "^Kadende-Compacted-From: 4 " || fail "no trailer"
  on bob
  shared_file shop.yml 2
  exits 0 kadende plan
  lacks "$out$err" "rewound"
  exits 0 kadende state status
  has "$out" "the remote is ahead"
  shared_file shop.yml 3
  exits 0 kadende apply --yes
  same "$(serial) $(versions) $(stranded_here)" "6 3 0"
  exits 0 kadende state verify
  has "$out" "serials 4 to 6"
  on ann
  shared_file shop.yml 3
  settled_at 3
  exits 0 kadende state pull
  exits 0 kadende state verify
  machine eve
  shared_file shop.yml 3
  settled_at 3
  exits 0 kadende state compact --keep 1h --yes --state-remote origin
  has "$out" "Nothing to leave out"
  same "$(run_refs)" 0
}

test_a_compaction_that_dies_is_gone_on_with() {
  local point
  for point in apply.claim.after state.compact.ref.after apply.compact.note.after apply.push.before apply.push.after; do
    rm -rf served seed ann bob cloud.sim
    three_versions
    dies_at "$point:1" kadende state compact --keep 0s --yes
    exits 0 kadende state verify # cut off, but nothing is wrong
    if [[ $point == apply.push.before ]]; then
      exits 0 kadende state status
      has "$out" "ahead"
    fi
    exits 0 kadende state compact --keep 0s --yes
    same "$(versions) $(run_refs) $(stranded_here)" "2 0 0"
    exits 0 kadende state verify
    shared_file shop.yml 2
    settled_at 2
    on bob
    exits 0 kadende state pull
    shared_file shop.yml 2
    settled_at 2
    cd "$top"
  done
}

test_a_compaction_waits_for_whoever_holds_the_cluster() {
  three_versions
  shared_file shop.yml 3
  dies_at apply.outcome.before:1 kadende apply --yes
  on bob
  exits 1 kadende state compact --keep 0s --yes --lock-timeout 0s
  has "$err" "is locked by"
  on ann
  exits 1 kadende state compact --keep 0s --yes
  has "$err" "kadende apply"
  exits 0 kadende apply --yes
  exits 0 kadende state compact --keep 0s --yes
  same "$(versions)" 2
  settled_at 3
}

# A protected branch: nobody may replace it.
test_a_remote_that_lets_nobody_replace_its_line() {
  three_versions
  git -C "$bare" config receive.denyNonFastForwards true
  exits 1 kadende state compact --keep 0s --yes
  has "$err" "forced push"
  same "$(serial) $(versions) $(run_refs) $(stranded_here)" "4 4 0 0"
  exits 0 kadende log --oneline
  same "$(grep -c . out)" 4
  shared_file shop.yml 3
  exits 0 kadende apply --yes
  same "$(serial)" 5
  settled_at 3
}

test_a_cluster_moves_to_another_remote() {
  a_team 1
  machine ann
  exits 0 kadende apply --yes
  exits 0 kadende state remote
  has "$out" "shared through origin"
  git init -q --bare "$top/served/other.git"
  git remote set-url origin "$top/served/other.git"
  exits 1 kadende apply --yes
  has "$err" "rewound"
  exits 0 kadende state remote --forget
  has "$out" "no remote is remembered"
  exits 0 kadende state push --state-remote origin
  bare=$top/served/other.git
  same "$(serial)" 1
  exits 0 kadende state remote
  has "$out" "shared through origin"
  settled_at 1
}

test_another_name_for_a_shared_cluster() {
  a_team 1
  machine bob
  machine ann
  exits 0 kadende apply --yes
  on bob
  exits 0 kadende state pull --state-remote origin
  on ann
  sed -i 's/name: shop/name: store/' shop.yml
  exits 1 kadende apply --yes
  has "$err" "Keep the name shop"
  same "$(run_refs)" 0
  # As the message says.
  exits 0 kadende apply --yes --state-remote none
  exits 0 kadende state push --state-remote origin
  git push -q origin :refs/heads/kadende/shop
  same "$(git -C "$bare" log -1 --format='%(trailers:key=Kadende-Cluster,valueonly)' kadende/store | head -n 1)" store
  on bob
  sed -i 's/name: shop/name: store/' shop.yml
  exits 1 kadende state pull store --state-remote origin
  has "$err" "this state knows as shop"
  mv .kadende away
  exits 0 kadende plan --detailed-exitcode
  exits 0 kadende apply --yes
  same "$(created)" 1
}

# By hand, by somebody whose clone is behind.
test_adopt_and_forget_are_shared() {
  a_team 2
  machine ann
  exits 0 kadende apply --yes
  machine bob
  exits 0 kadende state pull --state-remote origin
  on ann
  exits 0 kadende taint 'web[0]'
  local instance
  instance=$(kadende nodes --json | grep -o '"instance":"[^"]*"' | cut -d'"' -f4 | tail -n 1)
  on bob
  exits 0 kadende forget 'web[1]'
  same "$(serial) $(run_refs)" "3 0"
  on ann
  exits 0 kadende nodes
  lacks "$out" "web[1]"
  exits 0 kadende adopt 'web[1]' "$instance" --yes
  same "$(serial) $(run_refs) $(live)" "4 0 2"
  on bob
  exits 0 kadende nodes
  has "$out" "$instance"
  exits 0 kadende hold 'web[1]' --reason "its disk is copied"
  on ann
  exits 0 kadende plan
  has "$out" "its disk is copied"
  same "$(serial) $(run_refs)" "5 0"
}

run_tests "$@"
