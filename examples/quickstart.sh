#!/usr/bin/env bash
# The whole of Kadende in two minutes, on this machine alone: installs and builds, then plans and applies three real web
# servers, changes them, kills one, and shows watch bringing it back.
#
#   bash examples/quickstart.sh            leaves nothing running
#   bash examples/quickstart.sh --keep     leaves the cluster running and says where
#
# Everything it makes is below one temporary folder (and build/release).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
keep=no
case "${1:-}" in
  '') ;;
  --keep) keep=yes ;;
  *)
    echo "usage: quickstart.sh [--keep]" >&2
    exit 1
    ;;
esac

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
show() {
  printf '\033[2m$ %s\033[0m\n' "$*"
  "$@"
}
die() {
  echo "quickstart: $*" >&2
  exit 1
}
# wait_for SECONDS WHAT COMMAND...: until COMMAND succeeds; gives up loudly.
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || die "gave up waiting for $what"
    sleep 0.1
  done
}

say "1. Install what building needs (Debian packages), and build"
bash "$root/tests/install_packages.sh" build
command -v busybox >/dev/null || bash "$root/tests/install_packages.sh" example
cmake -S "$root" --preset release >/dev/null
cmake --build "$root/build/release" --target kadende kadende-shim
PATH=$root/build/release/bin:$PATH

work=$(mktemp -d "${TMPDIR:-/tmp}/kadende-quickstart.XXXXXX")
export XDG_STATE_HOME=$work/state-home
watcher=
finish() {
  local status=$?
  trap - EXIT
  [[ -z $watcher ]] || kill "$watcher" 2>/dev/null || true
  [[ -z $watcher ]] || wait "$watcher" 2>/dev/null || true
  if [[ $keep == yes && $status == 0 ]]; then
    say "Kept: cd $work && XDG_STATE_HOME=$XDG_STATE_HOME kadende nodes"
    exit 0
  fi
  (cd "$work" && kadende destroy --yes -q >/dev/null 2>&1) || true
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

cp "$root/examples/quickstart/cluster.yml" "$work/cluster.yml"
cd "$work"
git init -q -b main
git -c user.name=quickstart -c user.email=quickstart@localhost commit -q --allow-empty -m "A cluster of our own"

# The first port of three free ones, so that the example does not disturb what runs here.
port=18080
port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
until port_is_free $port && port_is_free $((port + 1)) && port_is_free $((port + 2)); do
  port=$((port + 3))
  ((port < 19000)) || die "no three free ports between 18080 and 19000"
done
vars=(--var "port=$port")
# The page of server N, by bash alone; fails where nothing answers within two seconds.
page() {
  timeout 2 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "GET / HTTP/1.0\r\n\r\n" >&3 &&
    sed "1,/^\r*$/d" <&3 | grep .' page "$((port + $1))" 2>/dev/null
}
says() { page "$1" | grep -q "$2"; }

say "2. What would change? (nothing is touched)"
show kadende plan "${vars[@]}"

say "3. Do exactly that"
show kadende apply --yes "${vars[@]}"
for i in 0 1 2; do
  wait_for 20 "server $i" page $i
  page $i
done

say "4. Change a property: the plan says what is replaced, in which order, and why"
vars+=(--var "text=hello from version 2")
show kadende plan "${vars[@]}"
show kadende apply --yes "${vars[@]}"
for i in 0 1 2; do wait_for 20 "the new page of server $i" says $i "version 2"; done
page 0

say "5. Kill one with kill -9, and let watch bring it back"
victim=$(kadende nodes --json | sed 's/.*"node":"web\[1\]"[^}]*"pid":\([0-9]*\).*/\1/')
[[ -n $victim ]] || die "node web-1 shows no pid"
show kill -9 "$victim"
printf '\033[2m$ kadende watch --interval 1s\033[0m\n'
kadende watch --interval 1s &
watcher=$!
wait_for 30 "watch to bring server 1 back" says 1 "version 2"
page 1
kill -TERM "$watcher"
wait "$watcher" || die "watch did not stop cleanly"
watcher=
show kadende nodes
show kadende events --node 'web[1]' --limit 5

say "6. State is versioned, and its history is in git"
show kadende log
show git --no-pager log --format='%h %s' kadende/quickstart
show git --no-pager show --stat --format='%s' kadende/quickstart

if [[ $keep == no ]]; then
  say "7. Destroy"
  show kadende destroy --yes
  ! page 0 >/dev/null || die "server 0 still answers"
  say "Done: nothing is left running."
fi
