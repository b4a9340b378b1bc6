# The Debian package, made from the binaries under test: what is in it, and that it works where it is installed.
. "$(dirname "$0")/lib.sh"

for tool in cpack dpkg-deb dpkg-shlibdeps; do
  command -v $tool >/dev/null || {
    echo "skipped: $tool is not installed (packages cmake, dpkg-dev)"
    exit 77
  }
done
build=$(dirname "$(dirname "$(realpath "$1")")")
made=$(mktemp -d "${TMPDIR:-/tmp}/kadende-package.XXXXXX")
trap 'rm -rf "$made"' EXIT
cpack -G DEB --config "$build/CPackConfig.cmake" -B "$made" >"$made/log" 2>&1 || {
  cat "$made/log"
  exit 1
}
package=$(echo "$made"/*.deb)

unpack() {
  dpkg -x "$package" root
  PATH=$PWD/root/usr/bin:$PATH
  same "$(command -v kadende)" "$PWD/root/usr/bin/kadende"
}

listen() {
  perl -MSocket -e '
    $| = 1;
    socket(my $in, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
    bind($in, pack_sockaddr_un(shift)) or die "bind: $!";
    print "listening\n";
    while (defined recv($in, my $message, 65536, 0)) { $message =~ tr/\n/|/; print "$message\n" }
  ' "$1" >notify.out &
  listener=$!
  until_true "the socket is there" grep -q listening notify.out
}

test_plugins_run_and_are_built_with_what_it_has() {
  unpack
  kadende provider test --only scope "$root/examples/plugins/python/kadende-provider-files" >out 2>err
  g++ -std=c++17 -fPIC -shared -Iroot/usr/include "$root/examples/plugins/shared_object/files_plugin.cc" -o plugin.so
  kadende provider test --only scope ./plugin.so >out 2>err
  has "$(cat out)" ' 0 failed'
}

test_name_and_fields() {
  local version
  version=$(kadende version | sed -n '1s/^kadende //p')
  same "$(basename "$package")" "kadende_${version}_$(dpkg --print-architecture).deb"
  field() { dpkg-deb -f "$package" "$1"; }
  same "$(field Version)" "$version"
  has "$(field Depends)" "libc6 (>="
  has "$(field Depends)" "libgit2-"
  has "$(field Depends)" adduser
  # Loaded by name when they are needed, so that nothing but this list tells apt of them.
  has "$(field Depends)" libcurl4
  has "$(field Depends)" libmicrohttpd12
  dpkg-deb --ctrl-tarfile "$package" | tar -t >control
  lacks "$(cat control)" conffiles
  [[ -z $(dpkg-deb -c "$package" | grep -v ' root/root ') ]] || fail "a file is not root's"
}

test_pages_completions_licence() {
  unpack
  local page file
  mkdir man1
  kadende __man man1
  for page in man1/*; do zcat "root/usr/share/man/$page.gz" | cmp - "$page"; done
  same "$(find root/usr/share/man -type f | wc -l)" "$(find man1 -type f | wc -l)"
  cmp <(kadende completion bash) root/usr/share/bash-completion/completions/kadende
  cmp <(kadende completion zsh) root/usr/share/zsh/vendor-completions/_kadende
  cmp <(kadende completion fish) root/usr/share/fish/vendor_completions.d/kadende.fish
  for file in copyright changelog.gz; do [[ -s root/usr/share/doc/kadende/$file ]] || fail "no $file"; done
}

test_unit() {
  unpack
  local unit='root/usr/lib/systemd/system/kadende-watch@.service' line
  for line in Type=notify KillMode=process 'ExecReload=/bin/kill -HUP $MAINPID' OOMPolicy=continue; do
    grep -qxF -- "$line" "$unit" || fail "$line is not in the unit"
  done
  command -v systemd-analyze >/dev/null || {
    echo "skipped ${FUNCNAME[0]} in part: systemd-analyze is not installed"
    return 0
  }
  sed "s#/usr/bin/kadende#$PWD/root/usr/bin/kadende#" "$unit" >kadende-watch@shop.service
  systemd-analyze verify --man=no --recursive-errors=no ./kadende-watch@shop.service >verified 2>&1 ||
    fail "$(cat verified)"
  same "$(cat verified)" ""
}

test_lintian() {
  command -v lintian >/dev/null || {
    echo "skipped ${FUNCNAME[0]}: lintian is not installed"
    return 0
  }
  lintian --allow-root --fail-on error,warning "$package" >complaints 2>&1 || fail "$(cat complaints)"
}

# With the shim and the providers of the package, from where it was unpacked.
test_unpacked_it_works() {
  unpack
  sim_file shop.yml shop 2
  exits 0 kadende validate shop.yml
  exits 0 kadende apply shop.yml --yes
  same "$(sim_count live)" 2
  process_file proc.yml proc 2
  exits 0 kadende apply proc.yml --yes
  listen "$PWD/notify.sock"
  NOTIFY_SOCKET=$PWD/notify.sock kadende watch --all --interval 200ms >watch.out 2>watch.err </dev/null &
  local watcher=$!
  until_true "it is ready" grep -q '^READY=1' notify.out
  kadende sim vanish cloud.sim 'web[0]'
  kill -9 "$(kadende nodes proc --json | grep -o '"pid":[0-9]*' | head -n 1 | sed 's/.*://')"
  until_true "both are brought back" bash -c '[[ $(grep -c node_created watch.out) == 2 ]]'
  kill -TERM "$watcher"
  wait "$watcher" || fail "watch: exit code $?"
  kill "$listener"
  exits 0 kadende destroy proc --yes
}

# in_new_root COMMAND: in a throw-away copy of this system, which is laid over it.
in_new_root() {
  unshare --mount sh -ec '
    mkdir -p over
    mount -t tmpfs kadende-test over
    mkdir over/upper over/work over/root
    mount -t overlay kadende-test over/root -o "lowerdir=/,upperdir=$PWD/over/upper,workdir=$PWD/over/work"
    mount -t proc proc over/root/proc
    mount --rbind /dev over/root/dev
    [ -z "$1" ] || cp "$1" over/root/root/kadende.deb
    exec chroot over/root /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$2" sh -exc "$3" 2>&1' \
    sh "$1" "XDG_STATE_HOME=$XDG_STATE_HOME" "$2" </dev/null
}

test_installed_used_and_removed() {
  if ((EUID != 0)) || ! in_new_root "" true >new-root 2>&1; then
    echo "skipped ${FUNCNAME[0]}: this takes root and an overlay file system: $(tail -n 1 new-root 2>/dev/null)"
    return 0
  fi
  ! dpkg-query -W kadende >/dev/null 2>&1 || {
    echo "skipped ${FUNCNAME[0]}: a package kadende is installed here"
    return 0
  }
  in_new_root "$package" '
    dpkg -i /root/kadende.deb
    dpkg -V kadende
    id kadende
    as_kadende() { setpriv --reuid kadende --regid kadende --clear-groups env -u XDG_STATE_HOME HOME=/var/lib/kadende "$@"; }
    install -d -o kadende -g kadende /var/lib/kadende/shop
    cd /var/lib/kadende/shop
    cat >/tmp/shop.yml <<YAML
version: "1"
name: shop
groups:
  web:
    size: 2
    resourcePlugin: {name: process}
    resourceProperties: {command: sleep, args: ["90"]}
YAML
    as_kadende kadende validate /tmp/shop.yml
    as_kadende kadende apply /tmp/shop.yml --yes --state /var/lib/kadende/shop
    # As the unit has it: nothing to gain, no capability, and the system read-only.
    unshare --mount sh -ec "for d in /usr /etc; do mount --bind \$d \$d; mount -o remount,bind,ro \$d; done
      exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all --reuid kadende --regid kadende --clear-groups \\
        env -u XDG_STATE_HOME HOME=/var/lib/kadende kadende watch --all --interval 200ms --state /var/lib/kadende/shop" >watched &
    watcher=$!
    kill -9 "$(as_kadende kadende nodes --json --state /var/lib/kadende/shop | grep -o "\"pid\":[0-9]*" | head -n 1 | sed "s/.*://")"
    deadline=$(($(date +%s) + 60))
    until grep -q node_created watched; do test "$(date +%s)" -lt "$deadline"; sleep 0.05; done
    kill -TERM "$watcher"
    wait "$watcher"
    as_kadende kadende plan /tmp/shop.yml --detailed-exitcode --state /var/lib/kadende/shop
    dpkg -i /root/kadende.deb
    as_kadende kadende nodes --state /var/lib/kadende/shop
    as_kadende kadende destroy shop --yes --state /var/lib/kadende/shop
    dpkg -r kadende
    ! command -v kadende
    dpkg -P kadende
    ! find / -xdev -name "*kadende*" -path "/usr/*" | grep .
    test -e /var/lib/kadende/shop/data.mdb -o -e /var/lib/kadende/shop/.kadende
    echo ALL DONE' >installed || fail "$(cat installed)"
  has "$(cat installed)" "ALL DONE"
  has "$(cat installed)" "Apply complete! Resources: 2 added"
  ! id kadende >/dev/null 2>&1 || fail "the system itself was changed"
}

run_tests "$@"
