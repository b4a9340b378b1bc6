# examples/ansible, as its README has it: a real playbook configures real processes.
. "$(dirname "$0")/lib.sh"

for program in ansible-playbook busybox; do
  if ! command -v "$program" >/dev/null; then
    echo "skipped: $program is not installed"
    exit 77
  fi
done

page() { timeout 10 busybox wget -q -O - "http://127.0.0.1:$1/"; }

test_the_example_configures_verifies_and_cleans_up() {
  cp -r "$root/examples/ansible/." .
  # Ports of this test alone, so that the example may run beside it.
  sed -i 's/18180/28180/g' web.yml
  exits 0 kadende apply --yes
  same "$(page 28180)" "web-0 of ansible-web, incarnation 1"
  same "$(page 28181)" "web-1 of ansible-web, incarnation 1"
  exits 0 kadende taint 'web[0]'
  exits 0 kadende apply --yes
  same "$(page 28180)" "web-0 of ansible-web, incarnation 2"
  same "$(page 28181)" "web-1 of ansible-web, incarnation 1"
  exits 0 kadende destroy --yes
  [[ ! -e sites/web-0 && ! -e sites/web-1 ]] || fail "something is left: $(ls sites)"
}

test_a_playbook_that_fails_says_what() {
  cp -r "$root/examples/ansible/." .
  sed -i 's/18180/28190/g; s/size: 2/size: 1/' web.yml
  sed -i 's/mode: "0644"/mode: "0644"\n        group: nosuchgroup/' playbooks/configure.yml
  exits 1 kadende apply --yes
  has "$out$err" "could not be configured"
  exits 0 kadende events --kind hook_failed
  has "$out" "post_create failed"
  exits 0 kadende destroy --yes
}

run_tests "$@"
