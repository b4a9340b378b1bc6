# The lines that readers of Terraform's text look for, with the anchors that they use: a heading per change that ends with
# the words, and one summary line.
. "$(dirname "$0")/plans.sh"

# headings WORDS: the nodes whose headings end with them, as such a reader finds them.
headings() { sed -nE "s/^ *# (.*) $1\$/\1/p" <<<"$out" | tr '\n' ' '; }
line() { grep -qE "$1" <<<"$out" || fail "no line matches $1:
$out"; }

test_headings() {
  shop a 3 'a, b' web
  exits 0 kadende plan
  same "$(headings 'will be created')" 'data/db[a] data/db[b] web[0] web[1] web[2] '
  exits 0 kadende apply --yes
  shop a 2 'b, c' front
  exits 0 kadende plan
  same "$(headings 'will be created')" 'data/db[c] '
  same "$(headings 'will be destroyed')" 'data/db[a] web[2] '
  same "$(headings 'will be updated in-place')" 'web[0] web[1] '
  shop b 3 'a, b' web
  exits 0 kadende plan
  same "$(headings 'must be replaced')" 'web[0] web[1] web[2] '
  exits 0 kadende apply --yes
  same "$(headings 'must be replaced')" 'web[0] web[1] web[2] '
}

test_summaries() {
  shop a 3 'a, b' web
  exits 0 kadende plan
  line '^Plan: 5 to add, 0 to change, 0 to destroy\.$'
  exits 0 kadende apply --yes
  line '^Plan: 5 to add, 0 to change, 0 to destroy\.$'
  line '^Apply complete! Resources: 5 added, 0 changed, 0 destroyed\.$'
  exits 0 kadende plan
  line '^No changes\. Your infrastructure matches the configuration\.$'
  exits 0 kadende apply --yes
  line '^No changes\. Your infrastructure matches the configuration\.$'
  line '^Apply complete! Resources: 0 added, 0 changed, 0 destroyed\.$'
  shop b 2 'a, b' web
  exits 0 kadende plan -q
  same "$out" 'Plan: 2 to add, 0 to change, 3 to destroy.'
  exits 0 kadende apply --yes
  line '^Apply complete! Resources: 2 added, 0 changed, 3 destroyed\.$'
  exits 0 kadende destroy --yes
  line '^Plan: 0 to add, 0 to change, 4 to destroy\.$'
  same "$(headings 'will be destroyed')" 'data/db[a] data/db[b] web[0] web[1] '
  line '^Destroy complete! Resources: 4 destroyed\.$'
}

run_tests "$@"
