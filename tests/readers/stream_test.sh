# The streams of --json, read by a program that knows their documentation and nothing else.
. "$(dirname "$0")/plans.sh"

if ! command -v python3 >/dev/null; then
  echo "SKIPPED: no python3"
  exit 77
fi

streams=()
stream() {  # stream NAME CODE COMMAND...
  exits "$2" "${@:3}"
  cp out "stream-$1-${#streams[@]}.json"
  streams+=("$1=stream-$1-${#streams[@]}.json")
}

test_every_command_with_a_stream() {
  kadende sim create cloud.sim create-fail-next=1 create-fail-code=invalid >/dev/null
  shop a 3 'a, b' web
  stream plan 0 kadende plan --json
  stream apply 1 kadende apply --yes --json
  stream apply 0 kadende apply --yes --json
  kadende sim vanish cloud.sim 'web[1]'
  stream reconcile 0 kadende reconcile --json
  stream apply 1 kadende apply --json nowhere.yml
  exits 0 kadende taint 'web[2]'
  shop b 2 'b, c' front
  stream apply 0 kadende apply --yes --json
  kadende watch --json --interval 100ms >watch.json 2>watch.err &
  local watch=$!
  kadende sim terminate cloud.sim 'web[0]'
  until_true "watch creates anew" grep -q node_created watch.json
  kill -TERM "$watch"
  wait "$watch" || fail "watch ended with $?: $(cat watch.err)"
  streams+=("watch=watch.json")
  stream destroy 0 kadende destroy --yes --json
  stream events 0 kadende events --json
  exits 0 python3 "$here/check_stream.py" "$root/cli/view/README.md" "${streams[@]}"
  local kind
  for kind in run_started action_started node_created node_destroyed node_gone create_failed published node_tainted \
    watch_started watch_stopped; do
    grep -q "\"kind\":\"$kind\"" stream-*.json watch.json || fail "no event $kind in any stream"
  done
}

run_tests "$@"
