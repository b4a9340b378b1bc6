#!/usr/bin/env bash
# 500 random kills of apply and watch, per provider: the long version of tests/fault/random_kills.sh.
#
#   bash tests/soak/run.sh [--kills 500] [--seed N]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bash "$root/tests/install_packages.sh" test
cmake -S "$root" --preset dev >/dev/null
cmake --build "$root/build/dev" --target kadende kadende-shim
export PATH=$root/build/dev/bin:$PATH
for provider in sim sim-basic process; do
  bash "$root/tests/fault/random_kills.sh" --provider $provider --kills 500 "$@"
done
