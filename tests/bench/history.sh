#!/usr/bin/env bash
# What a long history costs: how long the commands of state take with many versions of a large cluster, and how much disk
# its versions fill. Whole processes of the release build, from start to exit; medians of five.
#
#   bash tests/bench/history.sh [--nodes 10000] [--versions 1000] [--heals 10000] [--binary DIR]
#
# A version is a heal: one node vanishes from the simulated cloud, and `kadende reconcile` makes it anew. --heals counts all
# of them, --versions those after which the commands are timed.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
nodes=10000
versions=1000
heals=10000
binaries=
while (($# > 0)); do
  case "$1" in
    --nodes) nodes=$2 ;;
    --versions) versions=$2 ;;
    --heals) heals=$2 ;;
    --binary) binaries=$(cd "$2" && pwd) ;;
    *)
      echo "usage: history.sh [--nodes N] [--versions N] [--heals N] [--binary DIR]" >&2
      exit 1
      ;;
  esac
  shift 2
done
. "$root/tests/bench/lib.sh"
trap 'rm -rf "$work"' EXIT
export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=bench@localhost GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=bench@localhost
history=.kadende/history.git

heal() {
  kadende sim vanish ./cloud "web[$(($1 * 7919 % nodes))]" >/dev/null
  kadende reconcile -q bench >/dev/null 2>&1
}

# timed WHAT COMMAND...: one row; "of it CPU" is user and system time of the command and of the git that it runs.
timed() {
  local what=$1 i
  shift
  for ((i = 0; i < 5; ++i)); do
    [[ -z ${before:-} ]] || eval "$before"
    /usr/bin/time -o time.txt -f '%e %U %S' "$@" >out.txt 2>err.txt </dev/null || {
      cat err.txt >&2
      exit 1
    }
    awk '{print $1, $2 + $3}' time.txt >>figures
  done
  printf '| %s | %s | %s |\n' "$what" "$(cut -d' ' -f1 figures | median)" "$(cut -d' ' -f2 figures | median)"
  rm -f figures
}

commands() {
  local middle=$((versions / 2)) before=
  echo
  echo "| $versions versions, $nodes nodes | seconds | of it CPU |"
  echo "|---|---|---|"
  timed "\`log\`" kadende log
  timed "\`show bench@$middle\`" kadende show "bench@$middle"
  timed "\`diff $middle HEAD\`" kadende diff "$middle" HEAD
  timed "\`blame\` of a node" kadende blame "web[$((7919 % nodes))]"
  timed "\`blame\` of a node that never was" bash -c "! kadende blame 'web[$nodes]'"
  timed "\`rollback bench $middle --out plan\`" kadende rollback bench "$middle" --out plan
  timed "\`plan\`" kadende plan
  timed "\`state status\`" kadende state status
  timed "\`state verify\`" kadende state verify
  # From here on, a remote is remembered and versions are left out: on a copy.
  cp -a .kadende whole
  git init -q --bare "$work/team.git"
  export KADENDE_STATE_REMOTE=$work/team.git
  kadende state push >/dev/null 2>&1
  timed "\`state status\`, beside a remote (a folder)" kadende state status
  timed "\`state pull\` of nothing new" kadende state pull
  timed "\`state push\` of nothing new" kadende state push
  timed "\`state unlock\` where nothing is locked" bash -c 'kadende state unlock --yes || true'
  unset KADENDE_STATE_REMOTE
  before='rm -rf .kadende && cp -a whole .kadende'
  timed "\`state compact --keep 0s\`" kadende state compact --keep 0s --yes
  rm -rf .kadende && mv whole .kadende
}

machine
cluster cluster.yml bench "$nodes"
kadende apply --yes -q >/dev/null 2>&1
rows=()
start=$SECONDS
for ((i = 1; i <= heals; ++i)); do
  heal "$i"
  if ((i % (heals / 10) == 0)); then
    rows+=("| $i | $((SECONDS - start)) | $(du -sm $history | cut -f1) | $(git -C $history count-objects -v |
      awk '/^size-pack:/ {packed = $2} /^count:/ {loose = $2} /^packs:/ {packs = $2} END {printf "%.1f | %d | %d", packed / 1024, packs, loose}') |")
  fi
  if ((i == versions - 1)); then commands; fi
done
echo
echo "| heals | seconds since the start | MB on disk | MB in packs | packs | loose objects |"
echo "|---|---|---|---|---|---|"
printf '%s\n' "${rows[@]}"
git -C $history gc -q
echo
echo "After \`git gc\`: $(du -sm $history | cut -f1) MB."
