# Hooks and drain, on real processes: programs around the life of a node.
. "$(dirname "$0")/lib.sh"

# hooked SIZE [REVISION]: a group whose hooks write down that they ran; what stdin says is added to the group.
hooked() {
  cat >note.sh <<'EOF'
echo "$KADENDE_HOOK $KADENDE_NODE.$KADENDE_INCARNATION $KADENDE_REASON" >>notes
[[ ! -e "fail.$KADENDE_HOOK" ]] || { echo "told to fail"; exit 1; }
EOF
  cat >shop.yml <<EOF
version: "1"
name: shop
groups:
  web:
    size: $1
    resourcePlugin: {name: process}
    resourceProperties: {command: /bin/sleep, args: ["1000"], env: {REVISION: "${2:-a}"}, stopTimeout: 1s}
EOF
  cat >>shop.yml
}
all_points='    hooks:
      - {at: pre_create, exec: [bash, note.sh]}
      - {at: post_create, exec: [bash, note.sh]}
      - {at: pre_ready, exec: [bash, note.sh]}
      - {at: pre_drain, exec: [bash, note.sh]}
      - {at: post_drain, exec: [bash, note.sh]}
      - {at: pre_destroy, exec: [bash, note.sh]}
      - {at: post_destroy, exec: [bash, note.sh]}
      - {at: on_failure, exec: [bash, note.sh]}'
notes_of() { grep -F " $1 " notes | tr '\n' ';'; }
pid_of() { kadende nodes --json | grep -o "\"node\":\"$1\".*" | grep -o '"pid":[0-9]*' | head -n 1 | sed 's/.*://'; }
runs() { kadende nodes --json | grep -o '"pid":[0-9]*' | sort -u | wc -l; }

test_every_point_in_its_order() {
  hooked 2 <<<"$all_points
    drain: {exec: [bash, drain.sh], timeout: 20s}"
  cat >drain.sh <<'EOF'
echo "$KADENDE_HOOK $KADENDE_NODE.$KADENDE_INCARNATION $KADENDE_REASON" >>notes
[[ -e asked.$KADENDE_NODE ]] || { touch "asked.$KADENDE_NODE"; echo "3 connections left"; exit 75; }
EOF
  exits 0 kadende plan
  has "$out" "hooks: post_create bash note.sh"
  has "$out" 'drain.exec: "bash drain.sh"'
  [[ ! -e notes ]] || fail "a plan ran a hook"
  exits 0 kadende apply --yes
  same "$(notes_of web-1.1)" "pre_create web-1.1 size_up;post_create web-1.1 size_up;pre_ready web-1.1 size_up;"
  exits 0 kadende plan --detailed-exitcode
  exits 0 kadende events --kind node_configured
  same "$(wc -l <<<"$out")" 2
  : >notes
  exits 0 kadende destroy --yes
  same "$(notes_of web-0.1)" "pre_drain web-0.1 group_removed;drain web-0.1 group_removed;drain web-0.1 group_removed;post_drain web-0.1 group_removed;pre_destroy web-0.1 group_removed;post_destroy web-0.1 group_removed;"
}

test_facts_reach_program_and_server() {
  cat >server.py <<'EOF'
import http.server
class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        open("posted", "a").write(self.path + " " + body + "\n")
        self.send_response(204)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
open("port", "w").write(str(server.server_port))
server.serve_forever()
EOF
  /usr/bin/python3 server.py 2>/dev/null &
  local server=$!
  until_true "the server listens" test -s port
  hooked 1 <<EOF
    hooks:
      - {at: post_create, exec: [bash, -c, 'env | grep ^KADENDE_ >facts; echo "\$0" >>facts', "\${node.name} of \${group.path}"]}
      - {at: post_create, url: "http://127.0.0.1:$(cat port)/\${node.name}"}
EOF
  KADENDE_STATE_KEY=0123456789abcdef0123456789abcdef exits 0 kadende apply --yes
  kill "$server"
  local fact
  for fact in KADENDE_CLUSTER=shop KADENDE_GROUP=web KADENDE_NODE=web-0 KADENDE_INCARNATION=1 KADENDE_HOOK=post_create \
    KADENDE_REASON=size_up "web-0 of web"; do
    grep -qxF -- "$fact" facts || fail "$fact is not in: $(cat facts)"
  done
  grep -q '^KADENDE_INSTANCE_ID=..' facts || fail "no instance"
  ! grep -q STATE_KEY facts || fail "the key of secrets reached a hook"
  has "$(cat posted)" '/web-0 {"'
  has "$(cat posted)" '"node":"web-0"'
  exits 0 kadende destroy --yes
}

test_a_node_that_cannot_be_configured_leaves_and_the_old_one_stays() {
  hooked 1 <<<"$all_points"
  exits 0 kadende apply --yes
  local old
  old=$(pid_of 'web\[0\]')
  hooked 1 b <<<"$all_points"
  touch fail.post_create
  exits 1 kadende apply --yes
  has "$err$out" "told to fail"
  kill -0 "$old" || fail "the old node is gone"
  same "$(notes_of web-0.2)" "pre_create web-0.2 revision_changed;post_create web-0.2 revision_changed;on_failure web-0.2 revision_changed;"
  exits 0 kadende events --kind hook_failed
  has "$out" "post_create failed"
  rm fail.post_create
  exits 0 kadende apply --yes
  same "$(runs)" 1
  ! kill -0 "$old" 2>/dev/null || fail "the old node lives on"
  exits 0 kadende plan --detailed-exitcode
  exits 0 kadende destroy --yes
}

test_nothing_is_made_where_pre_create_fails() {
  hooked 2 <<<"$all_points"
  touch fail.pre_create
  exits 1 kadende apply --yes
  same "$(runs)" 0
  rm fail.pre_create
  exits 0 kadende apply --yes
  same "$(runs)" 2
  exits 0 kadende destroy --yes
}

test_a_drain_without_end_holds_nothing_up() {
  hooked 1 <<'EOF'
    drain: {exec: [bash, -c, "echo 7 sessions; sleep 1000 & wait"], timeout: 1s}
EOF
  exits 0 kadende apply --yes
  exits 0 kadende destroy --yes
  exits 0 kadende events --kind hook_failed
  has "$out" "it said: 7 sessions"
  same "$(pgrep -cf 'sleep 1000 & wait' || true)" 0
}

# Killed while the hook runs: the node is there and not configured; the next run goes on with it, and makes no other.
test_killed_in_the_middle_of_a_hook() {
  hooked 1 <<'EOF'
    hooks: [{at: post_create, exec: [bash, -c, "echo x >>notes; [[ -e go ]] || sleep 20"]}]
EOF
  kadende apply --yes >apply.out 2>&1 </dev/null &
  local run=$!
  until_true "the hook runs" test -s notes
  kill -KILL "$run"
  wait "$run" || true
  touch go
  local made
  made=$(pid_of 'web\[0\]')
  exits 2 kadende plan --detailed-exitcode
  has "$out" "web[0] will be updated in-place"
  exits 0 kadende apply --yes
  same "$(wc -l <notes)" 2
  same "$(pid_of 'web\[0\]')" "$made"
  exits 0 kadende plan --detailed-exitcode
  exits 0 kadende destroy --yes
}

test_watch_configures_what_it_brings_back() {
  hooked 2 <<<"$all_points"
  exits 0 kadende apply --yes
  start_watch --interval 200ms
  kill -9 "$(pid_of 'web\[1\]')"
  until_true "the new one is configured" grep -q "node_configured.*web" watch.out
  stop_watch
  has "$(notes_of web-1.2)" "post_create web-1.2 terminated;"
  ! grep -q drain notes || fail "a dead node was drained"
  exits 0 kadende destroy --yes
}

test_mistakes_are_named() {
  hooked 1 <<<'    hooks: [{at: post_create}]'
  exits 1 kadende plan
  has "$err" 'either `exec` or `url`'
  hooked 1 <<<'    hooks: [{at: pre_create, exec: [echo, "${node.address}"]}]'
  exits 1 kadende plan
  has "$err" "before the create there is no address"
  hooked 1 <<<'    hooks: [{at: post_create, url: "ftp://x/"}]'
  exits 1 kadende plan
  has "$err" "neither http:// nor https://"
  hooked 1 <<<'    hooks: [{at: post_create, exec: [./nowhere.sh]}]'
  exits 1 kadende apply --yes
  has "$err$out" 'cannot start "./nowhere.sh"'
  exits 0 kadende destroy --yes
}

run_tests "$@"
