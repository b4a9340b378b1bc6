#!/usr/bin/env bash
# Kills the real binary with SIGKILL at random moments of applies and watches while nodes are lost, and compares with the
# simulated cloud's own count after every few kills.
#
#   random_kills.sh [--kills 20] [--seed N] [--provider sim|sim-basic|process]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/lib.sh"
kills=20
seed=$$
provider=sim
while (($# > 0)); do
  case "$1" in
    --kills) kills=$2 ;;
    --seed) seed=$2 ;;
    --provider) provider=$2 ;;
    *)
      echo "usage: random_kills.sh [--kills N] [--seed N] [--provider NAME]" >&2
      exit 1
      ;;
  esac
  shift 2
done
RANDOM=$seed
echo "seed $seed"

work=$(mktemp -d "${TMPDIR:-/tmp}/kadende-kills.XXXXXX")
keep_work=no
marker=$$
export XDG_STATE_HOME=$work/state-home
finish() {
  [[ -z ${running:-} ]] || kill -KILL "$running" 2>/dev/null || true
  pkill -KILL -f -x "sleep 86400[.]${marker}" || true
  [[ $keep_work == yes ]] || rm -rf "$work"
}
trap finish EXIT
cd "$work"

[[ $provider == process ]] || expect_ok kadende sim create ./cloud create-latency=15ms destroy-latency=10ms
size=20
version=1
write_cluster "$provider" $size $version
expect_ok kadende apply --yes
check_converged "$provider" $size

lose_some() {
  local count=$((1 + RANDOM % 3)) id
  for id in $(world_ids "$provider" | shuf -n $count --random-source=<(yes $RANDOM)); do
    case "$provider" in
      process) kill -KILL "$id" 2>/dev/null || true ;;
      sim) expect_ok kadende sim $([[ $((RANDOM % 2)) == 0 ]] && echo vanish || echo terminate) ./cloud "$id" ;;
      # Absence alone is not believed of a node this young where listings may be late: the cloud must say it.
      sim-basic) expect_ok kadende sim terminate ./cloud "$id" ;;
    esac
  done
}

# Bash's fractional sleep: the random moment of the kill, not a wait for luck.
killed=0
finished=0
round=0
while ((killed < kills)); do
  round=$((round + 1))
  case $((RANDOM % 4)) in
    0) size=$((10 + RANDOM % 20)) ;;
    1) version=$((version + 1)) ;;
    2) lose_some ;;
    3) ;;
  esac
  write_cluster "$provider" $size $version
  if ((RANDOM % 3 == 0)); then
    lose_some
    kadende watch --interval 100ms fault >run.txt 2>&1 &
  else
    kadende apply --yes >run.txt 2>&1 &
  fi
  running=$!
  read -r -t "0.$(printf '%03d' $((RANDOM % 400)))" <> <(:) || true
  if kill -KILL $running 2>/dev/null; then killed=$((killed + 1)); else finished=$((finished + 1)); fi
  { wait $running; } 2>/dev/null || true
  running=
  if ((round % 4 == 0 || killed == kills)); then
    expect_ok kadende apply --yes
    check_converged "$provider" $size
  fi
done
echo "$provider: $killed kills, $finished runs that were faster than the kill; $(kadende sim count ./cloud 2>/dev/null | tr '\n' ' ')"
