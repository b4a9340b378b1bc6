# Shared by the fault suites and the soak: a cluster in a folder of its own, and the truth about its world.
# Source it; needs kadende (a build with fault points) in PATH.
cloud=./cloud  # of the simulated providers
extra=         # more lines of the cluster's file

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  printf '  in %s (kept)\n' "$PWD" >&2
  keep_work=yes
  exit 1
}

# run_quietly COMMAND...: its output goes to last.txt, shown only when `expect_ok` complains.
expect_ok() {
  "$@" >last.txt 2>&1 || {
    local status=$?
    cat last.txt >&2
    fail "exit $status: $*"
  }
}

# write_cluster PROVIDER SIZE VERSION: one file per provider; VERSION changes a property that needs a replacement.
write_cluster() {
  local provider=$1 size=$2 version=$3 properties
  case "$provider" in
    process) properties="{command: sleep, args: [\"86400.${marker}\"], env: {REVISION: \"$version\"}}" ;;
    sim | sim-basic) properties="{cloud: $cloud, image: \"v$version\"}" ;;
  esac
  cat >cluster.yml <<YAML
version: "1"
name: fault
$extra
groups:
  web:
    size: $size
    resourcePlugin: {name: $provider}
    resourceProperties: $properties
    timeouts: {create: 2s, destroy: 20s}
YAML
}

# Instances that exist now, one id a line, sorted: from the provider's own books, not from kadende's state.
world_ids() {
  case "$1" in
    process) pgrep -f -x "sleep 86400[.]${marker}" | sort ;;
    sim | sim-basic) kadende sim list "$cloud" | awk '$2 != "terminated" {print $1}' | sort ;;
  esac
}
world_count() { world_ids "$1" | grep -c . || true; }

# recorded_ids: what state says is there.
recorded_ids() { kadende nodes --offline --json 2>/dev/null | grep -o '"instance":"[^"]*"' | cut -d'"' -f4 | sort; }

# converge PROVIDER SIZE: the next command settles, and the world is exactly what was asked for.
check_converged() {
  local provider=$1 size=$2 count
  count=$(world_count "$provider")
  [[ $count == "$size" ]] || {
    kadende nodes >&2 || true
    fail "$provider: $count instances exist, $size are wanted"
  }
  if [[ $provider != process ]]; then
    diff <(world_ids "$provider") <(recorded_ids) >&2 || fail "$provider: state and world name different instances"
  fi
  kadende plan --detailed-exitcode >last.txt 2>&1 || {
    cat last.txt >&2
    fail "$provider: the plan after apply is not empty"
  }
  # A killed kadende may have left its `git repack` at work, and fsck stumbles over objects that are just being packed:
  # damage is what stays.
  local deadline=$((SECONDS + 30))
  until git -C .kadende/history.git fsck --strict --no-dangling >last.txt 2>&1; do
    ((SECONDS < deadline)) || {
      cat last.txt >&2
      fail "the history is damaged"
    }
    sleep 0.2
  done
}
