# The history that people use: log, diff, show of a version, rollback, blame, state verify, state compact.
. "$(dirname "$0")/lib.sh"

# Serial 1: two nodes of image a. Serial 2: three. Serial 3: image b.
three_versions() {
  sim_file shop.yml shop 2
  cp shop.yml first.txt
  exits 0 kadende apply --yes
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
  sim_file shop.yml shop 3 b
  exits 0 kadende apply --yes
  same "$(kadende log -n 1 --oneline | tr -s ' ' | cut -d' ' -f2)" 3
}

test_log_says_who_when_what_and_why() {
  export KADENDE_ACTOR=ann@desk
  three_versions
  exits 0 kadende log
  has "$out" "serial 3  "
  has "$out" "by ann@desk"
  has "$out" "apply shop: -/+3"
  has "$out" "why: its properties changed (3)"
  has "$out" "why: the group grows (2)"
  exits 0 kadende log -n 1 --json
  has "$out" '"reasons":{"revision_changed":3}'
  has "$out" '"actor":"ann@desk"'
  has "$out" '"subject":"apply shop: -/+3"'
  exits 0 kadende log --oneline
  same "$(wc -l <out)" 3
  exits 0 kadende log --oneline --node 'web[2]'
  same "$(tr -s ' ' <out | cut -d' ' -f2 | tr '\n' ' ')" "3 2 "
  exits 0 kadende log --oneline --group web -n 1
  same "$(wc -l <out)" 1
  exits 1 kadende log --node 'web[9]'
  has "$err" 'no version of shop that is kept (serials from 1) has a node `web[9]`'
}

test_diff_reads_as_what_changed() {
  three_versions
  exits 0 kadende diff 1
  has "$out" "web: size 2 -> 3"
  has "$out" '~ image: "a" -> "b"'
  has "$out" "  -/+ web[0]  "
  has "$out" "  + web[2]  "
  has "$out" "+++ spec.yaml (serial 3)"
  has "$out" "+    size: 3"
  has "$out" "1 node added, 2 replaced, 0 changed, 0 removed; the file changed."
  local text
  text=$(sed 1,2d out)  # ages
  for range in "shop@1 shop@3" "1 3" "1..3" "1 3 shop" "1..3 shop" "1 shop" "HEAD~2 HEAD" "shop@1 3"; do
    # shellcheck disable=SC2086  # words
    exits 0 kadende diff $range
    same "$(sed 1,2d out)" "$text"
  done
  exits 0 kadende diff 3 1 -q
  same "$out" "0 nodes added, 2 replaced, 0 changed, 1 removed; the file changed."
  exits 0 kadende diff 3
  has "$out" "No differences."
  exits 1 kadende diff 9
  has "$err" "shop@9 does not exist; there are serials 1 to 3"
  exits 1 kadende diff shop@1 other@2
  exits 0 kadende diff 1 2 --json
  has "$out" '"counts":{"added":1,"replaced":0,"changed":0,"removed":0}'
}

test_show_a_version() {
  three_versions
  exits 0 kadende show shop@1
  has "$out" "serial 1  "
  has "$out" "apply shop: +2"
  has "$out" "web: 2 of 2 live"
  has "$out" "web[1]"
  lacks "$out" "web[2]"
  exits 0 kadende show @HEAD~2 --spec
  same "$out" "$(cat first.txt)"
  cmp out first.txt
  exits 0 kadende show shop@2 --json
  has "$out" '"commit":{'
  has "$out" '"node":"web[2]"'
  exits 0 kadende show --spec
  cmp out shop.yml
}

test_rollback_is_an_apply_of_the_old_file() {
  three_versions
  exits 1 kadende rollback shop 1
  has "$err" "nobody can be asked here"
  has "$out" "web: size 3 -> 2"
  exits 0 kadende rollback shop 1 --yes
  has "$out" "Apply complete! Resources: 2 added, 0 changed, 3 destroyed."
  has "$err" "shop.yml still says what was rolled back"
  has "$err" "kadende show shop@1 --spec > shop.yml"
  same "$(sim_count live)" 2
  exits 0 kadende log -n 1 --json
  has "$out" '"subject":"rollback shop to serial 1: -1 -/+2"'
  has "$out" '"Kadende-Rollback":"1 '
  exits 0 kadende diff 1 -q
  has "$out" "the file is the same."
  exits 2 kadende plan --detailed-exitcode
  kadende show shop@1 --spec >shop.yml
  exits 0 kadende plan --detailed-exitcode
  # What is there already is no change, and the file says the same.
  exits 0 kadende rollback 1 --yes
  has "$out" "No changes."
  lacks "$err" "still says"
  exits 0 kadende rollback shop@HEAD --yes
  exits 1 kadende rollback shop
  has "$err" "roll back to which version?"
  exits 1 kadende rollback shop 77 --yes
  has "$err" "does not exist"
}

test_rollback_of_variables_renames_and_saved_plans() {
  sim_file shop.yml shop 2 '"${var.image}"'
  sed -i 's/^groups:/variables:\n  image: {type: string, default: a}\ngroups:/' shop.yml
  exits 0 kadende apply --yes --var image=x
  sed -i 's/size: 2/size: 1/' shop.yml
  exits 0 kadende apply --yes --var image=y
  exits 0 kadende rollback shop 1 --out back.plan
  has "$out" "Plan: "
  same "$(sim_count live)" 1
  # The plan is of the folder of the file, wherever it is applied from.
  mkdir elsewhere
  cd elsewhere
  exits 0 kadende apply ../back.plan
  has "$err" "still says what was rolled back"
  cd ..
  same "$(sim_count live)" 2
  exits 0 kadende show shop@HEAD --json
  has "$out" '"variables":{"image":"x"}'
  has "$out" "rollback shop to serial 1"
  sed -i 's/^name: shop/name: store/' shop.yml
  exits 0 kadende apply --yes --var image=y
  exits 0 kadende rollback store 1 --yes
  exits 0 kadende log shop --oneline
  same "$(sim_count live)" 2
  exits 0 kadende destroy --yes shop
  exits 1 kadende rollback shop HEAD --yes
  has "$err" "the cluster was destroyed"
  exits 0 kadende rollback shop 1 --yes
  same "$(sim_count live)" 2
}

test_blame_tells_the_life_of_a_node() {
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
  exits 0 kadende sim vanish cloud.sim 'web[1]'
  exits 0 kadende reconcile
  sim_file shop.yml shop 3 b
  exits 0 kadende apply --yes
  exits 0 kadende taint 'web[1]' --reason 'disk is slow'
  exits 0 kadende apply --yes
  sim_file shop.yml shop 1 b
  exits 0 kadende apply --yes
  local node
  for node in 'web[1]' web-1 "$(kadende show --json | sed 's/.*"lineage":"\([a-z0-9]*\)".*/\1/')/web/1"; do
    exits 0 kadende blame "$node"
    has "$out" "web[1]: 4 incarnations in the versions from serial 1 on"
  done
  has "$out" "create: the group grows (size_up)"
  has "$out" "create: its properties changed (revision_changed)"
  has "$out" "create: it is gone: the provider does not have it any more (missing)"
  has "$out" "observed: missing"
  has "$out" "why: disk is slow"
  has "$out" "create: it is tainted (tainted)"
  has "$out" "destroy: the group shrinks (size_down)"
  # Another machine has the branch alone: no events, and all that was published.
  mv .kadende/history.git history.git
  rm -rf .kadende
  mkdir .kadende
  mv history.git .kadende/
  exits 0 kadende blame 'web[1]' --json
  has "$out" '"what":"gone"'
  has "$out" '"observed":["missing"]'
  exits 1 kadende blame 'wbe[1]'
}

test_verify_finds_what_was_edited() {
  three_versions
  exits 0 kadende state verify
  has "$out" "shop: whole. 3 versions (serials 1 to 3, "
  has "$out" "the working store agrees in "
  exits 0 kadende state verify --json
  has "$out" '"whole":true'
  local git=.kadende/history.git id
  id=$(git --git-dir=$git rev-parse kadende/shop~1:groups/web/group.json)
  if [[ -f $git/objects/${id:0:2}/${id:2} ]]; then
    mv "$git/objects/${id:0:2}/${id:2}" kept
    exits 1 kadende state verify
    has "$out" "place:  serial 2 ("
    has "$out" "groups/web/group.json"
    has "$out" "remedy: "
    mkdir -p "$git/objects/${id:0:2}"
    mv kept "$git/objects/${id:0:2}/${id:2}"
  fi
  # The branch goes on without the store.
  cp -r .kadende/data.mdb data.mdb
  exits 0 kadende taint 'web[0]'
  cp data.mdb .kadende/data.mdb
  exits 1 kadende state verify
  has "$out" "the working store"
  has "$out" "it was published last as"
}

test_compact_leaves_old_versions_out() {
  git init -q .
  three_versions
  exits 1 kadende state compact --keep 0s
  has "$err" "gone for good"
  sleep 1.1 # versions have whole seconds
  local tree
  tree=$(git rev-parse 'kadende/shop^{tree}')
  exits 0 kadende state compact --keep 0s --yes
  has "$out" "2 versions of shop left out, 1 kept; serial 4 "
  same "$(git rev-parse 'kadende/shop^{tree}')" "$tree"
  exits 0 kadende log --oneline
  same "$(wc -l <out)" 2
  exits 0 kadende state verify
  has "$out" "serials 3 to 4"
  exits 0 kadende state compact --keep 1h --yes
  has "$out" "Nothing to leave out"
  exits 0 kadende blame 'web[0]'
  has "$out" "made before"
  exits 0 kadende taint 'web[0]'
  exits 0 kadende log --oneline
  same "$(wc -l <out)" 3
  exits 0 kadende state verify
  git fsck --strict 2>&1 | grep -v dangling >fsck || true
  same "$(grep -v notice fsck || true)" ""
}

test_the_branch_reads_well_on_its_own() {
  git init -q .
  three_versions
  git show kadende/shop:README.md >readme
  has "$(cat readme)" "# shop"
  has "$(cat readme)" "| [web](groups/web) | 3 | sim | "
  exits 0 kadende taint 'web[0]'
  # One more version and the same README.
  same "$(git rev-parse kadende/shop:README.md)" "$(git rev-parse kadende/shop~1:README.md)"
}

test_commits_are_signed_where_git_signs() {
  command -v ssh-keygen >/dev/null || return 0
  git init -q .
  git config user.name Ann
  git config user.email ann@example.org
  git config commit.gpgsign true
  git config gpg.format ssh
  git config user.signingkey "$PWD/missing.pub"
  sim_file shop.yml shop 2
  # The machines are there and recorded; what is missing is the version.
  exits 0 kadende apply --yes
  has "$err" "everything was done and recorded, but not published to git: git could not sign the commit"
  has "$err" "the next run publishes it"
  same "$(sim_count live)" 2
  ssh-keygen -q -t ed25519 -N '' -f key
  git config user.signingkey "$PWD/key.pub"
  exits 0 kadende apply --yes
  echo "ann@example.org $(cat key.pub)" >signers
  git config gpg.ssh.allowedSignersFile "$PWD/signers"
  git verify-commit kadende/shop 2>verified
  has "$(cat verified)" "Good \"git\" signature for ann@example.org"
  same "$(git log -1 --format=%an kadende/shop)" Ann
  exits 0 kadende taint 'web[0]'
  git verify-commit kadende/shop
  exits 0 kadende state verify
  exits 0 kadende log --oneline
  same "$(wc -l <out)" 2
  sleep 1.1
  exits 0 kadende state compact --keep 0s --yes
  git verify-commit kadende/shop
  exits 0 kadende state verify
  git config commit.gpgsign false
  exits 0 kadende untaint 'web[0]'
  exits 0 kadende state verify
}

run_tests "$@"
