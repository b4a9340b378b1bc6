# Completion: what real shells offer at the key.
. "$(dirname "$0")/lib.sh"

# offers WORD...: the words that may stand at the end of this line, sorted, on one line in $out.
offers() { out=$(kadende __complete "$@" | sed 1d | cut -f1 | sort | tr '\n' ' '); }

clusters_here() {
  sim_file shop.yml shop 3
  sed -i 's/^  web:/  data:\n    db:\n      logicalIds: [a, b]\n      resourcePlugin: {name: sim}\n      resourceProperties: {cloud: cloud.sim, image: x}\n  web:/' shop.yml
  exits 0 kadende apply shop.yml --yes
}

test_commands_and_options_are_those_of_the_registry() {
  offers pl
  same "$out" "plan "
  local command
  offers ''
  for command in $(kadende --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'); do has " $out" " $command "; done
  offers sim ''
  has "$out" vanish
  offers nodes lo
  same "$out" "logs "
  offers help unt
  same "$out" "untaint "
  for command in plan apply watch 'nodes logs'; do
    # shellcheck disable=SC2086
    offers $command -
    local option
    # shellcheck disable=SC2086
    for option in $(kadende $command --help | grep -o -- '^  -[^ ]*' | tr ',' ' '); do has " $out" " $option "; done
  done
}

test_what_was_said_is_not_offered_again() {
  offers plan --json --jso
  same "$out" ""
  offers plan --var a=1 --var
  same "$out" "--var --var-file "
  offers plan -- -
  same "$out" ""
}

test_closed_choices() {
  offers plan --format ''
  same "$out" "json markdown text "
  offers graph --format=d
  same "$out" "--format=dot "
  offers completion z
  same "$out" "zsh "
}

test_files_and_folders_are_left_to_the_shell() {
  same "$(kadende __complete plan '' | head -n 1)" files
  same "$(kadende __complete plan --var-file '' | head -n 1)" files
  same "$(kadende __complete plan --state '' | head -n 1)" dirs
  same "$(kadende __complete events '' | head -n 1)" words
}

test_names_out_of_state() {
  clusters_here
  offers events ''
  same "$out" "shop "
  offers nodes --group ''
  same "$out" "data data/db web "
  offers taint web
  same "$out" "web-0 web-1 web-2 "
  offers taint "'web["
  same "$out" "web[0] web[1] web[2] "
  offers taint 'web\[2'
  same "$out" "web[2] "
  offers plan --replace data
  same "$out" "data-db-a data-db-b "
  offers events --node=web-1
  same "$out" "--node=web-1 "
  mkdir elsewhere
  cd elsewhere
  offers events ''
  same "$out" ""
  offers events --state ../.kadende ''
  same "$out" "shop "
  [[ ! -e .kadende ]] || fail "completion made a state directory"
}

test_nodes_of_the_named_cluster_only() {
  clusters_here
  sim_file other.yml other 9
  exits 0 kadende apply other.yml --yes
  offers taint --cluster shop web
  same "$out" "web-0 web-1 web-2 "
  offers events shop --node web
  same "$out" "web-0 web-1 web-2 "
  offers events ''
  same "$out" "other shop "
}

test_too_many_nodes_are_offered_by_group() {
  sim_file shop.yml shop 700
  sed -i 's/^  web:/  db:\n    size: 3\n    resourcePlugin: {name: sim}\n    resourceProperties: {cloud: cloud.sim, image: x}\n  web:/' shop.yml
  exits 0 kadende apply --yes -q --parallelism 64
  offers taint ''
  same "$out" "db- web- "
  offers taint db
  same "$out" "db-0 db-1 db-2 "
  offers taint web-69
  has "$out" "web-699 "
}

test_trouble_is_silent() {
  mkdir .kadende
  printf 'no store' >.kadende/data.mdb
  exits 0 kadende __complete events ''
  same "$err" ""
  same "$out" "words"
  exits 0 kadende __complete events --state /proc/1/root/nosuch ''
  same "$err" ""
  exits 0 kadende __complete
  exits 0 kadende __complete nosuch --what ''
  same "$out" "words"
  exits 1 kadende completion tcsh
  exits 1 kadende completion
}

# --- the shells themselves

# in_bash LINE: what bash would offer or insert for a command line that ends at the cursor.
in_bash() {
  out=$(bash --norc --noprofile -c '
    eval "$(kadende completion bash)"
    read -ra COMP_WORDS <<<"${1//=/ = }"
    [[ $1 != *" " ]] || COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$1 COMP_POINT=${#1}
    _kadende
    printf "%s\n" "${COMPREPLY[@]}" | sort | tr "\n" " "' bash "$1")
}

test_bash() {
  clusters_here
  touch 'a file.yml'
  mkdir some-folder
  in_bash "kadende val"
  same "$out" "validate "
  in_bash "kadende plan --format m"
  same "$out" "markdown "
  in_bash "kadende plan --format=m"
  same "$out" "markdown "
  in_bash "kadende taint --cluster=shop web-"
  same "$out" "web-0 web-1 web-2 "
  in_bash "kadende taint web["
  same "$out" 'web\[0\] web\[1\] web\[2\] '
  in_bash "kadende plan shop"
  same "$out" "shop.yml "
  in_bash "kadende plan --state=some"
  same "$out" "some-folder "
  in_bash "kadende "
  has "$out" "apply "
}

test_bash_at_the_key() {
  clusters_here
  mkdir some-folder
  cat >rc <<'RC'
PS1='> '
bind 'set enable-bracketed-paste off'
bind 'set bell-style none'
RC
  printf 'eval "$(kadende completion bash)"\n' >>rc
  # The tab key is pressed; what then stands in the line is run by a function of the same name, which tells its words.
  cat >>rc <<'RC'
kadende() { if [[ $1 == __complete ]]; then command kadende "$@"; else printf '<%s>' "$@" >>told; fi; }
RC
  printf 'kadende val\t--state some\t sho\t\nkadende taint web[2\t\nkadende plan --format=js\t\nexit\n' |
    script -qefc "bash --noprofile --rcfile rc -i" /dev/null >screen 2>&1 || true
  has "$(cat told)" "<validate><--state><some-folder/><shop.yml>"
  has "$(cat told)" "<taint><web[2]>"
  has "$(cat told)" "<plan><--format=json>"
}

skip_without() {
  command -v "$1" >/dev/null && return 1
  echo "skipped ${FUNCNAME[1]}: $1 is not installed"
}

test_fish() {
  ! skip_without fish || return 0
  clusters_here
  touch 'a file.yml'
  mkdir some-folder
  in_fish() { out=$(fish -N -c 'kadende completion fish | source; complete -C $argv[1]' "$1" | cut -f1 | sort | tr '\n' ' '); }
  in_fish "kadende val"
  same "$out" "validate "
  in_fish "kadende plan --format m"
  same "$out" "markdown "
  in_fish "kadende plan --format=m"
  same "$out" "--format=markdown "
  in_fish "kadende taint web-"
  same "$out" "web-0 web-1 web-2 "
  in_fish "kadende nodes --group data"
  same "$out" "data data/db "
  in_fish "kadende plan shop"
  same "$out" "shop.yml "
  in_fish "kadende plan --state some"
  same "$out" "some-folder/ "
  in_fish "kadende events shop"
  same "$out" "shop "
  has "$(fish -N -c 'kadende completion fish | source; complete -C "kadende val"')" "Check a cluster file"
}

# in_zsh LINE: the line after the tab key, in a zsh with its completion system on.
in_zsh() {
  out=$(zsh -f -c '
    zmodload zsh/zpty
    zpty shell "TERM=dumb zsh -f -i"
    zpty -w shell "PS1= PROMPT_EOL_MARK= RPS1=; unsetopt zle_bracketed_paste 2>/dev/null; autoload -U compinit; compinit -u -D; source <(kadende completion zsh)"
    zpty -w shell "dump() { print -r -- \"LINE=<\$BUFFER>\"; BUFFER= }; zle -N dump; bindkey \"^X\" dump; LISTMAX=1000; print -r -- READY=\${:-yes}"
    zpty -r -m shell seen "*READY=yes*"
    zpty -w -n shell "$1"$'"'\t'"'
    zpty -w -n shell $'"'\x18'"'
    zpty -r -m shell seen "*LINE=<*>*"
    print -r -- ${${seen##*LINE=<}%%>*}' zsh "$1" </dev/null)
}

test_zsh() {
  ! skip_without zsh || return 0
  clusters_here
  mkdir some-folder
  in_zsh "kadende val"
  same "$out" "kadende validate "
  in_zsh "kadende plan --format m"
  same "$out" "kadende plan --format markdown "
  in_zsh "kadende plan --format=m"
  same "$out" "kadende plan --format=markdown "
  in_zsh "kadende taint data-db-"
  same "$out" "kadende taint data-db-"
  in_zsh "kadende taint data-db-b"
  same "$out" "kadende taint data-db-b "
  in_zsh "kadende taint web\\[1"
  same "$out" "kadende taint web\\[1\\] "
  in_zsh "kadende plan shop"
  same "$out" "kadende plan shop.yml "
  in_zsh "kadende plan --state some"
  same "$out" "kadende plan --state some-folder/"
  in_zsh "kadende events s"
  same "$out" "kadende events shop "
}

run_tests "$@"
