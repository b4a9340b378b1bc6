# Plans against our reading of the published description, with a real validator.
. "$(dirname "$0")/plans.sh"

for python in /usr/bin/python3 python3; do
  "$python" -c 'import jsonschema' 2>/dev/null && break
  python=
done
if [[ -z $python ]]; then
  echo "SKIPPED: no JSON Schema validator here (Debian: python3-jsonschema)"
  exit 77
fi
validate() { "$python" "$here/validate_plan.py" "$here/plan.schema.json" "$@"; }

part_of() { "$python" -c 'import json,sys; print(json.dumps(json.load(open(sys.argv[2]))[sys.argv[1]], indent=1))' "$@"; }

test_plans_are_what_is_published() {
  plans
  (($(ls plan-*.json | wc -l) >= 12)) || fail "too few plans: $(ls)"
  exits 0 validate plan-*.json
  # A saved plan says the same, and without the state no less of what changes.
  local part
  for part in resource_changes resource_drift relevant_attributes planned_values prior_state configuration; do
    same "$(part_of "$part" plan-saved.json)" "$(part_of "$part" plan-everything.json)"
  done
  same "$(part_of resource_drift plan-everything.json | grep -c '"address": "sim')" 3
  exits 0 validate "$root"/tests/cli_view/golden/terraform_plan.json
}

test_the_validator_sees_mistakes() {
  shop a 2 a web
  plan_as good
  local change
  for change in 's/"resource_changes"/"resourceChanges"/' 's/\["create"\]/["make"]/' 's/"before":null/"before":{}/' \
    's/"format_version":"1.2"/"format_version":"2.0"/' 's/sim.web\[0\]/sim.web.0/' 's/"index":1/"index":1.5/' \
    's/"applyable":true/"applyable":"yes"/' 's/"image":"a"/"image":"z"/'; do
    sed "$change" plan-good.json >bad.json
    ! cmp -s plan-good.json bad.json || fail "nothing to change: $change"
    exits 1 validate bad.json
  done
}

run_tests "$@"
