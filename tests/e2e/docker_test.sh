# Real containers: the docker provider on an engine that is started for this test. What the engine itself lists is the
# truth that is held against kadende's state.
[[ -n ${OTHER_ENGINE:-} ]] || exec bash "$(dirname "$0")/../support/podman.sh" bash "$0" "$@"
source "$(dirname "$0")/lib.sh"

# docker_file FILE NAME SIZE TAG [MORE]: a cluster of one group `web` of containers that answer over http.
docker_file() {
  cat >"$1" <<END
version: "1"
name: $2
groups:
  web:
    size: $3
    resourcePlugin: {name: docker}
    resourceProperties:
      image: localhost/kadende-test:$4
      command: [httpd, -f, -p, "8080", -h, /www]
      stopSignal: KILL
    healthChecks:
      - {type: http, url: "http://\${node.address}:8080/", bodyContains: ok, interval: 200ms, healthyAfter: 1}
    rollout: {maxSurge: 5, bake: 0s}
${5:-}
END
}

containers() { podman --remote ps -a --filter label=kadende/cluster="$1" "${@:2}" --format '{{.ID}}' --no-trunc | sort; }
count_of() { [[ $(containers "$1" --filter status=running | grep -c .) == "$2" ]]; }
recorded() { kadende nodes --offline --json | grep -o '"instance":"[^"]*"' | cut -d'"' -f4 | sort; }
# Neither side knows of a container that the other does not.
agree() {
  same "$(containers "$1")" "$(recorded)"
}
image_count() { podman --remote ps --filter label=kadende/cluster="$1" --format '{{.Image}}' | grep -c ":$2\$"; }

test_twenty_containers() {
  docker_file cluster.yml shop 20 1
  exits 0 kadende apply --yes --wait healthy
  has "$out$err" "20 added"
  count_of shop 20
  agree shop
  exits 0 kadende plan --detailed-exitcode

  local before killed
  before=$(containers shop)
  killed=$(head -n 4 <<<"$before")
  start_watch --interval 200ms
  # shellcheck disable=SC2086
  podman --remote kill $killed >/dev/null
  healed() { count_of shop 20 && ! grep -qFf <(printf '%s\n' $killed) <(containers shop); }
  until_true "watch has healed" healed
  stop_watch
  exits 0 kadende plan --detailed-exitcode
  agree shop
  # Those that were well are still the same.
  same "$(comm -12 <(echo "$before") <(containers shop) | grep -c .)" 16

  docker_file cluster.yml shop 20 2
  exits 0 kadende apply --yes
  same "$(image_count shop 2)" 20
  agree shop

  docker_file cluster.yml shop 0 2
  exits 0 kadende apply --yes
  same "$(containers shop)" ""
  docker_file cluster.yml shop 2 2
  exits 0 kadende apply --yes
  exits 0 kadende destroy --yes
  same "$(containers shop)" ""
}

# Of the provider's own steps, each one once.
test_killed_at_every_step() {
  docker_file cluster.yml cut 2 1
  KADENDE_FAULT_TRACE=$PWD/trace exits 0 kadende apply --yes
  docker_file cluster.yml cut 2 1 '    labels: {tier: two}'
  KADENDE_FAULT_TRACE=$PWD/trace exits 0 kadende apply --yes
  KADENDE_FAULT_TRACE=$PWD/trace exits 0 kadende destroy --yes
  local point points size
  points=$(grep '^providers.docker' trace | sort -u)
  [[ $(wc -w <<<"$points") -ge 9 ]] || fail "too few steps: $points"
  for point in $points; do
    size=2
    docker_file cluster.yml cut 2 1
    case $point in
      *.create.*) kadende destroy --yes >out 2>err ;;
      *) exits 0 kadende apply --yes ;;
    esac
    case $point in
      *.update.*) docker_file cluster.yml cut 2 1 "    labels: {tier: $point}" ;;
      *.destroy.*) size=0 && docker_file cluster.yml cut 0 1 ;;
    esac
    KADENDE_FAULT=$point:1 exits 137 kadende apply --yes
    exits 0 kadende apply --yes
    count_of cut "$size" || fail "after $point: $(podman --remote ps -a)"
    agree cut
    exits 0 kadende plan --detailed-exitcode
  done
  exits 0 kadende destroy --yes
  same "$(containers cut)" ""
}

test_two_clusters_with_equal_groups_leave_each_other_alone() {
  docker_file one.yml one 2 1
  docker_file two.yml two 2 1
  exits 0 kadende apply one.yml --state one --yes
  exits 0 kadende apply two.yml --state two --yes
  local two
  two=$(containers two)
  docker_file one.yml one 1 2
  exits 0 kadende apply one.yml --state one --yes
  same "$(containers one | grep -c .)" 1
  exits 0 kadende destroy one.yml --state one --yes
  same "$(containers one)" ""
  same "$(containers two)" "$two"
  exits 0 kadende plan two.yml --state two --detailed-exitcode
  exits 0 kadende destroy two.yml --state two --yes
}

test_what_cannot_be_started_is_told_and_leaves_nothing() {
  docker_file cluster.yml bad 1 1
  sed -i 's/\[httpd, /[no-such-program, /' cluster.yml
  exits 1 kadende apply --yes
  has "$err$out" "no-such-program"
  same "$(containers bad)" ""
  docker_file cluster.yml bad 1 nope
  sed -i 's/stopSignal/pull: never\n      stopSignal/' cluster.yml
  exits 1 kadende apply --yes
  has "$err$out" 'has no image `localhost/kadende-test:nope`'
  docker_file cluster.yml bad 0 1
  exits 0 kadende apply --yes
}

test_logs_files_environment_and_labels() {
  cat >cluster.yml <<'END'
version: "1"
name: all
groups:
  web:
    size: 1
    labels: {tier: one}
    resourcePlugin: {name: docker}
    resourceProperties:
      image: localhost/kadende-test:1
      entrypoint: [sh, -c]
      command: ["cat /etc/motd; echo $GREETING; id -u; exec sleep 1000"]
      env: {GREETING: "hello from ${node.name}"}
      files: {/etc/motd: "copied in\n", /a/b/run: {content: "#!/bin/sh\nexit 0\n", mode: "0755"}}
      user: "1000"
      ports: [8080]
      volumes: ["data-${node.name}:/data"]
      resources: {cpu: 0.5, memory: 64MiB}
      stopSignal: KILL
    healthChecks:
      - {type: exec, in: node, command: [/a/b/run], interval: 200ms, healthyAfter: 1}
END
  exits 0 kadende apply --yes --wait healthy
  has "$out$err" "1 added"
  printed() { kadende nodes logs 'web[0]' | grep -q 1000; }
  until_true "it has printed" printed
  exits 0 kadende nodes logs 'web[0]'
  has "$out" "copied in
hello from web-0
1000"
  exits 0 kadende nodes --json
  has "$out" '"8080/tcp"'
  local before
  before=$(containers all)
  sed -i 's/tier: one/tier: two/; s/memory: 64MiB/memory: 32MiB/' cluster.yml
  exits 0 kadende apply --yes
  has "$out$err" "1 changed"
  same "$(containers all)" "$before"
  exits 0 kadende plan --detailed-exitcode
  sed -i 's/tier: two/tier: three/' cluster.yml
  exits 0 kadende apply --yes
  exits 0 kadende plan --detailed-exitcode
  exits 0 kadende destroy --yes
  same "$(podman --remote ps -aq)" ""
  same "$(podman --remote volume ls -q)" data-web-0
}

# A command in the node decides: the watch replaces the node in which it fails.
test_check_in_the_node() {
  docker_file cluster.yml inside 2 1
  sed -i 's/- {type: http.*/- {type: exec, in: node, command: [test, -e, \/www\/index.html], interval: 200ms, healthyAfter: 1, unhealthyAfter: 1, unhealthyFor: 0s, initialDelay: 0s}/' cluster.yml
  sed -i 's/    rollout:.*/    remediation: {maxUnhealthy: 100%}/' cluster.yml
  exits 0 kadende apply --yes --wait healthy
  local victim
  victim=$(containers inside | head -n 1)
  podman --remote exec "$victim" rm /www/index.html
  start_watch --interval 200ms --start-grace 0s
  replaced() { count_of inside 2 && ! containers inside | grep -q "$victim"; }
  until_true "the failing node is replaced" replaced
  stop_watch
  exits 0 kadende destroy --yes
}

# An endpoint that only the file names is not asked until somebody accepts it.
test_plan_connects_to_nothing_that_the_file_chooses() {
  docker_file cluster.yml far 1 1
  sed -i "s|image:|host: unix://$PWD/asked.sock\n      image:|" cluster.yml
  exits 0 kadende plan
  has "$out" "in nothing that was applied"
  exits 1 kadende apply --yes
  has "$out$err" "asked.sock"
}

# What has ended by itself is not left on the engine, whether its slot is filled again or given up.
test_what_has_ended_is_cleared_away() {
  docker_file cluster.yml shop 3 1
  exits 0 kadende apply --yes
  podman --remote kill "$(recorded | head -n 1)" >/dev/null
  exits 0 kadende apply --yes
  agree shop
  podman --remote kill "$(recorded | tail -n 1)" "$(recorded | head -n 1)" >/dev/null
  docker_file cluster.yml shop 1 1
  exits 0 kadende apply --yes
  agree shop
  count_of shop 1
  podman --remote kill "$(recorded)" >/dev/null
  start_watch --interval 200ms
  until_true 'watch has healed' count_of shop 1
  stop_watch
  docker_file cluster.yml shop 0 1
  exits 0 kadende apply --yes
  same "$(containers shop)" ''
}

# A registry on localhost:5000 that wants user u with the password geheim; it has team/web:1 and :2.
start_registry() {
  mkdir -p ../registry
  python3 -c 'import crypt; print("u:" + crypt.crypt("geheim", crypt.mksalt(crypt.METHOD_BLOWFISH)))' >../registry/users 2>/dev/null
  cat >../registry/config.yml <<END
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $(realpath ../registry)/data}}
http: {addr: "127.0.0.1:5000"}
auth: {htpasswd: {realm: test, path: $(realpath ../registry)/users}}
END
  docker-registry serve ../registry/config.yml >../registry/log 2>&1 &
  registry=$!
  until_true 'the registry answers' curl -fs -u u:geheim http://localhost:5000/v2/
  podman --remote push -q --tls-verify=false --creds u:geheim localhost/kadende-test:1 localhost:5000/team/web:1
  podman --remote push -q --tls-verify=false --creds u:geheim localhost/kadende-test:1 localhost:5000/team/web:2
}

test_an_image_is_pulled_with_what_docker_knows_of_its_registry() {
  command -v docker-registry >/dev/null || { echo '  skipped: docker-registry is not installed' >&2; return; }
  start_registry
  docker_file cluster.yml pulled 2 1
  sed -i 's|localhost/kadende-test:1|localhost:5000/team/web:1|' cluster.yml
  export DOCKER_CONFIG=$PWD/docker
  mkdir docker helpers
  exits 1 kadende apply --yes
  has "$out$err" 'unauthorized'
  # The password by a program that docker would ask.
  cat >helpers/docker-credential-test <<'END'
#!/bin/sh
echo '{"Username":"u","Secret":"geheim"}'
END
  chmod +x helpers/docker-credential-test
  echo '{"credHelpers":{"localhost:5000":"test"}}' >docker/config.json
  PATH=$PWD/helpers:$PATH exits 0 kadende apply --yes
  has "$err" 'localhost:5000/team/web:1'
  count_of pulled 2
  # By what `docker login` wrote down.
  printf '{"auths":{"localhost:5000":{"auth":"%s"}}}' "$(printf u:geheim | base64)" >docker/config.json
  sed -i 's|team/web:1|team/web:2|' cluster.yml
  exits 0 kadende apply --yes
  same "$(podman --remote ps --filter label=kadende/cluster=pulled --format '{{.Image}}' | sort -u)" localhost:5000/team/web:2
  exits 0 kadende destroy --yes
  kill "$registry"
}

# certificate NAME EXTENSION: NAME.pem and NAME-key.pem, by the authority of ca.pem.
certificate() {
  openssl req -newkey rsa:2048 -nodes -keyout "$1-key.pem" -subj "/CN=$1" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile <(echo "$2") -out "$1.pem" 2>/dev/null
}

# The engine behind tcp and TLS, which wants a certificate of whoever asks.
test_an_engine_over_tls() {
  command -v stunnel4 >/dev/null || { echo '  skipped: stunnel4 is not installed' >&2; return; }
  mkdir ../tls
  cd ../tls
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -subj /CN=authority -days 2 -out ca.pem 2>/dev/null
  certificate server subjectAltName=IP:127.0.0.1
  certificate client extendedKeyUsage=clientAuth
  mkdir good stranger
  cp ca.pem good/ca.pem && cp client.pem good/cert.pem && cp client-key.pem good/key.pem
  openssl req -x509 -newkey rsa:2048 -nodes -keyout stranger/key.pem -subj /CN=stranger -days 2 -out stranger/cert.pem 2>/dev/null
  cp ca.pem stranger/ca.pem
  printf 'foreground = yes\npid =\n[engine]\naccept = 127.0.0.1:2376\nconnect = %s\ncert = %s\nkey = %s\nCAfile = %s\nverifyChain = yes\n' \
    "${DOCKER_HOST#unix://}" "$PWD/server.pem" "$PWD/server-key.pem" "$PWD/ca.pem" >stunnel.conf
  stunnel4 stunnel.conf >log 2>&1 &
  local terminator=$!
  until_true 'it listens' bash -c '</dev/tcp/127.0.0.1/2376'
  cd ../work
  docker_file cluster.yml secure 2 1
  export DOCKER_HOST=tcp://127.0.0.1:2376 DOCKER_TLS_VERIFY=1
  DOCKER_CERT_PATH=$PWD/../tls/stranger exits 1 kadende apply --yes
  same "$(containers secure)" ''
  export DOCKER_CERT_PATH=$PWD/../tls/good
  exits 0 kadende apply --yes
  agree secure
  exits 0 kadende nodes logs web-0
  exits 0 kadende destroy --yes
  same "$(containers secure)" ''
  kill "$terminator"
}

run_tests "$@"
