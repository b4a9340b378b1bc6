# With --json, every command prints JSON on stdout and nothing else, also when it fails.
. "$(dirname "$0")/lib.sh"

# Text between the braces or brackets of each line; a document of several lines begins and ends with them.
is_json() {
  local line
  if command -v jq >/dev/null; then
    jq -e . <out >/dev/null || fail "not JSON: $*: $(head -c 300 out)"
    return
  fi
  [[ ${out//[[:space:]]/} == [\{\[]*[\}\]] ]] || fail "not JSON: $*: $(head -c 300 out)"
}

# json CODE COMMAND...: something is printed, and it is JSON.
json() {
  local code=$1
  shift
  exits "$code" kadende "$@" --json
  [[ -n $out ]] || fail "nothing was printed: $*"
  is_json "$@"
}

web_file() { process_file web.yml web 1 "printf 'one\\ntwo'; exec sleep 3600"; }

test_every_command() {
  sim_file shop.yml shop 2
  json 0 version
  json 0 validate
  json 0 fmt
  json 0 fmt --check
  json 0 schema
  json 0 schema --reference
  json 0 plan
  json 0 plan --format json
  json 0 plan --format markdown
  json 0 plan --out saved.plan
  json 0 show saved.plan
  json 0 show saved.plan --format markdown
  json 0 graph
  json 0 graph --format mermaid
  json 1 apply  # nobody to ask
  json 0 apply saved.plan
  json 0 show
  json 0 show shop@1
  json 0 nodes
  json 0 events
  json 0 log
  json 0 log --oneline
  json 0 log --node 'web[0]'
  json 0 diff 1
  json 0 blame 'web[0]'
  json 0 show shop@1 --spec
  json 0 state verify
  json 1 state compact --keep 1h  # nobody to ask
  json 0 state compact --keep 1h --yes
  json 0 rollback shop 1 --out back.plan
  json 0 rollback shop 1 --yes
  json 0 state status
  json 0 state remote
  json 0 state remote --forget
  json 0 taint 'web[0]' --reason why
  has "$out" '"changed":true'
  json 0 taint 'web[0]' --reason why
  has "$out" '"changed":false'
  json 0 untaint 'web[0]'
  json 0 rollout status
  json 0 rollout status web
  json 1 rollout pause web  # none is under way
  json 1 rollout resume web
  json 1 rollout promote web
  json 1 rollout abort web --yes
  json 0 hold 'web[0]' --reason why
  has "$out" '"held":true'
  json 0 unhold 'web[0]'
  has "$out" '"changed":true'
  json 0 forget 'web[1]'
  has "$out" '"untagged":true'
  local instance
  instance=$(grep -o 'sim-[0-9]*' out | head -n 1)
  json 0 adopt 'web[1]' "$instance" --yes
  has "$out" '"type":"adopt"'
  json 0 sim run cloud.sim by-hand size=small
  json 0 provider install
  has "$out" '"type":"provider_install"'
  json 0 provider update
  json 0 provider list
  json 0 provider verify
  json 0 provider schema sim
  json 0 provider test --only scope "$root/examples/plugins/python/kadende-provider-files"
  has "$out" '"type":"provider_test"'
  json 0 reconcile
  json 0 sim status cloud.sim
  json 0 sim count cloud.sim
  json 0 sim list cloud.sim
  local quiet
  for quiet in 'sim set cloud.sim capacity=9' "sim vanish cloud.sim web[0]" 'fmt --write'; do
    # shellcheck disable=SC2086
    exits 0 kadende $quiet --json
    [[ -z $out ]] || is_json "$quiet"
  done
  json 0 destroy --yes
}

test_errors_are_objects_too() {
  sim_file shop.yml shop 2
  local command
  for command in 'show nothing' 'nodes nothing' 'events nothing' 'log nothing' 'graph nothing.yml' 'plan --target wbe' \
    'taint web[9]' 'hold web[9] --reason why' 'unhold web[9]' 'forget web[9]' 'adopt wbe[9] x --yes' 'nodes logs web[9]' 'nodes report web[9] healthy' 'release wbe' 'rollout status wbe' 'rollout pause wbe' 'reconcile nothing' 'watch nothing' 'apply nothing.yml' 'destroy nothing.yml' \
    'fmt nothing.yml' 'diff 9' 'blame web[9]' 'rollback nothing 1' 'rollback shop' 'state verify nothing' 'state compact nothing --yes' 'validate nothing.yml' 'sim status nothing' 'provider test no-such-plugin' 'provider schema nothing' 'provider install nothing' 'provider update nothing'; do
    # shellcheck disable=SC2086
    json 1 $command
    has "$out" '"type":"error"'
    [[ -n $err ]] || fail "nothing for people: $command"
  done
}

test_watch() {
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  kadende watch --json >out 2>err </dev/null &
  local pid=$!
  until_true "watch has begun" grep -q watch_started out
  kill "$pid"
  wait "$pid"
  is_json watch
}

printed_two() { kadende nodes logs 'web[0]' | grep -q two; }
test_what_a_node_printed() {
  web_file
  exits 0 kadende apply --yes
  until_true "it has printed" printed_two
  json 0 nodes logs 'web[0]'
  same "$out" '{"type":"line","node":"web[0]","text":"one"}
{"type":"line","node":"web[0]","text":"two"}'
  exits 0 kadende destroy --yes
}

test_following_ends_with_its_reader() {
  web_file
  sed -i 's/printf.*3600/while sleep 0.05; do echo on; done/' web.yml
  exits 0 kadende apply --yes
  timeout 60 kadende nodes logs 'web[0]' --follow | head -n 2 >first
  same "$(cat first)" $'on\non'
  exits 0 kadende destroy --yes
}

run_tests "$@"
