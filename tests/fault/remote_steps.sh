#!/usr/bin/env bash
# Kills the real binary with SIGKILL at every step of a run that machines share through a git remote, and goes on: on the
# same machine, or on another one as if the first had gone with its disk, and then on both. None lost, none doubled, no
# lock left, a whole history on both.
#
#   remote_steps.sh [SCENARIO...]
#
# As every_step.sh: an unharmed run writes down which fault points it passes, and a run in which the fault did not happen
# fails the suite. What a run does beside the remote is for every_step.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/lib.sh"
all=(create replace edit pull moved takeover lost compact refused renewed gone_back)
(($# == 0)) || all=("$@")

work=$(mktemp -d "${TMPDIR:-/tmp}/kadende-fault.XXXXXX")
keep_work=no
marker=$$
trap '[[ $keep_work == yes ]] || rm -rf "$work"' EXIT
cd "$work"
export HOME=$work XDG_STATE_HOME=$work/state-home GIT_TERMINAL_PROMPT=0
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@localhost
top=$work/run
bare=$top/team.git
cloud=$top/cloud
extra='state: {remote: origin}'
branch=refs/heads/kadende/fault

run_refs() { git -C "$bare" for-each-ref refs/kadende/run | grep -c . || true; }
on() { cd "$top/$1"; }

# Of the team: a bare repository, two clones, one cloud.
a_team() {  # CREATE-LATENCY
  rm -rf "$top" && mkdir "$top" && cd "$top"
  git init -q --bare "$bare"
  git init -q seed
  git -C seed commit -q --allow-empty -m seed
  git -C seed push -q "$bare" HEAD:refs/heads/main
  git -C "$bare" symbolic-ref HEAD refs/heads/main
  for machine in ann bob; do git clone -q "$bare" "$machine"; done
  expect_ok kadende sim create "$cloud" "create-latency=$1" destroy-latency=10ms
}
applies() {  # MACHINE SIZE [VERSION]
  on "$1"
  write_cluster sim "$2" "${3:-1}"
  expect_ok kadende apply --yes
}
# A machine that dies in mid-run, gone with its disk; a person says so.
eve_dies() {  # SIZE
  git clone -q "$bare" "$top/eve"
  on eve
  write_cluster sim "$1" 1
  { KADENDE_FAULT=apply.outcome.before:1 KADENDE_FAULT_REPORT=$top/eve-died kadende apply --yes >last.txt 2>&1; } 2>/dev/null || true
  [[ -s $top/eve-died ]] || fail "eve did not die"
  rm -rf "$top/eve"
  on ann
  expect_ok kadende state unlock --yes
}

# How the team stands before, in ann's folder at the end, and the file of what is wanted.
prepare() {  # SCENARIO
  case "$1" in
    renewed) a_team 1200ms ;;
    *) a_team 10ms ;;
  esac
  case "$1" in
    create | renewed) on ann ;;
    replace | edit | refused) applies ann 2 ;;
    pull)
      applies ann 1
      applies bob 2
      on ann
      ;;
    moved)
      applies ann 1
      write_cluster sim 2 1
      { KADENDE_FAULT=apply.push.before:1 kadende apply --yes >last.txt 2>&1; } 2>/dev/null || true
      on bob
      write_cluster sim 2 1
      expect_ok kadende state unlock --yes
      applies bob 2 2
      on ann
      ;;
    takeover | gone_back)
      applies ann 1
      applies ann 2
      eve_dies 3
      ;;
    lost)
      applies ann 1
      rm -rf .kadende/history.git
      ;;
    compact)
      applies ann 1
      applies ann 2
      sleep 1.1  # versions have whole seconds
      ;;
  esac
  case "$1" in
    replace | moved) write_cluster sim 2 2 ;;
    refused)
      write_cluster sim 2 2
      sed -i 's/image: "v2"/image: "${secret.env.FAULT_SECRET}"/' cluster.yml
      ;;
    takeover | gone_back) write_cluster sim 3 1 ;;
    *) write_cluster sim 2 1 ;;
  esac
  [[ $1 != gone_back ]] || hook_goes_back
}
# As soon as somebody holds the cluster, its branch goes back by one version: the claim cannot stand.
hook_goes_back() {
  git -C "$bare" rev-parse "$branch" >"$top/tip"
  cat >"$bare/hooks/post-receive" <<'HOOK'
#!/bin/sh
while read -r old new ref; do
  case "$ref" in refs/kadende/run/*) git update-ref refs/heads/kadende/fault "$(git rev-parse refs/heads/kadende/fault~1)" ;; esac
done
rm -f hooks/post-receive
HOOK
  chmod +x "$bare/hooks/post-receive"
}
command_of() {
  case "$1" in
    edit) echo "kadende taint web[0]" ;;
    pull) echo "kadende state pull" ;;
    compact) echo "kadende state compact --keep 0s --yes" ;;
    renewed) echo "env KADENDE_RUN_LIFETIME=3s kadende apply --yes --parallelism 1" ;;
    *) echo "kadende apply --yes" ;;
  esac
}
exit_code_of() { case "$1" in refused | gone_back) echo 1 ;; *) echo 0 ;; esac; }
size_after() { case "$1" in takeover | gone_back) echo 3 ;; *) echo 2 ;; esac; }
# What each scenario is for; the rest of its points are another's.
points_of() {
  case "$1" in
    create) echo '^(remote\.(fetch|claim|push)|apply\.(claim|push|pushed|effect|publish)\.)' ;;
    replace) echo '^(remote\.(claim|push)|apply\.(claim|push|pushed|outcome)\.)' ;;
    edit) echo '^(remote\.|apply\.(claim|push|pushed|edit)\.)' ;;
    pull) echo '^(remote\.|apply\.pull\.)' ;;
    moved) echo '^(state\.git\.stranded|apply\.pull\.)' ;;
    takeover) echo '^(remote\.(claim|push)|apply\.(claim|takeover|target|push)\.)' ;;
    lost) echo '^(apply\.bringback|state\.git\.stranded|remote\.claim)' ;;
    compact) echo '^(remote\.(claim|push)|apply\.(compact|claim|push|pushed)|state\.compact)' ;;
    refused) echo '^remote\.release' ;;
    renewed) echo '^remote\.renew' ;;
    gone_back) echo '^remote\.(giveback|claim)' ;;
  esac
}

check_machine() {  # MACHINE SIZE
  on "$1"
  check_converged sim "$2"
  expect_ok kadende state verify
}
goes_on() {  # SCENARIO MACHINE
  on "$2"
  [[ $2 == ann ]] || cp "$top/ann/cluster.yml" .
  if [[ $1 == gone_back ]]; then
    rm -f "$bare/hooks/post-receive"
    git -C "$bare" update-ref "$branch" "$(cat "$top/tip")"
  fi
  export FAULT_SECRET=told
  if [[ $2 != ann && $(run_refs) != 0 ]]; then expect_ok kadende state unlock --yes; fi
  expect_ok kadende apply --yes
  check_machine "$2" "$(size_after "$1")"
  [[ $(run_refs) == 0 ]] || fail "$1: a lock is left"
  # The other machine, with whatever the kill left in its state.
  local other=bob
  [[ $2 == ann ]] || other=ann
  on "$other"
  cp "$top/$2/cluster.yml" .
  expect_ok kadende apply --yes
  check_machine "$other" "$(size_after "$1")"
  [[ $(run_refs) == 0 ]] || fail "$1: a lock is left"
  unset FAULT_SECRET
  expect_ok git -C "$bare" fsck --strict --no-dangling
}

cases=0
for scenario in "${all[@]}"; do
  prepare "$scenario"
  cp -a "$top" "$work/prepared"
  rm -f "$work/trace"
  status=0
  KADENDE_FAULT_TRACE=$work/trace $(command_of "$scenario") >last.txt 2>&1 || status=$?
  if [[ ! -s $work/trace ]]; then
    echo "SKIPPED: this build has no fault points (KADENDE_FAULTS=ON)"
    exit 77
  fi
  [[ $status == "$(exit_code_of "$scenario")" ]] || {
    cat last.txt >&2
    fail "$scenario: exit $status without any fault"
  }
  goes_on "$scenario" ann
  grep -E "$(points_of "$scenario")" "$work/trace" | sort | uniq -c | while read -r passes point; do
    echo "$point:1"
    ((passes == 1)) || [[ $scenario == renewed ]] || echo "$point:$passes"
  done >"$work/points"
  [[ -s $work/points ]] || fail "$scenario: none of its points was passed"
  while read -r point <&3; do
    for machine in ann bob; do
      cd "$work"
      rm -rf "$top" report
      cp -a prepared "$top"
      on ann
      { KADENDE_FAULT=$point KADENDE_FAULT_REPORT=$work/report $(command_of "$scenario") >last.txt 2>&1; } 2>/dev/null ||
        true
      [[ -s $work/report ]] || {
        cat last.txt >&2
        fail "$scenario: the fault at $point did not happen"
      }
      goes_on "$scenario" "$machine"
      cases=$((cases + 1))
    done
  done 3<"$work/points"
  rm -rf "$work/prepared"
  echo "$scenario: $(wc -l <"$work/points") faults at $(cut -d: -f1 "$work/points" | sort -u | wc -l) points, on two machines each"
done
echo "$cases kills beside a remote, nothing lost, doubled or stray, no lock left"
