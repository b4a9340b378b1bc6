# A pull request from a stranger: `kadende plan` of its file runs nothing, opens nothing beyond, sends nothing, and its
# output breaks nothing, wherever that is read.
. "$(dirname "$0")/lib.sh"
readonly readers=$root/tests/readers

# What was reviewed, applied, and is in force.
applied() {
  git init -q .
  git config user.name tester
  git config user.email tester@example.org
  cat >shop.yml <<'END'
version: "1"
name: shop
groups:
  web:
    size: 2
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: cloud.sim, image: a}
END
  exits 0 kadende apply --yes
  printf 'the-value-of-a-foreign-file' >../foreign
}

# The stranger's file: a property of everything that could be misused.
hostile() {
  cat >shop.yml <<END
version: "1"
name: shop
state: {remote: "http://127.0.0.1:1/stolen.git"}
groups:
  web:
    size: 3
    resourcePlugin: {name: sim, version: "9.9", url: "http://169.254.169.254/plugin.so"}
    labels: {note: "\e[2J\e]0;owned\a\`id\` \$(id) <script>alert(1)</script> </details> | a | b |", way: "\u202Egnp.exe\u200B"}
    resourceProperties:
      cloud: cloud.sim
      image: "a\r\n## forged\n\n</details>\n\n| x | y |\n|---|---|\n::set-output name=x::y\n![i](http://169.254.169.254/x.png)"
      user: "\${secret.file./etc/shadow}"
      other: "\${secret.file.../foreign}"
      path: "\${secret.env.PATH}"
      odd: "\${secret.file.a\e[31m\`b\`</summary>\u202E}"
      huge: "$(head -c 300000 /dev/zero | tr '\0' 'A')"
    healthChecks:
      - {name: meta, type: http, url: "http://169.254.169.254/latest/meta-data/"}
      - {name: run, type: exec, command: [touch, ../ran-by-a-check]}
      - {name: port, type: tcp, address: "127.0.0.1:1"}
    hooks: [{at: post_create, exec: [touch, ../ran-by-a-hook]}]
  job:
    size: 1
    resourcePlugin: {name: process}
    resourceProperties:
      command: ./run.sh
      files: {run.sh: "#!/bin/sh\ntouch ../../../../../../ran-by-a-node\n"}
      env: {LD_PRELOAD: "../evil.so"}
END
  # Settings beside the file that other tools would follow.
  printf '{"plugins":[{"name":"sim","url":"http://169.254.169.254/"}]}\n' >kadende.lock
  printf '[core]\n\tfsmonitor = touch ../ran-by-git\n\thooksPath = hooks\n\tsshCommand = touch ../ran-by-git\n' >.gitconfig
  mkdir -p hooks
  printf '#!/bin/sh\ntouch %s/ran-by-git\n' "$(dirname "$PWD")" >hooks/post-commit
  chmod +x hooks/post-commit
}

# Every way of looking at it; the output of each in ../said.
look() {
  mkdir -p ../said
  "$@" kadende validate >../said/validate 2>&1 || true
  "$@" kadende plan -v >../said/text 2>../said/text.err || true
  "$@" kadende plan --format json >../said/json 2>../said/json.err || true
  "$@" kadende plan --format markdown >../said/markdown 2>../said/markdown.err || true
  "$@" kadende plan --json >../said/stream 2>../said/stream.err || true
  "$@" kadende plan --out ../said/saved >../said/saved.out 2>&1 || true
  "$@" kadende graph >../said/graph 2>&1 || true
  "$@" kadende plan --destroy >../said/destroy 2>&1 || true
}

test_nothing_runs_and_nothing_is_read() {
  applied
  hostile
  cp -r .git ../git-before
  look env
  grep -q 'Plan: ' ../said/text || fail "$(cat ../said/text ../said/text.err)"
  [[ -z $(ls .. | grep '^ran-by') ]] || fail "something ran: $(ls ..)"
  ! grep -rqF 'the-value-of-a-foreign-file' ../said || fail "a foreign file was read"
  ! grep -rqF "$(head -1 /etc/shadow 2>/dev/null | cut -c1-200 || echo none)" ../said || fail "/etc/shadow was read"
  ! grep -rqF "$PATH" ../said || fail "a variable was read"
  grep -q 'secret.file./etc/shadow' ../said/text || fail "the reviewer does not see that a secret is asked for"
  diff -r .git ../git-before >/dev/null || fail "a plan changed the repository"
  same "$(sim_count made)" 2
}

# By the kernel's own account.
test_system_calls_of_a_plan() {
  command -v strace >/dev/null || { echo "  skipped: no strace"; return; }
  strace -f -o ../try true 2>/dev/null || { echo "  skipped: strace may not look here"; return; }
  applied
  hostile
  look strace -f -qq -A -o ../calls -e trace=network,process,openat,open,unlink,rename,mkdir
  grep -q 'execve(' ../calls || fail "strace saw nothing"
  local bad
  bad=$(grep -E '(connect|sendto|sendmsg|bind|socket)\(' ../calls | grep -vE 'AF_UNIX|AF_LOCAL' || true)
  [[ -z $bad ]] || fail "it spoke to the network: $bad"
  bad=$(grep -E 'execve(at)?\(' ../calls | grep -v 'ENOENT' | grep -vE 'execve\("[^"]*/(kadende|git|git-[a-z-]*)"' || true)
  [[ -z $bad ]] || fail "it ran: $bad"
  # No program of the file's folder, and git is not let into it either.
  bad=$(grep -E '"[^"]*/?(shadow|foreign|evil\.so|kadende\.lock|\.gitconfig)"|"[^"]*hooks/|run\.sh' ../calls |
    grep -v "\"$HOME/\.gitconfig\"" || true)
  [[ -z $bad ]] || fail "it opened: $bad"
}

# A plugin of the stranger's, with everything that a pull request can bring along: its url, a lock file that pins it, and
# the file itself where installed ones are.
hostile_plugin() {
  printf '#!/bin/sh\ntouch %s/ran-by-a-plugin\n' "$(dirname "$PWD")" >../evil
  local hash
  hash=$(sha256sum ../evil | cut -d' ' -f1)
  mkdir -p ".kadende/plugins/$hash"
  cp ../evil ".kadende/plugins/$hash/plugin"
  chmod +x ../evil ".kadende/plugins/$hash/plugin"
  printf 'kadende-lock 1\n\nplugin evil\n  version 1.0\n  url http://127.0.0.1:1/evil\n  sha256 any %s\n' "$hash" >kadende.lock
  cat >shop.yml <<'END'
version: "1"
name: shop
pluginIndex: "http://127.0.0.1:1/{name}"
groups:
  web:
    size: 2
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: cloud.sim, image: a}
  evil:
    size: 3
    resourcePlugin: {name: evil, version: "1.0", url: "http://127.0.0.1:1/evil"}
    resourceProperties: {x: 1}
END
}

test_a_plugin_that_nobody_applied_is_not_run() {
  applied
  hostile_plugin
  look env
  [[ -z $(ls .. | grep '^ran-by') ]] || fail "something ran: $(ls ..)"
  has "$(cat ../said/text)" 'not looked at: plugin `evil` is not pinned in the applied state'
  has "$(cat ../said/text)" 'Plan: 3 to add, 0 to change, 0 to destroy.'
  has "$(cat ../said/markdown)" 'not looked at'
  has "$(cat ../said/json)" notLookedAt
  has "$(cat ../said/saved)" notLookedAt
  exits 0 kadende reconcile
  [[ -z $(ls .. | grep '^ran-by') ]] || fail "something ran: $(ls ..)"
  command -v strace >/dev/null && strace -f -o ../try true 2>/dev/null || { echo "  skipped: no strace"; return 0; }
  look strace -f -qq -A -o ../calls -e trace=network,process
  local bad
  bad=$(grep -E '(connect|sendto|sendmsg|bind|socket)\(' ../calls | grep -vE 'AF_UNIX|AF_LOCAL' || true)
  [[ -z $bad ]] || fail "it spoke to the network: $bad"
  bad=$(grep -E 'execve(at)?\(' ../calls | grep -v 'ENOENT' | grep -vE 'execve\("[^"]*/(kadende|git|git-[a-z-]*)"' || true)
  [[ -z $bad ]] || fail "it ran: $bad"
}

# A state that is under version control is a stranger's word, too.
test_a_state_in_the_pull_request_trusts_nothing() {
  applied
  hostile_plugin
  cp "$root/examples/plugins/python/kadende-provider-files" ../evil
  sed -i 's|url: "http.*evil"}|url: "file://'"$(realpath ../evil)"'"}|; s/x: 1/folder: made/' shop.yml
  rm kadende.lock
  exits 0 kadende provider install
  exits 0 kadende apply --yes
  exits 0 kadende plan
  lacks "$out" 'not looked at'
  git add -f .kadende kadende.lock shop.yml
  git commit -qm 'Nothing to see here'
  exits 0 kadende plan
  has "$out" 'not looked at: plugin `evil` is not pinned in the applied state'
}

test_no_output_is_broken() {
  applied
  hostile
  look env
  local said
  for said in ../said/*; do
    # Escape and other control characters, but for line ends (and a tab within JSON never).
    ! LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]' "$said" || fail "control characters in $said"
    ! grep -qP '[\x{202a}-\x{202e}\x{2066}-\x{2069}]' "$said" 2>/dev/null || [[ $said == *saved || $said == *json || $said == *stream ]] ||
      fail "bidi characters in $said"
    ! grep -qE '^(::set-output|## forged)' "$said" || fail "a line was forged in $said"
  done
  if command -v python3 >/dev/null; then
    for said in json saved; do python3 -c 'import json, sys; json.load(open(sys.argv[1]))' ../said/$said || fail "$said is no JSON"; done
    python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' ../said/stream || fail "the stream is no JSON"
  fi
  (($(wc -m <../said/markdown) < 65536)) || fail "the Markdown plan is too long for a comment"
  if command -v cmark-gfm >/dev/null && command -v python3 >/dev/null; then
    cmark-gfm --unsafe -e table -e autolink -e strikethrough -e footnotes -e tasklist ../said/markdown >page.html
    exits 0 python3 "$readers/check_markdown.py" page.html h2=1 h3=0
  fi
  shown_in_terminal kadende plan
  has "$out" "Plan: "
  ! printf '%s' "$out" | grep -qP '\x1b(?!\[[0-9;]*m)' || fail "an escape code reached the terminal"
}

run_tests "$@"
