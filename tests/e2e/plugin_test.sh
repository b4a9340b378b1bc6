#!/usr/bin/env bash
# `kadende provider test` over every example, and what becomes of plugins whose kadende is killed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

plugins=$root/examples/plugins
zoo=$root/tests/providers/plugin/zoo.py

# passes COMMAND...: the plugin keeps every promise.
passes() {
  exits 0 kadende provider test --many 10 --timeout 2m -- "$@"
  has "$out" ' 0 failed, 0 skipped'
}

needs() { # needs PROGRAM
  command -v "$1" >/dev/null && return
  echo "  skipped: $1 is not installed" >&2
  exit 0
}

test_python() { passes "$plugins/python/kadende-provider-files"; }
test_node() {
  needs node
  passes "$plugins/node/kadende-provider-files.mjs"
}
test_shell() {
  needs jq
  passes "$plugins/shell/kadende-provider-files"
}
build_go() { # build_go FILE
  (cd "$plugins/go" && GOFLAGS=-mod=mod GOCACHE=${GOCACHE:-$OLDPWD/go-cache} go build -o "$OLDPWD/$1" .)
}
build_shared_object() { # build_shared_object FILE
  mkdir -p include/kadende
  cp "$root/providers/plugin/abi.h" include/kadende/plugin.h
  g++ -std=c++17 -fPIC -shared -Iinclude "$plugins/shared_object/files_plugin.cc" -o "$1"
}
test_go() {
  needs go
  build_go files
  passes ./files
}
test_shared_object() {
  needs g++
  build_shared_object plugin.so
  passes ./plugin.so
}

# a_life NAME: a cluster of the provider from its first apply to its end; the files are the truth.
a_life() {
  local name=$1 write
  write() {
    printf 'version: "1"\nname: %s\ngroups:\n  web:\n    size: %s\n    resourcePlugin: {name: %s}\n' "$name" "$1" "$name"
    printf '    resourceProperties: {folder: %s, content: %s}\n' "$name.d" "$2"
  }
  mkdir -p "$name.c"
  cd "$name.c"
  write 4 hello >shop.yml
  exits 0 kadende apply --yes --plugin-dir ../plugins
  same "$(find . -path '*.d/*' -type f | wc -l)" 4
  exits 0 kadende plan --plugin-dir ../plugins
  has "$out" 'No changes'
  write 2 changed >shop.yml
  exits 0 kadende apply --yes --plugin-dir ../plugins
  has "$out" '0 added, 2 changed, 2 destroyed'
  same "$(grep -l changed -r "$name.d" | wc -l)" 2
  rm "$(find "$name.d" -type f | head -1)"
  exits 0 kadende apply --yes --plugin-dir ../plugins
  has "$out" '1 added'
  exits 0 kadende destroy --yes --plugin-dir ../plugins
  same "$(find "$name.d" -type f | wc -l)" 0
  cd ..
}

# One test, five languages: each is built or copied under a name of its own.
test_a_cluster_of_every_language() {
  mkdir plugins
  local lacking=() languages=(python)
  cp "$plugins/python/kadende-provider-files" plugins/kadende-provider-python
  command -v node >/dev/null && languages+=(node) || lacking+=(node)
  [[ ${languages[*]} != *node* ]] || cp "$plugins/node/kadende-provider-files.mjs" plugins/kadende-provider-files.mjs
  [[ ${languages[*]} != *node* ]] || { printf '#!/bin/sh\nexec "%s"\n' "$PWD/plugins/kadende-provider-files.mjs" >plugins/kadende-provider-node && chmod +x plugins/kadende-provider-node; }
  command -v jq >/dev/null && languages+=(shell) || lacking+=(jq)
  cp "$plugins/shell/kadende-provider-files" plugins/kadende-provider-shell
  if command -v go >/dev/null; then build_go plugins/kadende-provider-go && languages+=(go); else lacking+=(go); fi
  if command -v g++ >/dev/null; then build_shared_object plugins/kadende-provider-object.so && languages+=(object); else lacking+=(g++); fi
  local language
  for language in "${languages[@]}"; do a_life "$language"; done
  ((${#lacking[@]} == 0)) || echo "  skipped what needs ${lacking[*]}: not installed" >&2
}

test_examples_are_short() {
  local file
  for file in "$plugins"/*/*; do
    [[ $file != *folders ]] || continue # shows all abilities
    (($(wc -l <"$file") < 150)) || fail "$file is no short example any more"
  done
}

test_faults_are_found_and_reported() {
  exits 1 kadende provider test --only 'repeated with its token' --junit report.xml "$zoo" doubles
  has "$out" 'FAIL'
  has "$out" 'a second create with the same token made another instance'
  has "$out" '0 passed, 1 failed, 0 skipped'
  python3 - <<'EOF'
import xml.etree.ElementTree as tree
suite = tree.parse("report.xml").getroot().find("testsuite")
assert suite.get("tests") == "1" and suite.get("failures") == "1", suite.attrib
assert "made another instance" in suite.find("testcase/failure").text
EOF
  exits 1 kadende provider test --json --only 'repeated with its token' "$zoo" doubles
  has "$out" '"outcome":"failed"'
  has "$out" '"type":"provider_test","provider":"zoo","version":"1","passed":0,"failed":1,"skipped":0'
}

test_what_cannot_be_tested_is_said() {
  exits 1 kadende provider test ./nothing
  exits 1 kadende provider test no-such-plugin
  has "$err" '`no-such-plugin` is neither a file here nor found in PATH'
  exits 1 kadende provider test "$zoo" ends-at-start
  has "$err" 'no credentials in ~/.zoo'
  exits 1 kadende provider test --only nonsense "$zoo"
  has "$err" 'no promise has the text `nonsense`'
  exits 1 kadende provider test --properties '[]' "$zoo"
  has "$err" '--properties is no JSON object'
}

# For a program of Python that names itself, its path is in its command line.
nothing_of_it_lives() { ! pgrep -f "$PWD/marked" >/dev/null; }

# killed HABIT PATTERN: kadende is killed once a process of the plugin has PATTERN in its command line.
killed() {
  cp "$zoo" marked
  TMPDIR=$PWD kadende provider test ./marked "$1" >/dev/null 2>&1 </dev/null &
  local pid=$!
  until_true 'the plugin runs' pgrep -f "$PWD/marked $2"
  kill -9 "$pid"
  until_true 'the plugin has ended' nothing_of_it_lives
}

test_a_plugin_ends_with_a_kadende_that_is_killed() {
  needs pgrep
  killed hang hang
}

test_what_a_plugin_has_started_ends_with_it_too() {
  needs pgrep
  killed stubborn silent-start # the plugin and its child take no SIGTERM, and the child has a session of its own
}

run_tests "$@"
