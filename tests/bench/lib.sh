# What the benchmarks share. Sourced after the options are read: `binaries` is --binary or empty. Afterwards the release build
# is in PATH, and the shell is in a folder of its own, $work, that nobody removes but the script.
if [[ -z $binaries ]]; then
  cmake -S "$root" --preset release >/dev/null
  cmake --build "$root/build/release" --target kadende kadende-shim >/dev/null
  binaries=$root/build/release/bin
fi
PATH=$binaries:$PATH
work=$(mktemp -d "${TMPDIR:-/var/tmp}/kadende-bench.XXXXXX")
cd "$work"

# cluster FILE NAME SIZE [CHECKS]: a group of the simulated cloud ./cloud. CHECKS is a YAML list.
cluster() {
  cat >"$1" <<YAML
version: "1"
name: $2
groups:
  web:
    size: $3
    resourcePlugin: {name: sim}
    resourceProperties: {cloud: ./cloud, image: debian, type: small}
YAML
  if [[ -n ${4:-} ]]; then printf '    healthChecks: %s\n' "$4" >>"$1"; fi
}

median() { sort -n | awk '{v[NR]=$1} END {print NR % 2 ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'; }

# The machine, in one line: of what figures are worth beside others.
machine() {
  local start end
  start=$(date +%s%N)
  dd if=/dev/zero of=sync.bin bs=4k count=200 oflag=dsync conv=notrunc 2>/dev/null
  end=$(date +%s%N)
  rm -f sync.bin
  echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), $(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo) of memory, one synced 4 KiB write: $(
    awk -v ns=$((end - start)) 'BEGIN {printf "%.2f", ns / 200 / 1e6}') ms"
}
