# The value of a secret reaches the provider and nothing else: it is looked for, in every spelling, in all that kadende
# writes, prints and leaves behind.
. "$(dirname "$0")/lib.sh"

# No word of it is in any other text. With characters that JSON, base64 and addresses spell in their own ways.
readonly value='Zq7"x\w9+/tkn&ü-Qy3 Vp5'
readonly from_file='mLq8-file-secret-R2x7'

# One line per spelling.
spellings() {
  local text=$1 json percent
  printf '%s\n' "$text"
  json=${text//\\/\\\\}
  printf '%s\n' "${json//\"/\\\"}"
  # Base64 of what is around it differs; the middle of it does not.
  printf '%s' "$text" | base64 -w0 | cut -c1-20
  printf 'x%s' "$text" | base64 -w0 | cut -c3-22
  printf 'xx%s' "$text" | base64 -w0 | cut -c5-24
  printf '%s' "$text" | od -An -tx1 | tr -d ' \n'
  echo
  printf '%s' "$text" | od -An -tx1 | tr -d ' \n' | tr a-f A-F
  echo
  percent=$(printf '%s' "$text" | od -An -tx1 | tr -d '\n' | sed 's/ /%/g')
  printf '%s\n' "$percent"
}

# free_of_secrets PATH...: fails if a spelling of a secret is in one of the files, or in any below them.
free_of_secrets() {
  local found
  { spellings "$value" && spellings "$from_file"; } >../spellings
  found=$(grep -rlaF -f ../spellings -- "$@" 2>/dev/null | grep -v '/spellings$' || true)
  [[ -z $found ]] || fail "a secret is in $found"
}

# Every object of a repository, unpacked.
objects_of() {
  git -C "$1" cat-file --batch-all-objects --batch --unordered
}

cluster() {
  printf '%s\n' "$from_file" >token.txt  # one line end is left off
  cat >shop.yml <<END
version: "1"
name: shop
groups:
  web:
    size: ${1:-2}
    resourcePlugin: {name: sim}
    resourceProperties:
      cloud: ../cloud/cloud.sim
      password: "pw=\${secret.env.SHOP_PASSWORD};"
      token: "\${secret.file.token.txt}"
      note: plain
END
  mkdir -p ../cloud
}

test_value_reaches_provider_and_nothing_else() {
  git init -q .
  cluster 2
  export SHOP_PASSWORD=$value KADENDE_STATE_KEY=a-key-of-the-team
  mkdir ../said
  # say NAME COMMAND...: keeps all that it prints.
  say() {
    local name=$1
    shift
    "$@" >../said/"$name.out" 2>../said/"$name.err" </dev/null || echo "$name: $?" >>../said/codes
  }
  say validate kadende validate
  for format in text json markdown; do say "plan-$format" kadende plan -v --format $format; done
  say plan-stream kadende plan --json --out plan.json
  say plan-secrets kadende plan --secrets --out looked.json
  say apply kadende apply -v --yes
  say apply-again kadende apply --json --yes
  cluster 3
  kadende sim set ../cloud/cloud.sim create-fail-next=1 create-fail-code=invalid create-fail-echo=yes
  say apply-failing kadende apply -v --yes
  grep -q 'was told to fail' ../said/apply-failing.* || fail "the provider's error is not told: $(cat ../said/apply-failing.*)"
  grep -qF 'pw=(secret);' ../said/apply-failing.* || fail "the error was not told with the secret taken out: $(cat ../said/apply-failing.*)"
  say apply-json kadende apply --json --yes
  say show kadende show
  say show-plan kadende show --json looked.json
  say show-json kadende show --json
  say nodes kadende nodes -v
  say nodes-json kadende nodes --json
  say events kadende events
  say events-json kadende events --json
  say log kadende log
  say reconcile kadende reconcile -v
  shown_in_terminal kadende plan --secrets
  printf '%s' "$out" >../said/terminal
  grep -q 'No changes' ../said/terminal || fail "the terminal showed: $out"
  # The provider has it.
  grep -raqF "$from_file" ../cloud || fail "the value did not reach the provider"
  grep -raqF 'Zq7\"x' ../cloud || fail "the value did not reach the provider"
  # Nobody else.
  objects_of .kadende/history.git >../said/objects
  objects_of . >../said/objects-around
  grep -qaF 'secret.env.SHOP_PASSWORD' ../said/objects || fail "state does not have the reference"
  rm token.txt
  free_of_secrets . ../said ../home
}

test_secret_that_cannot_be_had_refuses_before_anything_is_done() {
  cluster
  rm token.txt
  exits 1 env -u SHOP_PASSWORD kadende apply --yes
  has "$err" "group \`web\`: resourceProperties.password: \`secret.env.SHOP_PASSWORD\`: the environment variable"
  has "$err" "is not set: set it where kadende runs"
  has "$err" "resourceProperties.token: \`secret.file.token.txt\`: the file $PWD/token.txt cannot be read"
  [[ ! -e ../cloud/cloud.sim ]] || same "$(kadende sim count ../cloud/cloud.sim | sed -n 's/^made //p')" 0
  : >token.txt
  exits 1 env SHOP_PASSWORD= kadende apply --yes
  has "$err" "SHOP_PASSWORD is empty"
  has "$err" "token.txt is empty"
  rm token.txt
  mkfifo token.txt
  exits 1 env SHOP_PASSWORD=x kadende apply --yes
  has "$err" "is no regular file"
  # A plan reads none of them.
  exits 0 env -u SHOP_PASSWORD kadende plan
  # A destroy and a group that is not touched need none.
  rm token.txt
  cluster
  exits 0 env SHOP_PASSWORD=x kadende apply --yes
  rm token.txt
  exits 0 env -u SHOP_PASSWORD kadende apply --yes
  exits 0 env -u SHOP_PASSWORD kadende destroy --yes
}

test_group_whose_secret_is_gone_is_left_alone_and_others_are_healed() {
  cluster 2
  cat >>shop.yml <<'END'
  plain:
    size: 1
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: ../cloud/cloud.sim}
END
  exits 0 env SHOP_PASSWORD=a-password kadende apply --yes
  kadende sim vanish ../cloud/cloud.sim 'web[0]' 'plain[0]'
  exits 1 env -u SHOP_PASSWORD kadende reconcile
  has "$out$err" "web"
  has "$out$err" "the environment variable SHOP_PASSWORD is not set"
  same "$(kadende sim count ../cloud/cloud.sim | sed -n 's/^live //p')" 2
  exits 0 env SHOP_PASSWORD=a-password kadende reconcile
  same "$(kadende sim count ../cloud/cloud.sim | sed -n 's/^live //p')" 3
}

test_changed_value_is_noticed_with_the_key() {
  cluster 2
  export SHOP_PASSWORD=first-password KADENDE_STATE_KEY=a-key-of-the-team
  exits 0 kadende apply --yes
  exits 0 kadende apply --yes
  has "$out" "No changes"
  export SHOP_PASSWORD=second-password
  # A plan reads no secret, and says so.
  exits 0 kadende plan --detailed-exitcode
  has "$out" "whether the value of a secret changed was not looked at"
  exits 2 kadende plan --secrets --detailed-exitcode --out looked.json
  has "$out" "the value of a secret that it uses changed"
  has "$out" "2 to add, 0 to change, 2 to destroy"
  has "$out" "password"
  lacks "$out" "token"
  # Another key, or none: nothing is known, nothing is done.
  exits 0 env -u KADENDE_STATE_KEY kadende apply --yes
  has "$out" "No changes"
  # What was reviewed is what is done.
  exits 0 kadende apply looked.json
  has "$out" "2 added, 0 changed, 2 destroyed"
  exits 0 kadende apply --yes
  has "$out" "No changes"
  export SHOP_PASSWORD=third-password
  exits 0 kadende plan --out unlooked.json
  exits 0 kadende apply unlooked.json
  has "$out" "No changes"
  exits 0 kadende apply --yes
  has "$out" "2 added, 0 changed, 2 destroyed"
}

test_secret_of_a_mutable_property_is_changed_in_place() {
  cluster 2
  sed -i 's/note: plain/note: "${secret.env.NOTE}"/' shop.yml
  export SHOP_PASSWORD=a-password NOTE=first-note KADENDE_STATE_KEY=a-key-of-the-team
  exits 0 kadende apply --yes
  export NOTE=second-note
  exits 0 kadende apply --yes
  has "$out" "0 added, 2 changed, 0 destroyed"
  grep -raqF second-note ../cloud || fail "the new value did not reach the provider"
  exits 0 kadende apply --yes
  has "$out" "No changes"
}

process_cluster() {
  printf '%s\n' "$from_file" >token.txt
  cat >proc.yml <<'END'
version: "1"
name: proc
groups:
  web:
    size: 1
    resourcePlugin: {name: process}
    resourceProperties:
      command: ./run.sh
      env: {PASSWORD: "${secret.env.SHOP_PASSWORD}"}
      files:
        run.sh: |
          #!/bin/sh
          printf '%s' "$PASSWORD" >../../../../../../got
          exec sleep 600
END
}

test_process_gets_it_and_no_file_keeps_it() {
  process_cluster
  export SHOP_PASSWORD=$value
  exits 0 kadende apply --yes
  until_true "the node wrote what it got" test -s ../got
  same "$(cat ../got)" "$value"
  rm ../got token.txt
  free_of_secrets . ../state-home ../home
  # The node's own limit for core files came back to it; the shim's is not that.
  local pid
  pid=$(pgrep -f "^kadende-shim $(dirname "$PWD")/state-home")
  grep -q '^Max core file size *[01] ' "/proc/$pid/limits" || fail "$(cat "/proc/$pid/limits")"
  # Restarted by the supervisor, it has it again; healed by watch's pass, too.
  exits 0 kadende reconcile
  exits 0 kadende destroy --yes
}

test_command_line_takes_no_secret() {
  process_cluster
  sed -i 's|command: ./run.sh|command: ./run.sh\n      args: ["--password", "${secret.env.SHOP_PASSWORD}"]|' proc.yml
  exits 1 kadende plan
  has "$err" "would put a secret on a command line, which every user of the machine can read (groups.web.resourceProperties.args[1])"
}

test_checks_take_no_secret() {
  process_cluster
  cat >>proc.yml <<'END'
    healthChecks: [{type: http, url: "http://127.0.0.1:1/${secret.env.SHOP_PASSWORD}"}]
END
  exits 1 kadende validate
  has "$err" "secrets reach resourceProperties alone, and cannot be used here"
}

# The kernel tells in the wait status whether it wrote a core.
test_no_core_file_of_a_run_that_has_secrets() {
  command -v python3 >/dev/null || { echo "  skipped: no python3"; return; }
  ulimit -c unlimited 2>/dev/null || { echo "  skipped: core files are not allowed here"; return; }
  cat >../core.py <<'END'
import os, signal, subprocess, sys, time
def core_of(command, ready):
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not ready() and time.monotonic() < deadline: time.sleep(0.02)
    os.kill(child.pid, signal.SIGABRT)
    return os.WCOREDUMP(os.waitpid(child.pid, 0)[1])
if not core_of(["sleep", "60"], lambda: True): sys.exit(77)
def waiting():
    return b"pending 1" in subprocess.run(["kadende", "sim", "count", "../cloud/cloud.sim"], capture_output=True).stdout
sys.exit(1 if core_of(["kadende", "apply", "--yes"], waiting) else 0)
END
  cluster 1
  export SHOP_PASSWORD=$value
  exits 0 kadende apply --yes
  kadende sim set ../cloud/cloud.sim create-latency=30s
  cluster 2
  local code=0
  python3 ../core.py || code=$?
  [[ $code != 77 ]] || { echo "  skipped: this machine writes no core of anything"; return; }
  same $code 0
}

run_tests "$@"
