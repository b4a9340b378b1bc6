#!/bin/bash
# Writes the golden files anew from what the tests produce; look at the difference before committing it.
# Usage: tests/golden/update.sh [build directory]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/dev}
KADENDE_UPDATE_GOLDEN=1 "$(find "$build" -name test_engine_plan -type f | head -1)" >/dev/null
git --no-pager diff --stat -- tests/golden
