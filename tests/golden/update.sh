#!/bin/bash
# Writes the golden files anew from what the tests produce; look at the difference before committing it.
# Usage: tests/golden/update.sh [build directory]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/dev}
for test in test_engine_plan test_engine_reconcile; do
  KADENDE_UPDATE_GOLDEN=1 "$(find "$build" -name "$test" -type f | head -1)" >/dev/null
done
git --no-pager diff --stat -- tests/golden
