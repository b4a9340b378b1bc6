#!/usr/bin/env bash
# What a running watch costs, and how fast it acts: the release build against servers of the bench itself on loopback
# (server.cc) and the simulated cloud. Prints Markdown tables; README.md beside it keeps the last ones with their machine.
#
#   bash tests/bench/watch.sh [--sizes "100 1000 10000"] [--seconds 60] [--only steady|replaced|rounds] [--binary DIR]
#
# CPU is what the kernel counted for the process (user and system) over a window after the start has settled: it moves
# less with other work on the machine than wall time does. About eight minutes with the default sizes.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
sizes="100 1000 10000"
seconds=60
parts="steady replaced rounds"
binaries=
while (($# > 0)); do
  case "$1" in
    --sizes) sizes=$2 ;;
    --seconds) seconds=$2 ;;
    --only) parts=$2 ;;
    --binary) binaries=$(cd "$2" && pwd) ;;
    *)
      echo "usage: watch.sh [--sizes \"N N\"] [--seconds N] [--only PART] [--binary DIR]" >&2
      exit 1
      ;;
  esac
  shift 2
done
. "$root/tests/bench/lib.sh"
watch_pid=
server_pid=
finish() {
  local pid
  for pid in $watch_pid $server_pid; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap finish EXIT

"${CXX:-g++}" -std=c++20 -O2 -o bench_server "$root/tests/bench/server.cc"
mkfifo orders
exec 9<>orders # never at its end
./bench_server <orders >port &
server_pid=$!
until [[ -s port ]]; do sleep 0.05; done
port=$(cat port)

ticks=$(getconf CLK_TCK)
# Milliseconds of CPU that a process has had. Its name has no spaces.
cpu_ms() { awk -v hz="$ticks" '{printf "%d", ($14 + $15) * 1000 / hz}' "/proc/$1/stat"; }
rss_mb() { awk '/VmRSS/ {printf "%.0f", $2 / 1024}' "/proc/$1/status"; }
now_ms() { date +%s%3N; }

http="{type: http, url: \"http://127.0.\${1 + node.ordinal / 250}.\${1 + node.ordinal % 250}:$port/\""

# start_watch OPTION...: a watch with its events in ./events
start_watch() {
  kadende watch --json "$@" >events 2>errors &
  watch_pid=$!
  until grep -q watch_started events; do sleep 0.05; done
}
stop_watch() {
  kill "$watch_pid"
  wait "$watch_pid" || true
  watch_pid=
}
# window SECONDS: CPU milliseconds a second of the watch
window() {
  local before cpu_before
  before=$(now_ms)
  cpu_before=$(cpu_ms "$watch_pid")
  sleep "$1"
  awk -v cpu=$(($(cpu_ms "$watch_pid") - cpu_before)) -v ms=$(($(now_ms) - before)) 'BEGIN {printf "%.2f", cpu * 1000 / ms}'
}

steady() {
  echo "| nodes | of one core | µs of CPU a node and 10 s | MB | where the CPU was to be under | MB under |"
  echo "|---|---|---|---|---|---|"
  local size each
  for size in $sizes; do
    mkdir "steady-$size"
    (
      cd "steady-$size"
      cluster cluster.yml bench "$size" "[$http, interval: 10s}]"
      kadende apply --yes -q >/dev/null
    )
    cd "steady-$size"
    start_watch --interval 10s
    sleep 25
    each=$(window "$seconds")
    awk -v n="$size" -v each="$each" -v mb="$(rss_mb "$watch_pid")" 'BEGIN {
      printf "| %d | %.1f %% | %.0f | %d | %s |\n", n, each / 10, each * 10000 / n, mb, n == 10000 ? "50 % | 200" : "| "}'
    if grep -q node_unhealthy events; then echo "nodes were found unhealthy: not a steady watch" >&2; fi
    stop_watch
    cd ..
  done
}

# event_ms KIND SLOT AFTER: when the watch told of it, in milliseconds, not before AFTER; waits for it
event_ms() {
  local time deadline=$(($(now_ms) + 120000))
  while (($(now_ms) < deadline)); do
    time=$(grep "\"kind\":\"$1\".*\"slot\":\"$2\"" events | tail -1 | sed 's/.*"time":"\([^"]*\)".*/\1/') || true
    if [[ -n $time ]]; then
      time=$(date -d "$time" +%s%3N)
      if ((time >= $3)); then
        echo "$time"
        return
      fi
    fi
    sleep 0.05
  done
  echo "no $1 of $2 came" >&2
  exit 1
}
report() {
  awk -v what="$1" -v size="$2" -v detected="$(median <detected)" -v replaced="$(median <replaced)" -v worst="$(sort -n replaced | tail -1)" \
    'BEGIN {printf "| %s | %d | %.1f s | %.2f s | %.2f s |\n", what, size, detected / 1000, replaced / 1000, worst / 1000}'
  rm -f detected replaced
}

# One node after another of the largest cluster: its server hangs up, or the cloud ends it.
replaced() {
  local size=${sizes##* } i slot address killed detected back
  echo "| what | nodes | kill to detected (median) | detected to replaced (median) | worst |"
  echo "|---|---|---|---|---|"
  mkdir replaced
  cd replaced
  cluster cluster.yml bench "$size" "[$http, interval: 10s, unhealthyAfter: 1, unhealthyFor: 0s}]"
  kadende apply --yes -q >/dev/null
  start_watch --interval 10s --start-grace 0s
  sleep 25
  for ((i = 0; i < 5; ++i)); do
    slot=$((size / 7 * (i + 1)))
    address=127.0.$((1 + slot / 250)).$((1 + slot % 250))
    killed=$(now_ms)
    echo "down $address" >&9
    detected=$(event_ms node_unhealthy "$slot" "$killed")
    back=$(event_ms node_created "$slot" "$killed")
    echo "up $address" >&9
    echo $((detected - killed)) >>detected
    echo $((back - detected)) >>replaced
    event_ms node_destroyed "$slot" "$back" >/dev/null # the next one would wait for it: one surge at a time
  done
  report "its server hangs up; one http check every 10 s, \`unhealthyAfter: 1\`" "$size"
  for ((i = 0; i < 5; ++i)); do
    slot=$((size / 9 * (i + 1) + 1))
    killed=$(now_ms)
    kadende sim terminate ./cloud "web[$slot]" >/dev/null
    back=$(event_ms node_created "$slot" "$killed")
    detected=$(event_ms 'action_started","message":"create' "$slot" "$killed")
    event_ms node_destroyed "$slot" "$back" >/dev/null
    echo $((detected - killed)) >>detected
    echo $((back - detected)) >>replaced
  done
  report "the cloud ends it; a pass every 10 s" "$size"
  stop_watch
  cd ..
}

# Passes with nothing to do, from many clusters of one state, without checks: what is left is the passes.
rounds() {
  local count=100 i each
  mkdir many
  cd many
  for ((i = 0; i < count; ++i)); do
    cluster "c$i.yml" "c$i" 100
    kadende apply "c$i.yml" --yes -q >/dev/null
  done
  start_watch --all --interval 10s
  sleep 15
  each=$(window "$seconds") # a second's worth: a tenth of a round
  each=$(awk -v each="$each" 'BEGIN {print each * 10}')
  awk -v each="$each" -v mb="$(rss_mb "$watch_pid")" -v count="$count" 'BEGIN {
    print "| clusters | nodes each | ms of CPU a round | µs a node | MB | to be under |"
    print "|---|---|---|---|---|---|"
    printf "| %d | 100 | %.1f | %.1f | %d | 50 ms |\n", count, each, each * 1000 / (count * 100), mb}'
  stop_watch
  cd ..
}

machine
echo
for part in $parts; do
  "$part"
  echo
done
