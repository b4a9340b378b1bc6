# validate, fmt and schema; files that are missing, empty, broken or hostile.
. "$(dirname "$0")/lib.sh"

test_valid_file() {
  sim_file shop.yml shop 3
  exits 0 kadende validate
  has "$out" "shop.yml is valid: cluster shop, 1 group, 3 nodes"
}

test_sample_of_the_users_is_valid_and_warns_of_lacking_providers() {
  cp "$root/examples/basic_cluster.yml" .
  exits 0 kadende validate basic_cluster.yml
  has "$out" "cluster basic_cluster, 4 groups, 9 nodes"
  has "$err" "warning"
  has "$err" "digitalOcean"
  exits 1 kadende plan basic_cluster.yml
  has "$err" "digitalOcean"
  [[ ! -e .kadende ]] || fail "plan made a state directory"
}

test_every_example_is_valid() {
  local example
  for example in "$root"/examples/*.yml "$root"/examples/quickstart/*.yml; do
    exits 0 kadende validate "$example"
  done
  exits 0 kadende validate "$root/examples/checked_web.yml"
  [[ -z $err ]] || fail "the example with checks warns: $err"
}

test_no_file_here() {
  exits 1 kadende validate
  has "$err" "no cluster file here"
  exits 1 kadende validate absent.yml
  has "$err" "no such file: absent.yml"
}

test_several_files_here_are_listed() {
  sim_file a.yml a 1
  sim_file b.yaml b 1
  echo 'services: {}' >docker-compose.yml
  exits 1 kadende plan
  has "$err" "several cluster files here: a.yml, b.yaml"
}

test_the_one_file_of_a_folder() {
  mkdir sub
  sim_file sub/x.yml x 1
  exits 0 kadende validate sub
  has "$out" "sub/x.yml is valid"
}

test_all_errors_at_their_places() {
  cat >shop.yml <<'EOF'
version: "1"
name: shop
groups:
  web:
    siez: 3
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: cloud.sim}
  db:
    size: -1
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: cloud.sim}
EOF
  exits 1 kadende validate
  has "$err" "shop.yml:5:5: error: unknown key"
  has "$err" 'did you mean `size`?'
  has "$err" "shop.yml:9:"
  has "$err" "error: shop.yml has"
}

test_properties_are_judged_by_the_provider_at_their_place() {
  cat >shop.yml <<'EOF'
version: "1"
name: shop
groups:
  web:
    size: 1
    resourcePlugin: {name: process}
    resourceProperties:
      args: ["x"]
EOF
  exits 1 kadende validate
  has "$err" "command"
  has "$err" "shop.yml:"
  exits 1 kadende plan
  has "$err" "command"
}

test_empty_binary_and_deep_files() {
  : >empty.yml
  exits 1 kadende validate empty.yml
  has "$err" "empty.yml"
  head -c 100000 /dev/urandom >binary.yml
  exits 1 kadende validate binary.yml
  head -c 10000000 /dev/zero | tr '\0' '[' >deep.yml
  exits 1 kadende validate deep.yml
  printf 'a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nname: *c\n' >bomb.yml
  exits 1 kadende validate bomb.yml
}

test_variables() {
  cat >shop.yml <<'EOF'
version: "1"
name: shop
variables:
  count: {type: integer, default: 1}
  image: {type: string}
groups:
  web:
    size: 2
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: cloud.sim, image: "${var.image}"}
EOF
  exits 0 kadende validate
  exits 1 kadende plan
  has "$err" "image"
  exits 0 kadende validate --var image=nginx
  echo 'image: redis' >values.yml
  exits 0 kadende validate --var-file values.yml
  exits 1 kadende validate --var-file absent.yml
  has "$err" "absent.yml"
  exits 1 kadende validate --var image=x --var imgae=y
  has "$err" "imgae"
}

test_format() {
  printf 'name:   shop\nversion: "1"\ngroups:\n    web: {size: 1, resourcePlugin: {name: sim}, resourceProperties: {cloud: c}}  # kept\n' >shop.yml
  cp shop.yml before.txt
  exits 1 kadende fmt --check
  exits 0 kadende fmt
  cmp -s shop.yml before.txt || fail "fmt without --write changed the file"
  has "$out" "# kept"
  exits 0 kadende fmt --write
  exits 0 kadende fmt --check
  exits 0 kadende fmt
  same "$out" "$(cat shop.yml)"
}

test_the_examples_are_valid_and_in_layout() {
  local example examples
  examples=$root/examples
  for example in "$examples"/*.yml "$examples"/*/*.yml; do
    exits 0 kadende validate "$example"
  done
}

test_schema() {
  exits 0 kadende schema
  has "$out" '"$schema"'
  exits 0 kadende schema --reference
  has "$out" "resourcePlugin"
}

run_tests "$@"
