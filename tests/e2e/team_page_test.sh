# The page of state/README.md that is there to be copied and pasted, as it stands.
. "$(dirname "$0")/remote_lib.sh"
export KADENDE_ACTOR=reader@desk

# The indented lines of its section.
page() {
  sed -n "/^## A team's day/,/^## Working store/s/^    //p" "$root/state/README.md"
}

test_the_page_works_as_it_is_written() {
  command -v timeout >/dev/null || {
    echo "skipped: no \`timeout\` here" >&2
    return 0
  }
  git config --global user.name reader && git config --global user.email reader@localhost
  page >page.sh
  [[ $(grep -c kadende page.sh) -gt 20 ]] || fail "the page was not found"
  exits 0 bash -euo pipefail page.sh
  has "$out" "Apply complete! Resources: 3 added, 0 changed, 0 destroyed."
  has "$out" "No changes."
  has "$out" "1 added, 0 changed, 0 destroyed"
  has "$out" "live 4"
  has "$out" "reader@desk"
  has "$out" "shop: whole."
  has "$(cat bob/comment.md)" "1 to add"
  same "$(kadende sim count shop.cloud | sed -n 's/^live //p')" 3
  same "$(git -C team.git for-each-ref refs/kadende/run | wc -l)" 0
}

run_tests "$@"
