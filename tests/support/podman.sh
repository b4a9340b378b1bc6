#!/usr/bin/env bash
# Runs a command beside real container engines: two of Debian's podman, each with a store of its own.
#
#   podman.sh COMMAND...
#
# The command has DOCKER_HOST and CONTAINER_HOST (the first engine), OTHER_ENGINE (the second), and the images
# localhost/kadende-test:1 and :2 in the first: busybox with a web page. `podman --remote ps` shows what the first has.
# Engines, containers, networks, mounts and the command live in namespaces of their own, which end with the command:
# nothing of the machine's own containers is seen or touched, and nothing stays. Needs root. Exit code 77: it cannot run
# here, the reason is on stderr.
set -euo pipefail

cannot() {
  echo "$*" >&2
  exit 77
}

engine_configuration() {  # DIR
  cat >"$1/containers.conf" <<END
[containers]
default_ulimits = []
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "$1/tmp"
[network]
network_backend = "netavark"
network_config_dir = "$1/networks"
END
  # A registry that a test starts speaks plain http.
  printf '[[registry]]\nlocation = "localhost:5000"\ninsecure = true\n' >"$1/registries.conf"
}

local_podman() {  # DIR ARGUMENT...: the engine of DIR without its service
  local dir=$1
  shift
  CONTAINERS_CONF=$dir/containers.conf CONTAINERS_REGISTRIES_CONF=$dir/registries.conf command podman --root "$dir/root" --runroot "$dir/run" "$@"
}

make_images() {  # DIR
  local tree=$1/tree program
  mkdir -p "$tree/bin" "$tree/www" "$tree/tmp" "$tree/etc"
  cp /bin/busybox "$tree/bin/busybox"
  for program in sh sleep cat httpd ls kill mkdir id env echo test rm touch; do ln -s busybox "$tree/bin/$program"; done
  echo ok >"$tree/www/index.html"
  tar -C "$tree" -cf "$1/image.tar" .
  local_podman "$1" import -q "$1/image.tar" localhost/kadende-test:1 >/dev/null
  local_podman "$1" tag localhost/kadende-test:1 localhost/kadende-test:2
}

serve() {  # DIR
  engine_configuration "$1"
  local_podman "$1" system service --time=0 "unix://$1/engine.sock" >"$1/log" 2>&1 &
}

await() {  # DIR
  local deadline=$((SECONDS + 30))
  until curl -fs --unix-socket "$1/engine.sock" http://engine/_ping >/dev/null; do
    ((SECONDS < deadline)) || cannot "podman's service does not answer: $(tail -n 3 "$1/log")"
    sleep 0.05
  done
}

inside() {  # DIR COMMAND...: in the namespaces
  local dir=$1
  shift
  umount /sys/fs/cgroup/unified 2>/dev/null || true  # both versions at once are more than crun takes
  mount -t tmpfs tmpfs /run
  busybox ip link set lo up
  mkdir -p "$dir/one" "$dir/two"
  engine_configuration "$dir/one"
  make_images "$dir/one" || cannot "podman cannot import an image"
  serve "$dir/one"
  serve "$dir/two"
  await "$dir/one"
  await "$dir/two"
  export DOCKER_HOST=unix://$dir/one/engine.sock CONTAINER_HOST=unix://$dir/one/engine.sock
  export OTHER_ENGINE=unix://$dir/two/engine.sock
  podman --remote run --rm localhost/kadende-test:1 sh -c : >"$dir/try" 2>&1 ||
    cannot "podman cannot run containers here: $(tail -n 1 "$dir/try")"
  "$@"
}

if [[ ${1:-} == --inside ]]; then
  shift
  inside "$@"
  exit
fi

((EUID == 0)) || cannot "container engines of a test's own need root"
for program in podman crun unshare curl busybox; do
  command -v "$program" >/dev/null || cannot "there is no $program on this machine"
done
[[ -x /usr/lib/podman/netavark ]] || cannot "there is no netavark on this machine"
unshare --mount --net --pid --fork --mount-proc true 2>/dev/null || cannot "namespaces cannot be made here"
dir=$(mktemp -d "${TMPDIR:-/tmp}/kadende-podman.XXXXXX")
leave() {
  local id
  # What ended with its namespace left its control groups behind.
  for id in $(jq -r '.[].id' "$dir"/*/root/overlay-containers/containers.json 2>/dev/null); do
    rmdir /sys/fs/cgroup/*/libpod_parent/libpod-{,conmon-}"$id" 2>/dev/null || true
  done
  rm -rf "$dir"
}
trap leave EXIT
status=0
unshare --mount --net --pid --fork --kill-child --mount-proc bash "${BASH_SOURCE[0]}" --inside "$dir" "$@" || status=$?
exit "$status"
