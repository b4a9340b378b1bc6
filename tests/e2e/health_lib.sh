# What the tests of health share: nodes that are servers, and can be told to be ill. Sourced beside lib.sh.

# A node's server. Answers with its name and incarnation; a file modes/NODE.INCARNATION or modes/all says how it is ill:
# `500`, `hang` (accepts and says nothing). On SIGUSR1 it closes its port and lives on. Port 0: any, noted in
# ports/NODE.INCARNATION.
write_server() {
  mkdir -p modes ports
  cat >server.py <<'EOP'
import os, signal, socket, sys, threading, time
folder, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
me = os.environ["KADENDE_NODE"] + "." + os.environ["KADENDE_INCARNATION"]
def mode():
    for name in (me, "all"):
        try:
            return open(folder + "/modes/" + name).read().strip()
        except OSError:
            pass
    return sys.argv[4] if len(sys.argv) > 4 else ""
def answer(connection):
    try:
        connection.recv(65536)
        how = mode()
        if how == "hang":
            time.sleep(3600)
        body = me + "\n"
        status = "500 Broken" if how == "500" else "200 OK"
        connection.sendall(("HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                            % (status, len(body), body)).encode())
    except OSError:
        pass
    connection.close()
def deaf(*unused):
    listening.close()
listening = socket.socket()
listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listening.bind((address, port))
listening.listen(64)
signal.signal(signal.SIGUSR1, deaf)
open(folder + "/ports/" + me + ".new", "w").write(str(listening.getsockname()[1]))
os.rename(folder + "/ports/" + me + ".new", folder + "/ports/" + me)
while True:
    try:
        connection = listening.accept()[0]
    except OSError:
        time.sleep(3600)
    threading.Thread(target=answer, args=(connection,), daemon=True).start()
EOP
  # An address per node, of a network of this test alone.
  net=127.$((RANDOM % 200 + 20)).$((RANDOM % 250))
  port=$(python3 -SEc 'import socket, sys; s = socket.socket(); s.bind((sys.argv[1], 0)); print(s.getsockname()[1])' $net.1)
}

# web_file SIZE [REVISION]: servers that are looked at over http, replaced destroy-first; what stdin says comes last.
web_file() {
  [[ -e server.py ]] || write_server
  cat >shop.yml <<EOF
version: "1"
name: shop
groups:
  web:
    size: $1
    resourcePlugin: {name: process}
    resourceProperties:
      command: /usr/bin/python3
      args: [-SE, "$PWD/server.py", "$PWD", "$net.\${node.ordinal + 1}", "$port"]
      env: {REVISION: "${2:-a}"}
      stopTimeout: 1s
    healthChecks:
      - {name: page, type: http, url: "http://$net.\${node.ordinal + 1}:$port/", bodyContains: "\${node.name}",
         interval: 200ms, timeout: 400ms, healthyAfter: 1, unhealthyAfter: 2, initialDelay: ${delay:-20s}, unhealthyFor: ${unhealthy_for:-300ms}}
EOF
  cat >>shop.yml
}

# launch_file SIZE [MODE]: the same with any port, so that two instances of a slot can live beside each other; a program
# looks. MODE: how all nodes of this revision are ill.
launch_file() {
  [[ -e server.py ]] || write_server
  cat >look.sh <<'EOF'
port=$(cat "ports/$KADENDE_NODE.$KADENDE_INCARNATION") || exit 1
exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
printf 'GET / HTTP/1.0\r\n\r\n' >&3
read -r -t 1 answer <&3 || { echo "it says nothing"; exit 1; }
echo "$answer"
[[ $answer == *200* ]]
EOF
  cat >shop.yml <<EOF
version: "1"
name: shop
groups:
  web:
    size: $1
    resourcePlugin: {name: process}
    resourceProperties:
      command: /usr/bin/python3
      args: [-SE, "$PWD/server.py", "$PWD", 127.0.0.1, "0", "${2:-}"]
      stopTimeout: 1s
    healthChecks:
      - {name: look, type: exec, command: [bash, look.sh], interval: 200ms, timeout: 3s,
         healthyAfter: 1, unhealthyAfter: 2, initialDelay: ${delay:-20s}, unhealthyFor: ${unhealthy_for:-300ms}}
EOF
  cat >>shop.yml
}

# ill NODE MODE: the instance that NODE has now is ill from now on.
ill() { echo "$2" >"modes/$1.$(incarnation_of "$1")"; }
incarnation_of() { field "$1" incarnation; }
pid_of() { field "$1" pid; }
# field NODE NAME: of `nodes --json`, by the node's name (web-0).
field() {
  kadende nodes --json | python3 -SEc '
import json, sys
def find(value, wanted):
    if isinstance(value, dict):
        if wanted in value: return value[wanted]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            found = find(one, wanted)
            if found is not None: return found
for line in sys.stdin:
    for node in json.loads(line).get("nodes", []):
        if node["node"].replace("[", "-").rstrip("]") == sys.argv[1]: print(find(node, sys.argv[2]))
' "$1" "$2"
}
field_is() { [[ $(field "$1" "$2") == "$3" ]]; }
all_healthy() { [[ $(kadende nodes --json | grep -o '"health":{"state":"healthy"' | wc -l) == "$1" ]]; }
nodes_say() { kadende nodes --json | grep -qF "$1"; }
events_say() { kadende events --kind "$1" | grep -qF "${2:-}"; }
creates() { grep -c node_created watch.out || true; }
made() { [[ $(creates) -ge $1 ]]; }
ended() { [[ $(destroys) -ge $1 ]]; }
destroys() { grep -c node_destroyed watch.out || true; }

watch_health() { start_watch --interval 500ms --start-grace "${grace:-500ms}" "$@"; }
