# Every way in which a server can fail, on real processes: what watch sees, what it says and what it does.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/health_lib.sh"

# watched SIZE: healthy servers under a watch without brakes; more policy on stdin.
watched() {
  web_file "$1"
  exits 0 kadende apply --yes
  watch_health
  until_true "all are healthy" all_healthy "$1"
}
readonly free='    remediation: {maxUnhealthy: 100%, maxInFlight: 100%, rate: {count: 100%}, minCapacity: 0, blastCap: 100%, retry: {period: 0s}, flapping: {changes: 0}}'

test_each_way_of_failing_is_seen_and_replaced() {
  watched 6 <<<"$free"
  local thief
  cat >thief.py <<'EOF'
import socket, sys, time
while True:
    thief = socket.socket()
    thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        thief.bind((sys.argv[1], int(sys.argv[2])))
        break
    except OSError:
        time.sleep(0.01)
thief.listen()
print("listening", flush=True)
while True:
    connection = thief.accept()[0]
    connection.recv(9999)
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nI am somebody else")
    connection.close()
EOF
  python3 -SE thief.py "$net.5" "$port" >thief.out 2>&1 &
  thief=$!
  kill -USR1 "$(pid_of web-4)"
  ill web-0 500
  ill web-1 hang
  kill -STOP "$(pid_of web-2)"
  kill -USR1 "$(pid_of web-3)"
  until_true "the thief answers for web-4" events_say node_unhealthy 'web[4]  is unhealthy: page: the body lacks'
  kill -9 "$thief"
  wait "$thief" || true
  until_true "five were replaced" made 5
  until_true "all are healthy again" all_healthy 6
  for node in 0 1 2 3 4; do field_is web-$node incarnation 1 && fail "web-$node was not replaced"; done
  same "$(field web-5 incarnation)" 1
  exits 0 kadende events --kind node_unhealthy
  has "$out" 'web[0]  is unhealthy: page: status 500'
  has "$out" 'web[1]  is unhealthy: page: '
  has "$out" 'web[2]  is unhealthy: page: '
  has "$out" 'web[3]  is unhealthy: page: '
  lacks "$out" 'web[5]'
  stop_watch
  exits 0 kadende plan --detailed-exitcode
}

# What a check of the file asks for is what is asked: name of the check -> what it finds.
test_https_status_and_headers_as_the_file_says() {
  command -v openssl >/dev/null || fail "openssl is not installed"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem -out cert.pem \
    -subj /CN=node -addext subjectAltName=IP:127.0.0.1 2>openssl.err || fail "$(cat openssl.err)"
  cat >secure.py <<'EOP'
import http.server, os, ssl, sys
class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers.get("X-Key") == "sesame" and self.headers.get("Host") == "shop.example"
        body = b"welcome" if known else b"who is there?"
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *unused):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/cert.pem", sys.argv[1] + "/key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
open("port.new", "w").write(str(server.server_address[1]))
os.rename("port.new", "port")
server.serve_forever()
EOP
  python3 -SE secure.py "$PWD" >secure.out 2>&1 &
  local server=$! check
  until_true "it serves" test -e port
  sim_file shop.yml shop 1
  echo '    remediation: {action: external}' >>shop.yml
  cp shop.yml bare
  local common="type: http, url: \"https://127.0.0.1:$(cat port)/\", interval: 200ms, timeout: 3s, healthyAfter: 1, unhealthyAfter: 1, initialDelay: 0s"
  local keys='headers: {X-Key: sesame, Host: shop.example}'
  # asks CHECK POLICY STATE EVIDENCE: with this check alone, that is what a watch finds.
  asks() {
    { cat bare && printf '    healthChecks: [{name: %s, %s, %s}]\n' "$1" "$common" "$2"; } >shop.yml
    exits 0 kadende apply shop.yml --yes --wait none
    until_true "$1 finds $4" finds "$1" "$4"
    same "$(field web-0 state)" "$3"
  }
  exits 0 kadende apply --yes
  SSL_CERT_FILE=$PWD/cert.pem watch_health
  asks known "$keys" healthy 'status 200'
  asks stranger 'headers: {X-Key: nobody}' unhealthy 'status 401'
  asks closed 'status: [401, 500-502]' healthy 'status 401'
  asks words "$keys, bodyContains: goodbye" unhealthy 'the body lacks'
  stop_watch
  # Nobody vouches for the certificate now.
  watch_health
  asks refused "$keys" unhealthy certificate
  asks unasked "$keys, verifyTls: false" healthy 'status 200'
  stop_watch
  same "$(destroys)" 0
  kill "$server"
}

finds() { [[ $(field web-0 check) == "$1" && $(field web-0 evidence) == *"$2"* ]]; }

# Gone is gone: no thresholds, no grace, no unhealthyFor.
test_a_killed_server_is_back_at_once() {
  unhealthy_for=1h
  web_file 3 <<<''
  exits 0 kadende apply --yes
  grace=1h
  watch_health
  kill -9 "$(pid_of web-1)"
  until_true "it is back" grep -q node_created watch.out
  until_true "all are healthy" all_healthy 3
  same "$(field web-1 incarnation)" 2
  stop_watch
}

# A program that is gone says nothing about the node.
test_probe_machinery_that_fails_kills_nobody() {
  web_file 3 <<<"$free"
  sed -i 's/{name: page, type: http, .*/{name: look, type: exec, command: [.\/look.sh],/; s/initialDelay: 20s/initialDelay: 0s/' shop.yml
  printf '#!/bin/sh\nexit 0\n' >look.sh
  chmod +x look.sh
  exits 0 kadende apply --yes
  watch_health
  until_true "all are healthy" all_healthy 3
  rm look.sh
  until_true "they are unknown" events_say node_unknown 'web[2]'
  until_true "one is unknown for longer than an unhealthy one is left alone" old_unknown
  exits 0 kadende nodes
  has "$out" "unknown"
  has "$out" "cannot start ./look.sh"
  same "$(destroys) $(creates)" "0 0"
  stop_watch
}
old_unknown() { kadende nodes | grep -q 'unknown *[2-9]s'; }

test_flapping_is_left_alone() {
  unhealthy_for=2s
  watched 3 <<<"$free"
  local round
  for round in 1 2 3; do
    echo 500 >modes/web-1.1
    until_true "it fails, round $round" field_is web-1 state unhealthy
    rm modes/web-1.1
    until_true "it is well again, round $round" field_is web-1 state healthy
  done
  same "$(field web-1 incarnation)" 1
  same "$(destroys)" 0
  stop_watch
}

test_a_report_replaces() {
  web_file 3 <<<"$free"
  sed -i 's/{name: page, type: http, .*/{type: pushed,/; s/interval: 200ms, timeout: 400ms/interval: 1s, ttl: 10m/' shop.yml
  exits 0 kadende apply --yes
  watch_health
  local node
  for node in 0 1 2; do exits 0 kadende nodes report web-$node healthy; done
  until_true "the reports are heard" all_healthy 3
  exits 0 kadende nodes report web-2 unhealthy --reason 'disk is slow'
  until_true "it is replaced" field_is web-2 incarnation 2
  exits 0 kadende events --kind node_unhealthy
  has "$out" "disk is slow"
  same "$(creates)" 1
  until_true "nobody has said how its successor is" field_is web-2 state unknown
  stop_watch
}

# Nodes say themselves how they are, with the token that their environment has.
test_heartbeats() {
  web_file 3 <<<"$free"
  sed -i 's/{name: page, type: http, .*/{type: heartbeat,/; s/interval: 200ms, timeout: 400ms/interval: 400ms, ttl: 3s/' shop.yml
  local beats
  beats=127.0.0.1:$(python3 -SEc 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  cat >beat.sh <<'EOF'
while [[ ! -e "modes/$KADENDE_NODE.$KADENDE_INCARNATION" ]]; do
  curl -s -o /dev/null -m 5 -H "Authorization: Bearer $KADENDE_TOKEN" -X POST "$BEATS" || true
  sleep 0.3
done
while sleep 0.2; do
  curl -s -m 5 -H "Authorization: Bearer $KADENDE_TOKEN" "$BEATS" -d '{"healthy": false, "message": "out of paper"}' || true
done
EOF
  sed -i "s|command: /usr/bin/python3|command: /bin/bash|; s|args: .*|args: [beat.sh]|
    s|env: .*|env: {BEATS: \"http://$beats/v1/heartbeat\"}\n      workingDirectory: $PWD|" shop.yml
  exits 0 kadende apply --yes
  watch_health --heartbeat-listen "$beats"
  until_true "all are heard" all_healthy 3
  touch modes/web-1.1
  until_true "it said so itself" events_say node_unhealthy 'out of paper'
  until_true "it is replaced" field_is web-1 incarnation 2
  until_true "its successor is heard" all_healthy 3
  kill -STOP -- "$(pid_of web-0)"
  until_true "silence is noticed" events_say node_unhealthy 'no heartbeat'
  until_true "it is replaced" field_is web-0 incarnation 2
  until_true "all are heard again" all_healthy 3
  same "$(field web-2 incarnation)" 1
  same "$(curl -s -o /dev/null -w '%{http_code}' -X POST -H "Authorization: Bearer $(printf 'a%.0s' {1..52})" "http://$beats/v1/heartbeat")" 401
  stop_watch
}

# A server that ends at once, again and again: made anew ever more seldom, and that is said.
test_a_server_that_never_comes_up_backs_off() {
  web_file 3 <<<'    remediation: {backoff: {base: 1s, max: 60s}}'
  sed -i 's/args: .*/args: [-SEc, "import time; time.sleep(0.2)"]/' shop.yml
  exits 0 kadende apply --yes
  watch_health
  until_true "it was tried several times" holds_back 3
  exits 0 kadende events --kind group_backoff
  has "$out" "holds creates back until 20"
  has "$out" "created and never healthy"
  # Once by apply, at once after the first end, and after each hold.
  (($(creates) <= 3 * 5)) || fail "$(creates) creates"
  exits 0 kadende plan
  stop_watch
}

holds_back() { [[ $(kadende events --kind group_backoff | wc -l) -ge $1 ]]; }

run_tests "$@"
