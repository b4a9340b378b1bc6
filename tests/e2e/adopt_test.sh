# An existing instance is given to a place of a group, and a node is taken out of the state: adopt, forget.
. "$(dirname "$0")/lib.sh"

# A cluster of SIZE nodes with a label.
labelled() {
  sim_file shop.yml shop "$1"
  cat >>shop.yml <<'EOC'
    labels: {tier: web}
EOC
}

applied() {
  labelled "$1"
  exits 0 kadende apply --yes
}

id_of() { kadende nodes --json | tr '{' '\n' | sed -n "s/.*\"node\":\"$(sed 's/[][]/\\&/g' <<<"$1")\".*\"instance\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }
owner_of() { kadende sim list cloud.sim --json | grep "\"id\":\"$1\"" | sed 's/.*"lineage":"\([^"]*\)".*/\1/'; }
has_faults() { KADENDE_FAULT_TRACE=$PWD/trace kadende unhold web >/dev/null && [[ -s trace ]]; }

test_an_instance_made_by_hand_becomes_a_node() {
  applied 1
  local id
  id=$(kadende sim run cloud.sim legacy-1 image=old --label tier=db --label extra=1)
  exits 1 kadende adopt 'web[1]' "$id"
  has "$out" 'owner     nobody -> shop, incarnation 1'
  has "$out" 'legacy-1, which stays'
  has "$out" '~ labels.tier: "db" -> "web"'
  has "$out" '~ labels.extra: "1" -> absent'
  has "$out" '~ image: "old" -> "a"  # stays as it is until the node is replaced'
  has "$out" 'raise `size` before the next apply'
  has "$err" '--yes'
  exits 0 kadende adopt 'web[1]' "$id" --yes
  has "$out" "web[1] is instance $id now."
  labelled 2
  exits 0 kadende apply --yes
  exits 0 kadende plan --detailed-exitcode
  same "$(sim_count made)" 2
  exits 0 kadende log --oneline
  has "$out" "adopt shop: web[1] is $id"
  exits 0 kadende events --kind node_adopted
  has "$out" "$id"
  exits 0 kadende destroy --yes
  same "$(sim_count live)" 0
}

test_a_forgotten_instance_runs_on_and_can_be_taken_back() {
  applied 2
  local id
  id=$(id_of 'web[1]')
  exits 0 kadende forget 'web[1]'
  has "$out" "Its instance $id runs on, without our tags."
  has "$out" "kadende adopt web[1] $id"
  same "$(owner_of "$id")" ''
  labelled 1
  exits 0 kadende apply --yes
  exits 0 kadende plan --detailed-exitcode
  same "$(sim_count live)" 2
  labelled 2
  exits 0 kadende adopt web-1 "$id" --yes
  exits 0 kadende apply --yes
  same "$(id_of 'web[1]')" "$id"
  same "$(sim_count made)" 2
}

test_a_forgotten_instance_that_keeps_its_tags_is_no_stray() {
  applied 2
  local id
  id=$(id_of 'web[1]')
  kadende sim set cloud.sim update-fail-next=1 update-fail-code=denied
  exits 0 kadende forget 'web[1]'
  has "$out" 'with our tags, and is left alone'
  exits 0 kadende plan
  has "$out" 'it was asked for'
  lacks "$out" 'cut off'
  exits 0 kadende apply --yes
  has "$out" "instance $id was forgotten by"
  same "$(sim_count live)" 3
  exits 0 kadende reconcile shop
  same "$(sim_count live)" 3
  exits 1 kadende adopt 'web[1]' "$id" --yes
  has "$err" 'web[1] has a node'
  exits 0 kadende adopt 'web[2]' "$id" --yes
  same "$(id_of 'web[2]')" "$id"
}

test_a_process_is_forgotten_and_taken_back_as_it_is() {
  cat >web.yml <<'EOC'
version: "1"
name: web
groups:
  web:
    size: 2
    resourcePlugin: {name: process}
    resourceProperties: {command: sleep, args: [3600]}
EOC
  exits 0 kadende apply --yes
  local id
  id=$(id_of 'web[1]')
  exits 0 kadende forget 'web[1]'
  has "$out" 'cannot take them off'
  sed -i 's/size: 2/size: 1/' web.yml
  exits 0 kadende apply --yes
  exits 1 kadende adopt 'web[5]' "$id" --yes
  has "$err" 'only into the place that it was made for'
  exits 0 kadende adopt 'web[1]' "$id" --yes
  sed -i 's/size: 1/size: 2/' web.yml
  exits 0 kadende apply --yes
  exits 0 kadende plan --detailed-exitcode
  same "$(id_of 'web[1]')" "$id"
  exits 0 kadende destroy --yes
}

test_what_cannot_be_adopted_is_said() {
  applied 1
  local id
  id=$(id_of 'web[0]')
  exits 1 kadende adopt 'web[1]' sim-00000000099 --yes
  has "$err" 'has no instance `sim-00000000099`'
  exits 1 kadende adopt 'web[1]' "$id" --yes
  has "$err" "instance $id is web[0] already"
  exits 1 kadende adopt 'wab[1]' "$id" --yes
  has "$err" 'did you mean'
  exits 1 kadende adopt 'web[x]' "$id" --yes
  has "$err" 'its places are numbers'
  sim_file other.yml other 1
  exits 0 kadende apply other.yml --yes --state other-state
  local foreign lineage
  foreign=$(kadende sim list cloud.sim --json | sed -n 's/.*"id":"\([^"]*\)".*"cluster":"other".*/\1/p')
  lineage=$(owner_of "$foreign")
  exits 1 kadende adopt 'web[1]' "$foreign" --yes
  has "$err" 'belongs to another cluster'
  exits 0 kadende adopt 'web[1]' "$foreign" --yes --from-lineage "$lineage"
  [[ $(owner_of "$foreign") != "$lineage" ]] || fail "it still belongs to the other cluster"
}

# Killed between any two steps, the same command again or an apply finishes; nothing is made, nothing lost.
test_an_adoption_that_is_cut_off_anywhere_is_finished() {
  applied 1
  has_faults || exit 0
  local point finish n=0
  for point in apply.edit.before apply.edit.after apply.adopt.mark.before providers.sim.update.before \
    providers.sim.update.after apply.adopt.mark.after apply.edit.acted.before apply.edit.acted.after apply.publish.before \
    apply.publish.after apply.published.after; do
    for finish in again apply; do
      n=$((n + 1))
      local id
      id=$(kadende sim run cloud.sim "by-hand-$n")
      local made
      made=$(sim_count made)
      KADENDE_FAULT=$point kadende adopt "web[$n]" "$id" --yes >/dev/null 2>&1 && fail "$point was not reached"
      labelled $((n + 1))
      if [[ $finish == again ]]; then
        kadende adopt "web[$n]" "$id" --yes >out 2>err || grep -q 'already' err || fail "$point: $(cat err)"
      elif [[ $point == apply.edit.before ]]; then
        exits 0 kadende adopt "web[$n]" "$id" --yes  # nothing of it was written down
      else
        exits 0 kadende apply --yes
      fi
      exits 0 kadende apply --yes
      same "$(id_of "web[$n]")" "$id"
      same "$(sim_count made)" "$made"
      exits 0 kadende plan --detailed-exitcode
      lacks "$out" behind
    done
  done
  same "$(sim_count live)" $((n + 1))
}

test_a_forgetting_that_is_cut_off_anywhere_loses_nothing() {
  applied 1
  has_faults || exit 0
  local point
  for point in apply.edit.before apply.edit.after apply.forget.untag.before providers.sim.update.before \
    providers.sim.update.after apply.forget.untag.after apply.edit.acted.before apply.publish.before apply.published.after; do
    local id
    id=$(id_of 'web[0]')
    KADENDE_FAULT=$point kadende forget 'web[0]' >/dev/null 2>&1 && fail "$point was not reached"
    exits 0 kadende apply --yes
    kadende sim list cloud.sim --json | grep -q "\"id\":\"$id\"" || fail "$point: the forgotten instance was destroyed"
    [[ $point == apply.edit.before ]] || [[ $(id_of 'web[0]') != "$id" ]] || fail "$point: it is still the node"
  done
}

run_tests "$@"
