# The manual pages: complete, and clean for the programs that show them.
. "$(dirname "$0")/lib.sh"

pages() {
  mkdir -p man1
  exits 0 kadende __man man1
}

test_each_command_has_a_page_with_its_options() {
  pages
  local command option page
  kadende __complete help '' | sed 1d | cut -f1 >commands
  has "$(cat commands)" apply
  for command in $(cat commands) nodes-logs sim-create state-status provider-test rollout-status; do
    [[ $command != sim && $command != state && $command != provider && $command != rollout ]] || continue  # a page for each of their own commands
    page=man1/kadende-$command.1
    [[ -s $page ]] || fail "no page for $command"
    for option in $(kadende __complete ${command//-/ } - | sed 1d | cut -f1 | grep -v -e '^-h$' -e '^--help$'); do
      grep -qF -- "$(sed 's/-/\\-/g' <<<"$option")" "$page" || fail "$option is not in $page"
    done
    grep -qF "kadende\\-$command" man1/kadende.1 || grep -qF "kadende\\-${command//-/\\-}" man1/kadende.1 ||
      fail "$command is not in kadende.1"
  done
}

test_same_bytes_each_time() {
  pages
  mv man1 first
  pages
  diff -r first man1
}

test_rendered_without_a_warning() {
  command -v man groff >/dev/null || {
    echo "skipped ${FUNCNAME[0]}: man-db and groff-base are not installed"
    return 0
  }
  pages
  local page
  for page in man1/*.1; do
    groff -man -ww -z "$page" >>complaints 2>&1 || fail "groff: $page"
    MANWIDTH=80 man -l --warnings "$page" >shown 2>>complaints || fail "man: $page"
    grep -q '^NAME' shown || fail "nothing is shown of $page"
    ! grep -n '`' shown || fail "raw marks in $page"
  done
  same "$(cat complaints)" ""
  MANWIDTH=80 man -l man1/kadende-plan.1 >shown
  has "$(cat shown)" "One of text, json, markdown."
  has "$(cat shown)" "kadende plan --out plan.json"
  command -v lexgrog >/dev/null || return 0
  for page in man1/*.1; do lexgrog "$page" >/dev/null || fail "apropos cannot read $page"; done
}

test_wrong_folder() {
  exits 1 kadende __man nosuch/folder
  has "$err" "nosuch/folder"
  exits 1 kadende __man
}

run_tests "$@"
