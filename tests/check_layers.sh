#!/usr/bin/env bash
# Holds every #include against the table of rooms: who may include whom, and where a third-party library may appear.
# Prints each offence as file:line and exits 1 if there is any.
set -euo pipefail
cd "$(dirname "$0")/.."

contract='engine/base engine/model engine/ports'
declare -A may=(
  [engine/base]='engine/base'
  [engine/model]='engine/base engine/model'
  [engine/ports]="$contract"
  [engine/plan]="$contract engine/plan"
  [engine/apply]="$contract engine/plan engine/apply"
  [engine/reconcile]="$contract engine/plan engine/apply engine/reconcile"
  [lang]="$contract lang"
  [state]="$contract state"
  [providers]="$contract providers"
  [cli]="$contract engine/plan engine/apply engine/reconcile lang state providers cli"
)
# library header (a regular expression) -> files that may include it
declare -A library=(
  ['yaml-cpp/']='^lang/yaml_[a-z_]*\.cc$'
  ['lmdb\.h']='^(state/lmdb_[a-z_]*\.cc|state/lmdb_[a-z_]*internal\.h|providers/sim/sim_[a-z_]*\.cc)$'
  ['git2']='^state/git_[a-z_]*\.(cc|h)$'
  ['CLI/']='^cli/app[a-z_]*\.cc$'
  ['(spdlog|fmt)/']='^cli/log_observer\.cc$'
  ['sodium']='^engine/base/(digest|base64)\.cc$'
  ['nlohmann/json\.hpp']='^engine/base/json\.h$'
  ['valijson/']='^providers/schema/property_schema\.cc$'
  ['archive(_entry)?\.h>']='^providers/install/archive_reader\.cc$'
  ['curl/']='^providers/http/curl_functions\.h$'
  ['prometheus/']='^cli/(group_)?metrics\.cc$'
  ['microhttpd']='^cli/http/mhd_functions\.h$'
)

offences=0
offence() {
  echo "$1" >&2
  offences=$((offences + 1))
}

room_of() {
  case "$1" in
    engine/*) echo "$1" | cut -d/ -f1,2 ;;
    *) echo "${1%%/*}" ;;
  esac
}

while IFS=: read -r file line include; do
  room=$(room_of "$file")
  [[ -v may[$room] ]] || { offence "$file:$line: no room is called $room"; continue; }
  if [[ $include =~ \"([^\"]+)\" ]]; then
    target=$(room_of "${BASH_REMATCH[1]}")
    [[ " ${may[$room]} " == *" $target "* ]] || offence "$file:$line: $room may not include $target (${BASH_REMATCH[1]})"
  elif [[ $include =~ \<([^\>]+)\> ]]; then
    header=${BASH_REMATCH[1]}
    for pattern in "${!library[@]}"; do
      if [[ $header =~ ^$pattern ]] && ! [[ $file =~ ${library[$pattern]} ]]; then
        offence "$file:$line: <$header> belongs in ${library[$pattern]}"
      fi
    done
  fi
done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include' --include='*.h' --include='*.cc' engine lang state providers cli)

# The engine neither prints, nor logs, nor sleeps, nor reads clocks.
while IFS= read -r match; do
  offence "$match: the engine has no effects of its own"
done < <(grep -rnE 'std::(cout|cerr|clog)|printf\(std|sleep_for|sleep_until|::now\(\)|clock_gettime|usleep' \
  --include='*.h' --include='*.cc' engine | cut -d: -f1,2)

if ((offences > 0)); then
  echo "layer check: $offences offence(s)" >&2
  exit 1
fi
echo "layer check: clean"
