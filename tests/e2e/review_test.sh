# Review: approvals, saved plans beside a busy watch, and the pipelines of examples/review, step by step.
. "$(dirname "$0")/lib.sh"
pipelines=$root/examples/review
look_into() { python3 "$root/tests/e2e/pipeline.py" "$@"; }

hash_of() { sed -n 's/^Plan hash: \([0-9a-f]\{64\}\)$/\1/p'; }
# limited_file SIZE LIMIT [IMAGE]: sim_file shop.yml, with `approval` unless LIMIT is none.
limited_file() {
  sim_file shop.yml shop "$1" "${3:-a}"
  [[ $2 == none ]] || echo "approval: {destroyMoreThan: $2}" >>shop.yml
}

test_a_plan_that_destroys_much_needs_its_hash() {
  limited_file 4 25%
  exits 0 kadende apply --yes
  limited_file 2 25%
  exits 0 kadende plan
  has "$out" "needs an approval: 2 of 4 nodes would be lost, and approval.destroyMoreThan is 25%"
  local hash
  hash=$(hash_of <<<"$out")
  [[ ${#hash} == 64 ]] || fail "no hash in: $out"
  exits 0 kadende plan --format json
  has "$out" "\"hash\":\"$hash\""
  has "$out" '"needs_approval":true'
  exits 0 kadende plan --format markdown
  has "$out" "Plan hash: \`$hash\`"
  has "$out" "web: 2 of 4 nodes would be lost"
  exits 0 kadende plan --json
  has "$out" "\"hash\":\"$hash\""
  exits 1 kadende apply --yes
  has "$err" "web would lose 2 of 4 nodes, and approval.destroyMoreThan is 25%"
  has "$err" "--approve $hash"
  exits 1 kadende apply --yes --approve "${hash//[0-9]/0}"
  has "$err" "$hash"
  has "$err" "${hash//[0-9]/0}"
  exits 1 kadende apply --approve "${hash:0:12}"
  has "$err" "64 hexadecimal digits"
  exits 0 kadende plan --out small.plan
  exits 1 kadende apply small.plan
  has "$err" "--approve $hash"
  same "$(sim_count live)" 4
  exits 0 kadende apply --approve "$hash"
  same "$(sim_count live)" 2
}

test_the_limit_in_force_counts_beside_the_file() {
  limited_file 4 25%
  exits 0 kadende apply --yes
  limited_file 1 none
  exits 0 kadende plan
  has "$out" "~ policy approval.destroyMoreThan: 25% -> none"
  exits 1 kadende apply --yes
  has "$err" "approval.destroyMoreThan is 25%"
  rm shop.yml
  exits 1 kadende destroy shop --yes
  has "$err" "web would lose 4 of 4 nodes"
  same "$(sim_count live)" 4
  local hash=${err##*--approve }
  exits 0 kadende destroy shop --approve "${hash:0:64}"
  same "$(sim_count live)" 0
}

test_an_approval_is_of_one_plan_and_void_for_another() {
  limited_file 4 25%
  exits 0 kadende apply --yes
  limited_file 2 25%
  exits 0 kadende plan
  local hash
  hash=$(hash_of <<<"$out")
  limited_file 1 25%
  exits 1 kadende apply --approve "$hash"
  has "$err" "another plan was approved"
  limited_file 2 25% b
  exits 1 kadende apply --approve "$hash"
  limited_file 2 25%
  kadende sim terminate cloud.sim 'web[0]'
  exits 1 kadende apply --approve "$hash"
  same "$(sim_count made)" 4
  exits 0 kadende reconcile  # healed: the same plan again
  same "$(sim_count made)" 5
  exits 0 kadende apply --approve "$hash"
  same "$(sim_count live)" 2
}

test_nobody_is_asked_where_the_approval_is_missing() {
  limited_file 4 25%
  exits 0 kadende apply --yes
  limited_file 0 25%
  in_terminal $'yes\n' bash -c 'kadende apply; echo "Enter a value: never asked, code $?"'
  has "$out" "needs an approval of its own"
  has "$out" "never asked, code 1"
  same "$(sim_count live)" 4
}

# A watch that heals between the plan and its apply.
test_a_saved_plan_stays_fresh_beside_a_watch_that_heals() {
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
  sim_file shop.yml shop 4
  exits 0 kadende plan --out grow.plan
  sim_file shop.yml shop 3 b
  exits 0 kadende plan --out roll.plan
  kadende watch --interval 200ms >watch.out 2>watch.err </dev/null &
  local watcher=$! got=0
  kadende sim terminate cloud.sim 'web[1]'
  # While web[1] is gone the plan does not hold; once it is healed, it does, without a new review.
  until_true "the plan holds again" bash -c 'kadende apply roll.plan >applied 2>&1'
  grep -q "web\[1\] was healed since this plan was reviewed" applied || fail "$(cat applied)"
  kill -TERM "$watcher"
  wait "$watcher" || got=$?
  same "$got" 0
  same "$(sim_count live)" 3
  same "$(sim_count made)" 7
  exits 0 kadende log
  exits 1 kadende apply grow.plan
  has "$err" "the world moved since the plan was made; plan again:"
  has "$err" "not in the reviewed plan: web[0]: create (replacement), revision_changed"
}

test_rebound_nodes_are_named() {
  sim_file shop.yml shop 3
  exits 0 kadende apply --yes
  sim_file shop.yml shop 3 b
  exits 0 kadende plan --out roll.plan
  kadende sim terminate cloud.sim 'web[1]'
  exits 1 kadende apply roll.plan
  has "$err" "no longer planned: web[1]: create (replacement), revision_changed"
  exits 0 kadende reconcile
  exits 0 kadende apply roll.plan
  has "$out" "web[1] was healed since this plan was reviewed: its instance is "
  lacks "$out" "web[0] was healed"
  same "$(sim_count live)" 3
}

test_a_saved_plan_against_what_others_applied_since() {
  limited_file 2 none
  exits 0 kadende apply --yes
  limited_file 3 none
  exits 0 kadende plan --out grow.plan
  limited_file 2 90%  # only a policy, by somebody else
  exits 0 kadende apply --yes
  exits 1 kadende apply grow.plan
  has "$err" "web: policy changes were none; now approval.destroyMoreThan: 90% -> none"
  same "$(sim_count live)" 2
}

test_saved_plans_that_are_damaged_or_of_elsewhere() {
  sim_file shop.yml shop 2
  exits 0 kadende plan --out good.plan
  sed 's/size: 2/size: 9/' good.plan >spec.plan
  sed 's/"last":1/"last":7/' good.plan >actions.plan
  local file
  for file in spec.plan actions.plan; do
    exits 1 kadende apply $file
    has "$err" "it was changed since it was saved; plan again"
  done
  exits 0 kadende apply --yes
  exits 1 kadende apply good.plan
  has "$err" "the plan was made for a first apply, but the cluster exists by now; plan again"
  sim_file shop.yml shop 3
  exits 0 kadende plan --out grow.plan
  exits 1 kadende apply grow.plan --state elsewhere
  has "$err" "the cluster with lineage"
  exits 1 kadende apply grow.plan --reviewed good.plan
  has "$err" "--reviewed is for a cluster file"
  exits 1 kadende apply shop.yml --reviewed shop.yml
  has "$err" "shop.yml is not a saved plan"
}

test_reviewed_is_a_check_and_no_order() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  sim_file shop.yml shop 9
  exits 0 kadende plan --out forged.plan
  sim_file shop.yml shop 3
  exits 0 kadende plan --out honest.plan
  exits 1 kadende apply shop.yml --reviewed forged.plan
  has "$err" "the specification is not the one that the plan was made of"
  has "$err" "no longer planned: web[8]: create, size_up"
  exits 0 kadende apply shop.yml --reviewed honest.plan
  same "$(sim_count live)" 3
}

test_a_saved_plan_is_applied_in_another_clone() {
  git init -q one
  mkdir one/clusters
  (cd one/clusters && sim_file shop.yml shop 2 && kadende plan --out ../../shop.plan >/dev/null)
  mv one two
  cd two
  exits 0 kadende apply ../shop.plan
  [[ -e clusters/.kadende ]] || fail "the state is not beside the file: $(find . -name .kadende)"
  [[ ! -e ../one ]] || fail "the old folder came back"
}

# --- pipelines

needs_yaml() { python3 -c 'import yaml' 2>/dev/null && command -v jq >/dev/null; }
# What the steps of pipelines need to run as on a runner.
can_run_steps() {
  needs_yaml || { echo "no python3-yaml or jq here"; return 1; }
  kadende apply --help | grep -q -- --state-remote || { echo "this kadende shares no state"; return 1; }
}
all_pipelines() { find "$pipelines" -mindepth 2 -name '*.y*ml'; }

test_pipelines_are_yaml_and_their_command_lines_parse() {
  needs_yaml || { echo "no python3-yaml or jq here"; return; }
  local file command count=0
  while read -r file; do
    exits 0 look_into check "$file"
    while read -r command; do
      count=$((count + 1))
      # Shell variables and files are not there; what is asked is whether the command line is understood.
      eval "PLANFILE=x hash= PLAN_HASH=x; $command --help" >help.out 2>help.err || fail "$file: $command: $(cat help.err)"
      eval "$command" >help.out 2>help.err </dev/null || ! grep -qE "unknown|not expected|--help" help.err ||
        fail "$file: $command: $(cat help.err)"
    done < <(look_into commands "$file")
  done < <(all_pipelines)
  ((count >= 10)) || fail "only $count command lines were found"
}

test_pipelines_keep_their_promises() {
  ! grep -rnE 'pull_request_target:|secrets\.|^permissions: write-all' "$pipelines"/*/ || fail "a pipeline has what it must not have"
  local file
  for file in "$pipelines"/github/*.yml; do
    grep -q '^permissions:' "$file" || fail "$file gives the default permissions"
    grep -q '^concurrency:' "$file" || fail "$file has no concurrency group"
    ! grep -E 'uses:' "$file" | grep -vE '@v[0-9]+$' || fail "$file has an action without a version"
    # What an event says never becomes a part of a script.
    needs_yaml || continue
    ! look_into scripts "$file" | grep -n '\${{' || fail "$file puts an expression into a script"
  done
}

# A remote, the cloud beside it, and main with shop.yml applied once. Clones are runners: gone after their job.
code_host() {
  export GIT_CONFIG_GLOBAL=$PWD/gitconfig KADENDE_ACTOR=ci
  git config --global user.name ci
  git config --global user.email ci@example.org
  git config --global init.defaultBranch main
  git init -q --bare remote.git
  runner setup
  sed "s|cloud: cloud.sim|cloud: $PWD/../cloud.sim|" "$pipelines/shop.yml" >shop.yml
  git add shop.yml
  git commit -qm "shop"
  git push -q origin HEAD:main
  kadende apply shop.yml --yes --state-remote origin >setup.out 2>&1 || fail "$(cat setup.out)"
  cd ..
}
# runner NAME [BRANCH]: a fresh clone, as checkout makes it; the working directory from here on.
runner() {
  rm -rf "$1"
  if [[ -n ${2:-} ]]; then
    git clone -q --depth 1 --branch "$2" "file://$PWD/remote.git" "$1"
  else
    git clone -q "file://$PWD/remote.git" "$1" 2>/dev/null
  fi
  cd "$1"
}
# proposes BRANCH SED: a pull request.
proposes() {
  runner author
  git checkout -q -B "$1" origin/main
  sed -i "$2" shop.yml
  git commit -qam "$1"
  git push -q -f origin "$1"
  cd ..
}
merges() {
  runner author
  git checkout -q -B main origin/main
  git merge -q --no-ff -m "Merge

See merge request shop!7" "origin/$1"
  git push -q origin main
  cd ..
}
# step FILE JOB STEP: as the runner's shell does it, in $out, $err and $code.
step() {
  look_into step "$pipelines/github/$1" "$2" "$3" >step.sh
  code=0
  GITHUB_STEP_SUMMARY=$PWD/summary.md KADENDE_STATE_REMOTE=origin bash -eo pipefail step.sh >out 2>err </dev/null || code=$?
  out=$(cat out) err=$(cat err)
}
passes() {
  step "$@"
  [[ $code == 0 ]] || fail "$3: exit code $code
$out
$err"
}
live_is() { [[ $(kadende sim count "$1/cloud.sim" | sed -n 's/^live //p') == "$2" ]]; }

# Stands in for GitHub's own command: artifacts are folders, and comments files.
fake_gh() {
  mkdir -p bin host
  cat >bin/gh <<'EOG'
#!/usr/bin/env bash
host=$(dirname "$0")/../host
echo "$*" >>"$host/calls"
case "$1 $2" in
  "run download") mkdir -p "${@: -1}" && cp "$host"/artifact/* "${@: -1}" ;;
  "run list") echo 42 ;;
  "api repos/o/r/commits/"*) if [[ $* == *head.sha* ]]; then cat "$host/head"; else echo 7; fi ;;
  "api repos/o/r/issues/7/comments") [[ ! -e $host/comment ]] || echo 99 ;;
  "api --method") cp "$(sed 's/.*--input \([^ ]*\).*/\1/' <<<"$*")" "$host/comment" ;;
  *) echo "gh: $*" >&2; exit 1 ;;
esac
EOG
  chmod +x bin/gh
  PATH=$PWD/bin:$PATH
  export PATH GH_TOKEN=x REPO=o/r RUN_ID=42 HEAD_SHA=abc SHA=def
  echo abc >host/head
}

test_github_plan_comment_merge_apply_and_drift() {
  can_run_steps || return 0
  code_host
  fake_gh
  proposes bigger 's/size: 4/size: 5/'
  runner planning bigger
  passes kadende-plan.yml plan Plan
  has "$(cat summary.md)" "Plan: 1 to add, 0 to change, 0 to destroy."
  mkdir -p ../host/artifact
  cp review/* ../host/artifact/
  cd ..
  mkdir -p commenting && cd commenting
  passes kadende-comment.yml comment Comment
  has "$(jq -r .body ../host/comment)" "<!-- kadende-plan:shop -->"
  passes kadende-comment.yml comment Comment
  has "$(cat ../host/calls)" "api --method PATCH repos/o/r/issues/comments/99"
  cd ..
  merges bigger
  runner applying main
  passes kadende-apply.yml apply "Find the plan that was reviewed"
  passes kadende-apply.yml apply "Apply what was reviewed"
  has "$out" "Apply complete! Resources: 1 added"
  live_is .. 5 || fail "there are not 5"
  cd ..
  # The same again, on a runner that knows nothing: the plan is used up.
  runner again main
  passes kadende-apply.yml apply "Find the plan that was reviewed"
  step kadende-apply.yml apply "Apply what was reviewed"
  same "$code" 1
  has "$err" "plan again"
  passes kadende-apply.yml apply "Say what is left to be done"
  has "$(cat summary.md)" "No changes."
  cd ..
  runner looking main
  passes kadende-drift.yml drift Look
  kadende sim vanish ../cloud.sim 'web[0]'
  step kadende-drift.yml drift Look
  same "$code" 2
  has "$out" "the world and shop.yml differ"
}

test_github_a_plan_that_destroys_much_is_approved_by_hand() {
  can_run_steps || return 0
  code_host
  fake_gh
  proposes smaller 's/size: 4/size: 1/; s/25%/100%/'
  runner planning smaller
  passes kadende-plan.yml plan Plan
  has "$(cat review/plan.md)" "This plan needs an approval of its own"
  mkdir -p ../host/artifact
  cp review/* ../host/artifact/
  cd ..
  merges smaller
  runner applying main
  passes kadende-apply.yml apply "Find the plan that was reviewed"
  step kadende-apply.yml apply "Apply what was reviewed"
  same "$code" 1
  has "$err" "web would lose 3 of 4 nodes, and approval.destroyMoreThan is 25%"
  live_is .. 4 || fail "something was destroyed"
  PLAN_HASH=$(sed -n 's/^Plan hash: `\([0-9a-f]*\)`.*/\1/p' review/plan.md)
  export PLAN_HASH
  passes kadende-apply.yml apply "Apply what was approved"
  live_is .. 1 || fail "it was not done"
}

test_gitlab_plan_merge_apply() {
  can_run_steps || return 0
  code_host
  mkdir -p bin
  PATH=$PWD/bin:$PATH
  export PATH CI_JOB_TOKEN=x CI_API_V4_URL=http://api CI_PROJECT_ID=1 KADENDE_STATE_REMOTE=origin
  export CI_SERVER_HOST=none.invalid CI_PROJECT_PATH=o/r KADENDE_PUSH_TOKEN=x
  cat >bin/curl <<'EOC'
#!/usr/bin/env bash
[[ $* == *"/projects/1/jobs/artifacts/refs/merge-requests/7/head/download?job=plan"* ]] || { echo "curl: $*" >&2; exit 22; }
EOC
  printf '#!/usr/bin/env bash\nmkdir -p reviewed && cp -r ../artifact/review reviewed/\n' >bin/unzip
  chmod +x bin/*
  # The token's address is the code host's; here the remote stays what it is.
  git config --global "url.file://$PWD/remote.git.pushInsteadOf" "https://kadende:x@none.invalid/o/r.git"
  git config --global --add "url.file://$PWD/remote.git.insteadOf" "https://kadende:x@none.invalid/o/r.git"
  proposes bigger 's/size: 4/size: 6/'
  runner planning bigger
  look_into script "$pipelines/gitlab/.gitlab-ci.yml" plan >step.sh
  exits 0 bash -eo pipefail step.sh
  same "$(jq -c . review/report.json)" '{"create":2,"update":0,"delete":0}'
  mkdir -p ../artifact
  cp -r review ../artifact/
  cd ..
  merges bigger
  runner applying main
  look_into script "$pipelines/gitlab/.gitlab-ci.yml" apply >step.sh
  exits 0 bash -eo pipefail step.sh
  has "$out" "Apply complete! Resources: 2 added"
  look_into script "$pipelines/gitlab/.gitlab-ci.yml" drift >step.sh
  exits 0 bash -eo pipefail step.sh
}

test_atlantis_plan_and_apply() {
  can_run_steps || return 0
  code_host
  export KADENDE_STATE_REMOTE=origin
  proposes smaller 's/size: 4/size: 2/'
  runner atlantis smaller
  export PLANFILE=$PWD/default.tfplan
  look_into atlantis "$pipelines/atlantis/repos.yaml" kadende plan >step.sh
  exits 0 bash -eo pipefail step.sh
  local hash
  hash=$(hash_of <<<"$out")
  look_into atlantis "$pipelines/atlantis/repos.yaml" kadende apply >step.sh
  exits 1 bash -eo pipefail step.sh
  has "$err" "--approve $hash"
  # As Atlantis gives what stands behind `--`.
  COMMENT_ARGS=$(printf -- '--approve,%s' "$hash" | sed 's/[^,]/\\&/g') exits 0 bash -eo pipefail step.sh
  has "$out" "2 destroyed"
}

run_tests "$@"
