# What goes wrong between machines that share a cluster: one dies, sleeps, loses the network, or is not believed.
. "$(dirname "$0")/remote_lib.sh"

# ann's machine dies in mid-apply of 4 nodes, two of which may exist, and its disk with it.
ci_machine_dies() {
  a_team 4
  exits 0 kadende sim create cloud.sim create-latency=20ms
  machine ann
  KADENDE_RUN_LIFETIME=${1:-10m} dies_at "${2:-apply.outcome.before:2}" kadende apply --yes --parallelism 1
  cd "$top"
  rm -rf ann
  same "$(run_refs)" 1
}

test_a_dead_machine_is_followed_once_its_lock_expires() {
  ci_machine_dies 3s
  machine bob
  exits 0 kadende apply --yes --lock-timeout 60s
  has "$err" "Waiting: cluster shop is locked by"
  settled_at 4
  same "$(created)" 4
  exits 0 kadende events
  has "$out" "took over the run of"
}

test_a_dead_machine_holds_others_up_until_it_is_unlocked() {
  ci_machine_dies
  machine bob
  exits 1 kadende apply --yes --lock-timeout 0s
  has "$err" "is locked by"
  has "$err" "kadende state unlock"
  exits 0 kadende plan
  has "$out" "under way"
  exits 0 kadende state status --state-remote origin
  exits 0 kadende state unlock --yes --state-remote origin
  exits 0 kadende apply --yes
  settled_at 4
  same "$(created)" 4
}

# All that there is of the cluster is the lock of its first run.
test_whoever_comes_before_the_first_version_is_told_so() {
  ci_machine_dies
  machine bob
  local command
  for command in "taint web[0]" "hold web --reason look" "reconcile shop" "state pull" "state compact --keep 0s --yes"; do
    exits 1 kadende $command --state-remote origin
    has "$err" "nothing of cluster shop was published yet: its first run is under way elsewhere, or died there"
    has "$err" "kadende apply"
  done
  exits 0 kadende state unlock --yes --state-remote origin
  exits 0 kadende apply --yes
  settled_at 4
}

test_a_dead_run_of_this_machine_is_gone_on_with_at_once() {
  local point
  for point in apply.claim.after:1 apply.target.after:1 apply.outcome.before:1 apply.close.after:1 apply.publish.after:1 \
    apply.published.after:1 apply.push.before:1 apply.push.after:1; do
    rm -rf served seed ann cloud.sim
    a_team 2
    machine ann
    dies_at "$point" kadende apply --yes
    [[ $point != apply.publish.after:1 ]] || exits 0 kadende state verify # published, and the store has not heard of it
    exits 0 kadende apply --yes --lock-timeout 0s
    settled_at 2
    same "$(created)" 2
    cd "$top"
  done
}

test_both_moved_and_nothing_is_lost() {
  a_team 2
  machine ann
  exits 0 kadende apply --yes
  shared_file shop.yml 3
  dies_at apply.push.before:1 kadende apply --yes # the version is here, and nobody knows
  machine bob
  exits 0 kadende plan
  exits 0 kadende state unlock --yes --state-remote origin
  shared_file shop.yml 4
  exits 0 kadende apply --yes
  same "$(live)" 4
  on ann
  shared_file shop.yml 4
  settled_at 4
  exits 0 kadende apply --yes
  exits 0 kadende state status
  has "$out" "refs/kadende/stranded/"
  same "$(created)" 4
}

# Versions that the remote never saw, with machines that it does not know.
test_both_moved_and_only_one_knows_of_an_instance() {
  a_team 2
  machine ann
  exits 0 kadende apply --yes
  cp -r "$top/ann" "$top/bob"
  shared_file shop.yml 3
  exits 0 kadende apply --yes --state-remote none
  on bob
  exits 0 kadende taint 'web[0]'
  on ann
  exits 1 kadende apply --yes --state-remote origin
  has "$err" "only this one knows of"
  has "$err" "web[2]"
  has "$err" "state pull --take-remote"
  exits 1 kadende state pull
  exits 0 kadende state pull --take-remote
  exits 0 kadende plan
  has "$out" "web[2]"
  exits 0 kadende apply --yes
  settled_at 3
}

test_a_rewound_branch_freezes() {
  a_team 1
  machine ann
  exits 0 kadende apply --yes
  shared_file shop.yml 2
  exits 0 kadende apply --yes
  git -C "$bare" update-ref refs/heads/kadende/shop "$(git -C "$bare" rev-parse kadende/shop~1)"
  shared_file shop.yml 3
  exits 1 kadende apply --yes
  has "$err" "rewound"
  has "$err" "state push --force-rewound"
  same "$(live)" 2
  exits 0 kadende state status
  exits 0 kadende state push --force-rewound
  same "$(serial)" 2
  exits 0 kadende apply --yes
  settled_at 3
}

test_a_holder_that_slept_past_its_lifetime_starts_nothing_more() {
  a_team 6
  exits 0 kadende sim create cloud.sim create-latency=300ms
  machine ann
  KADENDE_RUN_LIFETIME=3s kadende apply --yes --parallelism 1 >ann.out 2>ann.err </dev/null &
  local sleeper=$!
  until_true "it has begun" some_exist
  kill -STOP "$sleeper"
  machine bob
  exits 0 kadende apply --yes --lock-timeout 60s
  same "$(live)" 6
  local before
  before=$(created)
  kill -CONT "$sleeper"
  wait "$sleeper" && fail "the sleeper says that it was done"
  settled_at 6
  same "$(created)" "$before"
  on ann
  exits 0 kadende apply --yes
  settled_at 6
}

runs_begun_are() { [[ $(kadende events --kind run_started | grep -c run_started) == "$1" ]]; }
test_the_network_is_lost_before_the_push() {
  a_team 2
  machine ann
  exits 0 kadende apply --yes
  shared_file shop.yml 3
  exits 0 kadende sim set "$top/cloud.sim" create-latency=1s
  kadende apply --yes >ann.out 2>ann.err </dev/null &
  local pid=$!
  # With the lock alone it may still be asking whether the branch stands where it stood.
  until_true "its run has begun" runs_begun_are 2
  mv "$bare" "$bare.away"
  wait "$pid" || true
  has "$(cat ann.err)" "the remote does not know of it yet"
  mv "$bare.away" "$bare"
  same "$(live) $(serial)" "3 1"
  exits 0 kadende apply --yes
  same "$(serial)" 2
  settled_at 3
}

test_twenty_at_once_end_in_one_line() {
  a_team 1
  local i ok=0 pids=() codes=()
  for i in $(seq 20); do
    machine "m$i"
    shared_file shop.yml "$i"
  done
  for i in $(seq 20); do
    (cd "$top/m$i" && exec kadende apply --yes --lock-timeout 20s >out 2>err </dev/null) &
    pids+=($!)
  done
  for i in $(seq 20); do
    local code=0
    wait "${pids[$((i - 1))]}" || code=$?
    codes+=("$code")
    if [[ $code == 0 ]]; then
      ok=$((ok + 1))
    else
      grep -qE "is locked by|is busy|moved|plan again|another" "$top/m$i/err" ||
        fail "machine $i: exit $code: $(cat "$top/m$i/err")"
    fi
  done
  ((ok >= 1)) || fail "nobody was applied: ${codes[*]}"
  (($(versions) >= ok)) || fail "$(versions) versions of $ok applies"
  same "$(git -C "$bare" rev-list --count --merges kadende/shop)" 0
  same "$(run_refs)" 0
  machine last
  git -C "$bare" show kadende/shop:spec.yaml >shop.yml
  settled_at "$(sed -n 's/ *size: //p' shop.yml)"
}

# A server that cannot update two refs at once: one of both would be left behind some day, so nothing is begun.
test_a_server_without_atomic_pushes() {
  a_team 2
  git -C "$bare" config receive.advertiseAtomic false
  machine ann
  exits 1 kadende apply --yes
  has "$err" "can update two refs at once"
  same "$(run_refs)" 0
  [[ ! -e $top/cloud.sim ]] || same "$(created)" 0
  exits 0 kadende apply --yes --state-remote none
  same "$(live)" 2
}

# state.onRemoteLoss: a single watcher heals while nobody answers, and tells the remote when it does again.
test_a_watcher_that_goes_on_without_its_remote() {
  local loss
  for loss in freeze continue; do
    rm -rf served seed ann cloud.sim
    a_team 2
    machine ann
    sed -i "s/remote: origin/remote: origin, onRemoteLoss: $loss/" shop.yml
    exits 0 kadende apply --yes
    mv "$bare" "$bare.away"
    exits 0 kadende sim vanish "$top/cloud.sim" 'web[0]'
    kadende watch shop --interval 200ms >watch.out 2>watch.err </dev/null &
    local watcher=$!
    if [[ $loss == continue ]]; then
      until_true "the node is back" two_live
    else
      until_true "it says why it does nothing" grep -q "cannot be asked" watch.out watch.err
      same "$(live)" 1
    fi
    kill -TERM "$watcher"
    wait "$watcher" || true
    mv "$bare.away" "$bare"
    exits 0 kadende apply --yes
    settled_at 2
    same "$(serial)" 2
    cd "$top"
  done
}
two_live() { [[ $(live) == 2 ]]; }

# Nothing is begun on a history that cannot be read, and the way out is said.
test_damaged_objects() {
  a_team 2
  machine ann
  exits 0 kadende apply --yes
  local id object
  id=$(git -C "$bare" rev-parse kadende/shop:groups/web/group.json)
  object=$bare/objects/${id:0:2}/${id:2}
  [[ -f $object ]] || git -C "$bare" unpack-objects -q <"$(ls "$bare"/objects/pack/*.pack)"
  [[ -f $object ]] || return 0 # packed by the server
  cp -p "$object" kept
  chmod u+w "$object"
  echo broken >"$object"
  machine bob
  exits 1 kadende apply --yes
  has "$err" "damaged"
  same "$(created) $(run_refs)" "2 0"
  cp -f "$top/ann/kept" "$object"
  settled_at 2
  # In the clone's own history.
  exits 0 kadende state pull --state-remote origin
  local own=.kadende/history.git
  git --git-dir=$own repack -adq
  for object in "$own"/objects/pack/*.pack; do
    chmod u+w "$object"
    printf 'broken' | dd of="$object" bs=1 seek=40 conv=notrunc status=none
  done
  exits 1 kadende state verify
  has "$out$err" "damaged"
  mv $own away.git
  exits 0 kadende plan --detailed-exitcode
  exits 0 kadende state pull
  exits 0 kadende state verify
  rm -rf $own
  shared_file shop.yml 3
  exits 0 kadende apply --yes
  same "$(versions)" 2
  settled_at 3
}

some_exist() { (($(live) >= 1)); }
holds_the_lock() { [[ $(run_refs) == 1 ]]; }

run_tests "$@"
