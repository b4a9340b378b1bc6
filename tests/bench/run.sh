#!/usr/bin/env bash
# Whole-process benchmark of plan and apply, from start to exit, on the release build, with durable state, against the simulated
# cloud at zero latency. Prints a Markdown table; README.md beside it keeps the last one with its machine.
#
#   bash tests/bench/run.sh [--sizes "100 10000 100000"] [--runs 5] [--terraform 1000] [--binary DIR]
#
# watch.sh beside it: what a running watch costs.
#
# Machines are noisy: each figure is a median, and figures are to be compared within one run.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
sizes="100 10000 100000"
runs=5
terraform_size=1000
binaries=
while (($# > 0)); do
  case "$1" in
    --sizes) sizes=$2 ;;
    --runs) runs=$2 ;;
    --terraform) terraform_size=$2 ;;
    --binary) binaries=$(cd "$2" && pwd) ;;
    *)
      echo "usage: run.sh [--sizes \"N N\"] [--runs N] [--terraform N] [--binary DIR]" >&2
      exit 1
      ;;
  esac
  shift 2
done
command -v /usr/bin/time >/dev/null || bash "$root/tests/install_packages.sh" bench
. "$root/tests/bench/lib.sh"
trap 'rm -rf "$work"' EXIT

# Bytes passed to write() so far by this shell and every child that it has waited for.
written() { awk '$1 == "wchar:" {print $2}' /proc/$$/io; }

# measure COMMAND...: appends "seconds peak-KB written-bytes" to $work/figures
measure() {
  local before after
  before=$(written)
  /usr/bin/time -o time.txt -f '%e %M' "$@" >out.txt 2>err.txt || {
    cat err.txt >&2
    exit 1
  }
  after=$(written)
  echo "$(cat time.txt) $((after - before))" >>figures
}
# report SIZE WHAT: one row of the table from the figures so far
report() {
  printf '| %s | %s | %s | %s | %s |\n' "$1" "$2" "$(cut -d' ' -f1 figures | median)" \
    "$(cut -d' ' -f2 figures | median | awk '{printf "%.0f", $1 / 1024}')" \
    "$(cut -d' ' -f3 figures | median | awk '{printf "%.0f", $1 / 1024}')"
  rm -f figures
}

configure() {
  rm -rf .kadende cloud*
  cluster cluster.yml bench "$1"
}

machine
echo
echo "| nodes | what | seconds | peak MB | KB written |"
echo "|---|---|---|---|---|"
for size in $sizes; do
  for ((i = 0; i < runs; ++i)); do
    configure "$size"
    measure kadende apply --yes -q
  done
  report "$size" "first apply"
  for ((i = 0; i < runs; ++i)); do measure kadende plan; done
  report "$size" "plan, no change"
  for ((i = 0; i < runs; ++i)); do measure kadende apply --yes -q --replace "web[$((size / 2 + i))]"; done
  report "$size" "apply, one node replaced"
  for ((i = 0; i < runs; ++i)); do
    kadende sim vanish ./cloud "web[$((size / 3 + i))]" >/dev/null
    measure kadende reconcile -q bench
  done
  report "$size" "reconcile, one node lost"
done

if command -v terraform >/dev/null && ((terraform_size > 0)); then
  mkdir tf && cd tf
  printf 'resource "terraform_data" "web" {\n  count = %d\n  input = "debian"\n}\n' "$terraform_size" >main.tf
  terraform init -no-color >/dev/null
  cp ../time.txt . 2>/dev/null || true
  measure terraform apply -auto-approve -no-color
  report "$terraform_size" "terraform: first apply"
  measure terraform plan -no-color
  report "$terraform_size" "terraform: plan, no change"
else
  echo
  echo "terraform is not installed here: no comparison"
fi
