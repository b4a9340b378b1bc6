# The command line itself: help, mistakes, and outputs that cannot be written.
. "$(dirname "$0")/lib.sh"

test_help_groups_the_commands() {
  exits 0 kadende --help
  has "$out" "Change clusters"
  has "$out" "watch"
  same "$err" ""
}

test_each_help_text_has_an_example() {
  local command
  for command in validate fmt schema plan apply destroy show nodes 'nodes logs' 'nodes report' events log graph reconcile watch taint \
    untaint release 'rollout status' 'rollout pause' 'rollout resume' 'rollout promote' 'rollout abort' 'state status' 'state pull' 'state push' 'state remote' 'state unlock' 'provider install' 'provider update' 'provider list' \
    'provider verify' 'provider schema' 'sim create' 'sim set' 'sim status' 'sim count' 'sim list' 'sim healthy' 'sim unhealthy' \
    'sim stop' 'sim terminate' 'sim vanish' completion version; do
    # shellcheck disable=SC2086
    exits 0 kadende $command --help
    has "$out" "Example:"
    has "$out" "--state"
  done
  exits 0 kadende help nodes logs
  has "$out" "--follow"
}

test_no_command() {
  exits 1 kadende
  has "$err" "a command is missing"
}

test_misspelt_command() {
  exits 1 kadende aply
  has "$err" 'unknown command `aply`; did you mean `apply`?'
}

test_misspelt_option() {
  exits 1 kadende plan --taget web
  has "$err" 'unknown option `--taget`; did you mean `--target`?'
  same "$out" ""
}

test_mistakes_are_named_as_they_were_written() {
  exits 1 kadende apply -yes
  has "$err" 'unknown option `-yes`; did you mean `--yes`?'
  exits 1 kadende plan -x
  lacks "$err" 'did you mean'
  exits 1 kadende --state x plan
  has "$err" 'options stand after the command, as in `kadende plan --state DIR`'
  exits 1 kadende help aply
  has "$err" 'unknown command `aply`; did you mean `apply`?'
  exits 1 kadende taint
  has "$err" 'NODE is required'
}

test_wrong_values() {
  exits 1 kadende plan --format yaml
  has "$err" "yaml"
  exits 1 kadende watch --interval 10
  has "$err" "10s, 5m"
  exits 1 kadende apply --parallelism 0
  has "$err" "parallelism"
  exits 1 kadende plan --var novalue
  has "$err" "NAME=VALUE"
  exits 1 kadende apply --parallelism
  exits 1 kadende taint
  exits 1 kadende version extra
  has "$err" 'unexpected argument `extra`'
}

test_version() {
  exits 0 kadende version
  has "$out" "kadende 0."
  exits 0 kadende version --json
  has "$out" '"version":'
}

test_full_disk_under_stdout_is_an_error() {
  local got=0
  kadende schema >/dev/full 2>err || got=$?
  same "$got" 1
  has "$(cat err)" "cannot write to standard output"
}

test_options_that_repeat_leave_the_file_alone() {
  sim_file one.yml one 2
  sim_file two.yml two 2
  exits 0 kadende plan --target web one.yml
  has "$out" "Plan: 2 to add"
  exits 0 kadende apply --yes one.yml
  exits 0 kadende plan --replace web-0 --replace web-1 one.yml
  has "$out" "Plan: 2 to add, 0 to change, 2 to destroy."
  printf 'variables: {image: {default: a}}\n' >>two.yml
  exits 0 kadende validate --var image=b two.yml
  exits 0 kadende events --kind node_created --kind node_gone one
  has "$out" "web[1]"
}

test_closed_stdout_is_an_error() {
  local got=0
  kadende schema >&- 2>err || got=$?
  same "$got" 1
  has "$(cat err)" "cannot write to standard output"
}

test_reader_that_goes_away_is_no_crash() {
  local codes
  kadende schema | head -c 10 >/dev/null
  codes=("${PIPESTATUS[@]}")
  same "${codes[0]}" 0
}

test_no_colours_off_a_terminal() {
  exits 1 kadende plan
  lacks "$err" $'\e['
}

run_tests "$@"
