#!/usr/bin/env bash
# Installs the Debian packages that building (`build`), testing (`test`) or the quickstart (`example`) needs, and only those that are missing, so that it asks for no
# rights on a machine that has them all.
set -euo pipefail

build=(g++ cmake ninja-build pkg-config git libyaml-cpp-dev nlohmann-json3-dev libgit2-dev libcli11-dev liblmdb-dev
  libspdlog-dev libfmt-dev libexpected-dev libsodium-dev libcurl4-openssl-dev libxxhash-dev libmicrohttpd-dev prometheus-cpp-dev libvalijson-dev libarchive-dev)
test=(catch2 strace librapidcheck-dev clang-format ccache procps zsh fish man-db groff-base dpkg-dev openssl curl python3-jsonschema python3-yaml python3-prometheus-client jq cmark-gfm golang-go
  golang-github-hashicorp-terraform-json-dev openssh-server lighttpd ansible-core nodejs
  docker-registry stunnel4 podman crun netavark aardvark-dns iptables busybox-static)
example=(busybox-static)
bench=(time)

case "${1:-}" in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${test[@]}") ;;
  example) wanted=("${example[@]}") ;;
  bench) wanted=("${build[@]}" "${bench[@]}") ;;
  *)
    echo "usage: install_packages.sh build|test|example|bench" >&2
    exit 1
    ;;
esac

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  echo "all packages are installed"
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "error: this is no Debian: install by hand what these packages hold: ${missing[*]}" >&2
  exit 1
fi
run=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || {
    echo "error: packages are missing and there is no sudo; as root run: apt-get install ${missing[*]}" >&2
    exit 1
  }
  run=(sudo)
fi
echo "installing: ${missing[*]}"
# Servers are here for tests that start their own: what a package would start by itself stays off. Where the machine has a
# say of its own about that, it counts.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${run[@]}" tee "$policy" >/dev/null
  "${run[@]}" chmod 755 "$policy"
  trap '"${run[@]}" rm -f "$policy"' EXIT
fi
# Another package manager may be at work on a machine that has just started: wait for it, but not for ever.
options=(-o DPkg::Lock::Timeout=120 -qq)
"${run[@]}" apt-get "${options[@]}" update
"${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
