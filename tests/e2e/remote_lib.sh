# Clusters shared through a git remote, over any transport. $remote is the address of the bare repository; each clone is
# a machine of its own, and all of them act on one simulated cloud.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$root/tests/support/remotes.sh"
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost
export GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@localhost
export GIT_TERMINAL_PROMPT=0

# shared_file FILE SIZE [IMAGE]: the cluster `shop` in the cloud of all clones.
shared_file() {
  cat >"$1" <<EOF
version: "1"
name: shop
state: {remote: origin}
groups:
  web:
    size: $2
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: $top/cloud.sim, image: ${3:-a}}
EOF
}

# a_team [SIZE]: the bare repository with a cluster file in it.
a_team() {
  top=$PWD
  bare=$top/served/team.git
  remote=${remote:-$bare}
  mkdir -p served
  git init -q --bare "$bare"
  git init -q seed
  shared_file seed/shop.yml "${1:-3}"
  git -C seed add . && git -C seed commit -qm "a cluster"
  git -C seed push -q "$bare" HEAD:refs/heads/main
  git -C "$bare" symbolic-ref HEAD refs/heads/main
}

# machine NAME [GIT CLONE OPTIONS]: a clone, and its folder becomes the current one.
machine() {
  local name=$1
  shift
  git clone -q "$@" "$remote" "$top/$name"
  cd "$top/$name" || fail "no clone"
}
on() { cd "$top/$1" || fail "no such machine"; }

serial() { git -C "$bare" log -1 --format='%(trailers:key=Kadende-Serial,valueonly)' kadende/shop | head -n 1; }
versions() { git -C "$bare" rev-list --count kadende/shop; }
run_refs() { git -C "$bare" for-each-ref refs/kadende/run | grep -c . || true; }
live() { kadende sim count "$top/cloud.sim" | sed -n 's/^live //p'; }
created() { kadende sim count "$top/cloud.sim" | sed -n 's/^made //p'; }

# dies_at POINT COMMAND...: it is killed there, as a machine that loses its power.
dies_at() {
  local point=$1 got=0
  shift
  KADENDE_FAULT=$point KADENDE_FAULT_REPORT=$top/fault "$@" >out 2>err </dev/null || got=$?
  [[ $got == 137 ]] || fail "exit code $got instead of being killed at $point: $*
$(cat err)"
}

# All is as after an apply of SIZE that nobody disturbed.
settled_at() {
  same "$(live)" "$1"
  same "$(run_refs)" 0
  exits 0 kadende plan --detailed-exitcode
}
