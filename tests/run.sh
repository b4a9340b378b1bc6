#!/usr/bin/env bash
# The one test command: installs what is missing (Debian packages), builds, and runs everything that fits into a
# working day's patience. What cannot run here is reported as skipped, with its reason. Exit 0: all that ran passed.
#
#   bash tests/run.sh              everything
#   bash tests/run.sh PATTERN      only the ctest tests that match, after building
#
# Soak runs (hours, 500 kills) and benchmarks are not part of it: see tests/soak and tests/bench.
set -euo pipefail
cd "$(dirname "$0")/.."

passed=0
failed=0
skipped=0
say() { printf '\n== %s\n' "$*"; }
step() {  # step NAME COMMAND...: counts, keeps going, so that one run shows every failure
  local name=$1
  shift
  say "$name"
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
  fi
}
skip() {
  skipped=$((skipped + 1))
  say "$1"
  echo "SKIPPED: $2"
}

say "packages"
bash tests/install_packages.sh test

step "layers: who includes whom" bash tests/check_layers.sh
if command -v clang-format >/dev/null; then
  step "format" bash tests/check_format.sh
else
  skip "format" "clang-format is not installed"
fi

say "build"
cmake --preset dev
cmake --build --preset dev

say "tests"
report=build/dev/ctest.txt
pattern=${1:-.}
status=0
# Most of the time a test waits: two at once take half as long, each in folders of its own.
ctest --test-dir build/dev -j 2 --output-on-failure --no-tests=error -R "$pattern" -LE 'soak|bench' 2>&1 | tee "$report" || status=$?
# ctest's own count: a test that exits with SKIP_RETURN_CODE has printed why.
ran=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#[0-9]+: .*(Passed|Failed|Timeout|Exception|Not Run)' "$report" || true)
ctest_skipped=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#[0-9]+: .*Skipped' "$report" || true)
ctest_passed=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#[0-9]+: .*Passed' "$report" || true)
passed=$((passed + ctest_passed))
failed=$((failed + ran - ctest_passed))
skipped=$((skipped + ctest_skipped))
if ((status != 0 && failed == 0)); then failed=1; fi

printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
