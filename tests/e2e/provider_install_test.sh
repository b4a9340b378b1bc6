# Getting plugins: from files, http and https; pinned, verified, refused; and what may run when.
. "$(dirname "$0")/lib.sh"
. "$root/tests/support/remotes.sh"

# files_cluster NAME SIZE [URL] [VERSION]: a cluster of one group of the example plugin.
files_cluster() {
  cat >shop.yml <<END
version: "1"
name: $1
groups:
  web:
    size: $2
    resourcePlugin: {name: files, version: ${4:-latest}${3:+, url: \"$3\"}}
    resourceProperties: {folder: instances, content: hello}
END
}

# the_plugin FILE [COMMENT]: the example, with another hash for another comment.
the_plugin() {
  cp "$root/examples/plugins/python/kadende-provider-files" "$1"
  [[ -z ${2:-} ]] || echo "# $2" >>"$1"
  chmod +x "$1"
}

instances() { find instances -name '*.json' 2>/dev/null | wc -l; }
instances_are() { [[ $(instances) == "$1" ]]; }
one_ends() { rm "$(find instances -name '*.json' | sort | head -n 1)"; }
hash_of() { sha256sum "$1" | cut -d' ' -f1; }

# Serves the folder DIR through http; prints its address. Releases of /o/r have v1.2 for their newest.
serve() {
  local folder=$1/.server port
  _remotes_need lighttpd pgrep setsid || return
  mkdir -p "$folder"
  cat >"$folder/template" <<END
server.modules = ("mod_redirect")
server.document-root = "$1"
server.bind = "127.0.0.1"
server.port = @PORT@
server.errorlog = "$folder/errors"
server.stat-cache-engine = "disable"
mimetype.assign = ("" => "application/octet-stream")
url.redirect = ("^/o/r/releases/latest/download/(.*)" => "/o/r/releases/download/v1.2/\$1",
  "^/away/(.*)" => "http://192.0.2.1/\$1")
END
  port=$(_remotes_launch "$folder" HTTP/ "$(PATH=$PATH:/usr/sbin command -v lighttpd)" -D -f "$folder/config") || return
  echo "http://127.0.0.1:$port"
}

test_from_a_file_to_machines() {
  the_plugin ../files
  files_cluster shop 2 "file://$(realpath ../files)"
  # Nothing is downloaded or run by a plan, and what is not known is marked.
  exits 0 kadende plan
  has "$out" 'not looked at: plugin `files` is not pinned in the applied state'
  has "$out" 'Plan: 2 to add'
  exits 1 kadende apply --yes
  has "$err" 'run `kadende provider install`'
  exits 0 kadende provider install
  has "$out" 'files latest (sha256'
  has "$err" 'kadende.lock was written; commit it.'
  has "$(cat kadende.lock)" "  sha256 any $(hash_of ../files)"
  exits 0 kadende provider install --locked
  has "$out" ' is here'
  exits 0 kadende provider verify
  exits 0 kadende provider list
  has "$out" ready
  exits 0 kadende provider schema files
  has "$out" '"content"'
  # Installed is not applied: a plan still does not run it.
  exits 0 kadende plan
  has "$out" 'not looked at'
  has "$out" 'Plugin that was not applied before: files latest'
  same "$(instances)" 0
  exits 0 kadende apply --yes
  same "$(instances)" 2
  rm ../files  # from here on the cache is enough
  exits 0 kadende plan --detailed-exitcode
  has "$out" 'No changes'
  one_ends
  exits 0 kadende reconcile
  same "$(instances)" 2
  one_ends
  start_watch --all --interval 200ms
  until_true "watch has healed" instances_are 2
  stop_watch
  exits 0 kadende state verify
  exits 0 kadende destroy --yes
  same "$(instances)" 0
}

test_a_person_is_asked_before_it_runs_for_the_first_time() {
  the_plugin ../files
  files_cluster shop 1 "file://$(realpath ../files)"
  exits 0 kadende provider install
  in_terminal $'no\n' kadende apply
  has "$out" 'These plugins run for the first time for shop:'
  has "$out" 'files latest (sha256'
  same "$code" 1
  same "$(instances)" 0
  in_terminal $'yes\nyes\n' kadende apply
  same "$code" 0
  same "$(instances)" 1
}

test_a_changed_file_is_refused_and_update_pins_it() {
  mkdir ../served
  the_plugin ../served/files
  local url before
  url=$(serve "$(realpath ../served)") || { echo "  SKIPPED: no http server"; return 0; }
  files_cluster shop 1 "$url/files"
  exits 0 kadende provider install
  exits 0 kadende apply --yes
  before=$(hash_of ../served/files)
  the_plugin ../served/files changed
  rm -rf .kadende/plugins
  exits 1 kadende provider install
  has "$err" "is not the one that kadende.lock pins: its SHA-256 is $(hash_of ../served/files), pinned is $before"
  has "$err" 'kadende provider update files'
  same "$(ls .kadende/plugins)" ""
  exits 0 kadende plan
  has "$out" 'is not in'
  exits 1 kadende apply --yes
  exits 0 kadende provider update files
  has "$(cat kadende.lock)" "$(hash_of ../served/files)"
  exits 0 kadende plan --format json
  has "$out" 'is pinned to another file in the applied state'
  exits 0 kadende apply --yes
  exits 0 kadende plan --detailed-exitcode
  lacks "$out" 'not looked at'
  # What is in the cache is read again before it is run.
  chmod u+w ".kadende/plugins/$(hash_of ../served/files)/plugin"
  echo '# evil' >>".kadende/plugins/$(hash_of ../served/files)/plugin"
  exits 1 kadende provider verify
  has "$err" 'was changed: its SHA-256 is'
  exits 1 kadende apply --yes
  has "$err" 'it is not run'
}

test_the_newest_release_is_resolved_and_pinned() {
  mkdir -p ../served/o/r/releases/download/v1.2
  the_plugin ../served/o/r/releases/download/v1.2/files
  local url index
  url=$(serve "$(realpath ../served)") || { echo "  SKIPPED: no http server"; return 0; }
  index="$url/o/r/releases/download/{version}/{name}"
  files_cluster shop 1
  sed -i "1i pluginIndex: \"$index\"" shop.yml
  exits 0 kadende provider install
  has "$(cat kadende.lock)" "  version v1.2"
  has "$(cat kadende.lock)" "  url $url/o/r/releases/download/v1.2/files"
  files_cluster shop 1 "" v1.3
  exits 1 kadende provider install
  has "$err" 'kadende.lock pins version v1.2'
  exits 1 kadende provider update --plugin-index "$index"
  has "$err" 'status 404'
  exits 1 kadende provider update --plugin-index "$url/away/{name}"
  lacks "$(cat kadende.lock)" 192.0.2.1
}

test_https_needs_a_certificate_that_is_trusted() {
  command -v openssl >/dev/null || { echo "  SKIPPED: no openssl"; return 0; }
  mkdir ../served
  the_plugin ../served/files
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
    -keyout ../key.pem -out ../cert.pem 2>/dev/null
  local port=$((20000 + RANDOM % 12000)) server
  (cd ../served && exec openssl s_server -accept "127.0.0.1:$port" -WWW -cert ../cert.pem -key ../key.pem >/dev/null 2>&1) &
  server=$!
  until_true "the server answers" curl -sf --cacert ../cert.pem -o /dev/null "https://127.0.0.1:$port/files"
  files_cluster shop 1 "https://127.0.0.1:$port/files"
  exits 1 kadende provider install
  has "$err" 'ertificate'
  exits 0 kadende provider install --ca-file ../cert.pem
  kill "$server"
  exits 0 kadende provider verify
}

test_bad_answers_leave_nothing_behind() {
  command -v python3 >/dev/null || { echo "  SKIPPED: no python3"; return 0; }
  python3 "$root/tests/e2e/plugin_server.py" >../port &
  local server=$! port what
  until_true "the server is up" test -s ../port
  port=$(cat ../port)
  for what in 'cut cannot download' 'endless larger than 1 MiB' 'page a web page'; do
    files_cluster shop 1 "http://127.0.0.1:$port/${what%% *}"
    exits 1 kadende provider install --max-size 1
    has "$err" "${what#* }"
    [[ ! -e kadende.lock ]] || fail "something was pinned: $(cat kadende.lock)"
    same "$(ls .kadende/plugins)" ""
  done
  # Killed in the middle: the next one clears up.
  files_cluster shop 1 "http://127.0.0.1:$port/endless"
  KADENDE_FAULT=install.received:3 exits 137 kadende provider install
  [[ -n $(ls .kadende/plugins) ]] || fail "the fault did not happen"
  the_plugin ../files
  files_cluster shop 1 "file://$(realpath ../files)"
  exits 0 kadende provider install
  same "$(ls .kadende/plugins)" "$(hash_of ../files)"
  kill "$server"
}

test_addresses_that_are_never_asked() {
  local url
  for url in http://example.org/plugin ftp://example.org/x https://user:word@example.org/x /etc/passwd; do
    files_cluster shop 1 "$url"
    exits 1 kadende provider install
    has "$err" 'plugin `files`: url '
  done
  tar -cf ../files.tar -C "$root" README.md
  files_cluster shop 1 "file://$(realpath ../files.tar)"
  exits 1 kadende provider install
  has "$err" 'the file is a tar archive; of archives tar.gz and zip are taken, else the file itself'
  files_cluster shop 1
  exits 1 kadende plan
  has "$err" 'this build has no provider `files`'
  exits 1 kadende provider install
  has "$err" 'nothing says where to get it'
}

test_a_folder_that_cannot_be_written() {
  the_plugin ../files
  files_cluster shop 1 "file://$(realpath ../files)"
  mkdir .kadende
  local read_only='mount --bind .kadende .kadende && mount -o remount,ro,bind .kadende'
  unshare -m sh -c "$read_only" 2>/dev/null || { echo "  SKIPPED: may not mount here"; return 0; }
  exits 1 unshare -m sh -c "$read_only && kadende provider install"
  has "$err" 'Read-only file system'
  [[ ! -e kadende.lock ]] || fail "something was pinned"
}

# elf FILE MACHINE: enough of one to be told apart.
elf() { printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0'"\\$2"'\0' >"$1"; }

test_each_platform_has_its_own_file() {
  local here=amd64 there=arm64 of_here=76 of_there=267
  [[ $(uname -m) != aarch64 ]] || { here=arm64 there=amd64 of_here=267 of_there=76; }
  elf ../linux_$here $of_here
  elf ../linux_$there $of_there
  files_cluster shop 1 "file://$(realpath ..)/{os}_{arch}"
  exits 0 kadende provider install
  lacks "$(cat kadende.lock)" "sha256 linux_$there"
  exits 1 kadende provider install --locked --platform linux_$there
  exits 0 kadende provider install --platform linux_$there
  has "$(cat kadende.lock)" "  sha256 linux_$here $(hash_of ../linux_$here)"
  has "$(cat kadende.lock)" "  sha256 linux_$there $(hash_of ../linux_$there)"
  same "$(ls .kadende/plugins)" "$(hash_of ../linux_$here)"
  rm kadende.lock
  cp ../linux_$there ../linux_$here
  exits 1 kadende provider install
  has "$err" "is for linux_$there, not for linux_$here"
}

test_a_plugin_folder_needs_no_pin() {
  mkdir ../mine
  the_plugin ../mine/kadende-provider-files
  files_cluster shop 1
  exits 0 kadende provider install --plugin-dir ../mine
  has "$out" 'is run without a pin'
  KADENDE_PLUGIN_DIR=$(realpath ../mine) exits 0 kadende apply --yes
  same "$(instances)" 1
}

test_mistakes_in_properties_are_shown_at_their_place() {
  mkdir ../mine
  the_plugin ../mine/kadende-provider-files
  files_cluster shop 1
  sed -i 's/content: hello/contnet: hello/' shop.yml
  export KADENDE_PLUGIN_DIR
  KADENDE_PLUGIN_DIR=$(realpath ../mine)
  exits 1 kadende validate
  has "$err" 'shop.yml:7:45: error: unknown property `contnet` (groups.web.resourceProperties.contnet)'
  has "$err" 'did you mean `content`?'
  exits 1 kadende plan
  has "$err" 'shop.yml:7:45: error: unknown property `contnet`'
  # shellcheck disable=SC2016
  sed -i 's/folder: instances, contnet: hello/content: "${node.name}"/' shop.yml
  exits 1 kadende plan
  has "$err" '`folder` is missing'
}

test_a_branch_can_be_trusted() {
  git init -q .
  git config user.name tester
  git config user.email tester@example.org
  the_plugin ../files
  files_cluster shop 1 "file://$(realpath ../files)"
  exits 0 kadende provider install
  git add shop.yml kadende.lock
  git commit -qm first
  exits 0 kadende plan
  has "$out" 'not looked at'
  exits 0 kadende plan --trust-ref HEAD
  lacks "$out" 'not looked at'
  exits 1 kadende plan --trust-ref nowhere
  has "$err" '--trust-ref nowhere: the repository around'
}

# A shared object is loaded by the descriptor that it was hashed by, a module of Node.js found by its ending.
test_a_pinned_shared_object_and_a_module() {
  local examples=$root/examples/plugins
  if command -v g++ >/dev/null; then
    mkdir -p ../include/kadende
    cp "$root/providers/plugin/abi.h" ../include/kadende/plugin.h
    g++ -std=c++17 -fPIC -shared -I../include "$examples/shared_object/files_plugin.cc" -o ../plugin.so
    files_cluster shop 1 "file://$(realpath ../plugin.so)"
    exits 0 kadende provider install
    exits 0 kadende apply --yes
    same "$(instances)" 1
    exits 0 kadende destroy --yes
    printf 'no library' >../plugin.so
    exits 1 kadende provider update
    has "$err" 'the file is no plugin: neither an ELF file nor a script'
    rm -r kadende.lock
  else
    echo '  skipped: g++ is not installed' >&2
  fi
  command -v node >/dev/null || { echo '  skipped: node is not installed' >&2; return; }
  files_cluster shop 1 "file://$examples/node/kadende-provider-files.mjs"
  exits 0 kadende provider install
  exits 0 kadende apply --yes
  same "$(instances)" 1
}

# archive_of DIR FILE: a tar.gz of a plugin that needs what lies beside it.
archive_of() {
  mkdir -p "$1/files-1.0/lib"
  the_plugin "$1/files-1.0/lib/real"
  printf '#!/bin/sh\nexec "$(dirname "$0")/lib/real"\n' >"$1/files-1.0/kadende-provider-files"
  chmod +x "$1/files-1.0/kadende-provider-files"
  tar -czf "$2" -C "$1" files-1.0
}

test_a_plugin_in_an_archive() {
  archive_of ../tree ../files.tar.gz
  files_cluster shop 1 "file://$(realpath ../files.tar.gz)"
  exits 0 kadende provider install
  has "$out" "$(hash_of ../files.tar.gz | cut -c1-12)"
  exits 0 kadende apply --yes
  same "$(instances)" 1
  exits 0 kadende provider verify
  # What lies beside the plugin counts as much as the plugin itself.
  local real
  real=$(echo .kadende/plugins/*/files/files-1.0/lib/real)
  chmod +w "$real"
  echo '# evil' >>"$real"
  exits 1 kadende apply --yes --replace web-0
  has "$err" 'is not what its archive holds; it is not run'
  exits 1 kadende provider verify
  exits 0 kadende provider install
  exits 0 kadende apply --yes --replace web-0
  same "$(instances)" 1
}

test_a_hostile_archive_writes_nothing() {
  python3 - <<'END'
import io, tarfile
with tarfile.open("../evil.tar.gz", "w:gz") as out:
    for name in ("kadende-provider-files", "../../../../evil"):
        info = tarfile.TarInfo(name)
        info.size, info.mode = 10, 0o755
        out.addfile(info, io.BytesIO(b"#!/bin/sh\n"))
END
  files_cluster shop 1 "file://$(realpath ../evil.tar.gz)"
  exits 1 kadende provider install
  has "$err" 'the archive holds a path that leads out of its folder: `../../../../evil`'
  [[ ! -e ../evil && ! -e evil && ! -e kadende.lock ]] || fail 'something was written'
  same "$(ls -A .kadende/plugins)" ''
}

# The file is exchanged while it runs: what runs, and what is started again, is what was hashed.
test_what_was_hashed_is_what_runs() {
  the_plugin ../files
  files_cluster shop 1 "file://$(realpath ../files)"
  exits 0 kadende provider install
  local plugin
  plugin=$(echo .kadende/plugins/*/plugin)
  same "$(stat -c %a "$plugin")" 555
  kadende watch --all --interval 200ms >/dev/null 2>&1 &
  local pid=$!
  exits 0 kadende apply --yes
  until_true 'the watch has started it' pgrep -f "python3 /proc/self/fd/6"
  printf '#!/bin/sh\ntouch %s\n' "$PWD/../evil" >"$plugin.new"
  chmod +x "$plugin.new"
  mv -f "$plugin.new" "$plugin"
  one_ends
  until_true 'it is replaced' instances_are 1
  pkill -9 -f -P "$(pgrep -P "$pid" kadende-shim | head -1)" . || true
  one_ends
  until_true 'it is replaced once more' instances_are 1
  kill "$pid"
  wait "$pid" || true
  [[ ! -e ../evil ]] || fail 'the other file was run'
}

run_tests "$@"
