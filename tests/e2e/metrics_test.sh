# What a watch tells Prometheus, read by Prometheus' own client for Python.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/health_lib.sh"

if ! /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
  echo "skipped: python3-prometheus-client is not installed"
  exit 77
fi

# One sample by name and labels, as name=value...; empty: there is none.
sample() {
  curl -sf -m 10 "$metrics" | /usr/bin/python3 -c '
import sys
from prometheus_client.parser import text_string_to_metric_families
wanted = dict(label.split("=", 1) for label in sys.argv[2:])
for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        if sample.name == sys.argv[1] and wanted.items() <= sample.labels.items(): print("%g" % sample.value)
' "$@"
}
sample_is() { [[ $(sample "${@:2}") == "$1" ]]; }
sample_is_at_least() { awk -v have="$(sample "${@:2}")" -v want="$1" 'BEGIN {exit !(have != "" && have >= want)}'; }

watch_with_metrics() {
  watch_health --metrics-listen 127.0.0.1:0 "$@"
  until_true "it listens" grep -q 'metrics at http' watch.out
  metrics=$(grep -o 'http://127.0.0.1:[0-9]*/metrics' watch.out | tail -n 1)
}

test_what_a_group_has_and_what_was_done_to_it() {
  web_file 3 <<<''
  exits 0 kadende apply --yes
  watch_with_metrics
  local web=(cluster=shop group=web)
  until_true "all are healthy" sample_is 3 kadende_group_nodes_health "${web[@]}" state=healthy
  same "$(sample kadende_group_nodes_desired "${web[@]}")" 3
  same "$(sample kadende_group_nodes "${web[@]}")" 3
  same "$(sample kadende_group_nodes_health "${web[@]}" state=unhealthy)" 0
  same "$(sample kadende_group_braked "${web[@]}")" 0
  same "$(sample kadende_replacements_total "${web[@]}")" ""
  same "$(sample kadende_cluster_failing cluster=shop)" 0
  sample_is_at_least 1 kadende_watch_passes_total cluster=shop result=looked || fail "no pass was counted"
  sample_is_at_least 1 kadende_watch_lag_seconds_count || fail "no lag was measured"
  kill -9 "$(pid_of web-1)"
  until_true "the dead one is replaced" sample_is 1 kadende_replacements_total "${web[@]}" reason=terminated
  same "$(sample kadende_node_create_seconds_count)" 1
  ill web-0 500
  until_true "so is the ill one" sample_is 1 kadende_replacements_total "${web[@]}" reason=unhealthy
  same "$(sample kadende_nodes_destroyed_total "${web[@]}" reason=unhealthy)" 1
  until_true "all are healthy" sample_is 3 kadende_group_nodes_health "${web[@]}" state=healthy
  echo 500 >modes/all
  until_true "the brake is seen" sample_is 1 kadende_group_brake "${web[@]}" brake=maxUnhealthy
  same "$(sample kadende_group_braked "${web[@]}")" 1
  same "$(sample kadende_brakes_total "${web[@]}")" 1
  rm modes/all
  until_true "it let go" sample_is 0 kadende_group_braked "${web[@]}"
  stop_watch
}

test_a_cluster_that_cannot_be_looked_at_and_one_that_is_gone() {
  sim_file shop.yml shop 2
  exits 0 kadende apply --yes
  watch_with_metrics --all
  until_true "it is looked at" sample_is 2 kadende_group_nodes cluster=shop group=web
  mv cloud.sim away
  printf 'no cloud' >cloud.sim
  until_true "the failure is seen" sample_is 1 kadende_cluster_failing cluster=shop
  same "$(sample kadende_group_nodes cluster=shop group=web)" 2
  mv -f away cloud.sim
  until_true "it works again" sample_is 0 kadende_cluster_failing cluster=shop
  exits 0 kadende destroy --yes
  until_true "the destroyed cluster has none" sample_is "" kadende_group_nodes cluster=shop group=web
  stop_watch
}

test_what_else_is_asked_there() {
  sim_file shop.yml shop 1
  exits 0 kadende apply --yes
  watch_with_metrics
  same "$(curl -s -o /dev/null -w '%{http_code} %{content_type}' "$metrics")" \
    "200 text/plain; version=0.0.4; charset=utf-8"
  same "$(curl -s -I -o /dev/null -w '%{http_code}' "$metrics")" 200
  same "$(curl -s "${metrics%/metrics}/")" "only /metrics is here"
  same "$(curl -s -o /dev/null -w '%{http_code}' -X POST -d x "$metrics")" 405
  # Its address is taken, and one that is none.
  local address=${metrics#http://}
  exits 1 kadende watch --metrics-listen "${address%/metrics}"
  has "$err" "${address%/metrics}"
  exits 1 kadende watch --metrics-listen nowhere
  has "$err" "nowhere"
  stop_watch
}

run_tests "$@"
