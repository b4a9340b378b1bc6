# Plans read by HashiCorp's own library, the one under most Go tools that take plans.
. "$(dirname "$0")/plans.sh"

library=/usr/share/gocode/src/github.com/hashicorp/terraform-json
if ! command -v go >/dev/null || [[ ! -d $library ]]; then
  echo "SKIPPED: no Go, or not the library (Debian: golang-go golang-github-hashicorp-terraform-json-dev)"
  exit 77
fi
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE=  # the cache is in the test's home, and goes with it

# reads SITUATION LINE...: the library understands the plan, and finds exactly these changes.
reads() {
  exits 0 ../read_plan "plan-$1.json"
  same "$out" "$(printf '%s\n' "${@:2}")"
}

test_the_library_understands_every_plan() {
  go build -o ../read_plan "$here/read_plan.go" || fail "the reader does not build"
  plans
  local file
  for file in plan-*.json; do exits 0 ../read_plan "$file"; done
  reads first_apply 'sim.data/db["a"] create' 'sim.data/db["b"] create' 'sim.web[0] create' 'sim.web[1] create' \
    'sim.web[2] create'
  reads nothing_to_do 'sim.data/db["a"] no-op' 'sim.data/db["b"] no-op' 'sim.web[0] no-op' 'sim.web[1] no-op' \
    'sim.web[2] no-op'
  reads labels 'sim.data/db["a"] no-op' 'sim.data/db["b"] no-op' 'sim.web[0] update' 'sim.web[1] update' \
    'sim.web[2] update'
  reads everything 'sim.data/db["a"] delete' 'sim.data/db["b"] create' 'sim.data/db["c"] create' \
    'sim.web[0] replace destroy-first' 'sim.web[1] replace destroy-first' 'sim.web[2] replace destroy-first' \
    'sim.web[3] create'
  reads destroy 'sim.data/db["a"] delete' 'sim.data/db["b"] forget' 'sim.web[0] delete' 'sim.web[1] delete' \
    'sim.web[2] delete'
}

run_tests "$@"
