#include "cli/group_metrics.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <set>
#include <utility>

#include "cli/view/health_text.h"

namespace kadende::cli {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

constexpr std::array<model::HealthState, 4> kStates = {model::HealthState::kInitializing, model::HealthState::kHealthy,
                                                       model::HealthState::kUnhealthy, model::HealthState::kUnknown};

GroupMetrics MetricsOf(const std::string& path, const model::GroupState& group) {
  GroupMetrics metrics;
  metrics.path = path;
  metrics.desired = group.record.current.revision.IsZero() ? 0 : group.record.current.size;
  metrics.actual = group.LiveCount();
  metrics.held = static_cast<std::uint32_t>(group.record.holds.size());
  for (const model::Brake& brake : group.record.brakes) metrics.brakes.emplace_back(BrakeName(brake.kind));
  return metrics;
}

// A family with one gauge for each cluster or group.
class Gauges {
 public:
  Gauges(const char* name, const char* help) {
    family_.name = name;
    family_.help = help;
    family_.type = prometheus::MetricType::Gauge;
  }
  void Add(std::vector<ClientMetric::Label> labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    family_.metric.push_back(std::move(metric));
  }
  [[nodiscard]] MetricFamily Take() { return std::move(family_); }

 private:
  MetricFamily family_;
};

struct GroupGauges {
  Gauges desired{"kadende_group_nodes_desired", "Nodes that the group is to have"};
  Gauges actual{"kadende_group_nodes", "Nodes that the group has"};
  Gauges health{"kadende_group_nodes_health", "Nodes of the group by health, as the last pass judged it"};
  Gauges holds{"kadende_group_holds", "Orders of people to leave the group or one of its nodes alone"};
  Gauges frozen{"kadende_group_frozen", "1: nothing is done to the group, for what is seen does not fit its state"};
  Gauges braked{"kadende_group_braked", "1: a brake holds the automation of the group back"};
  Gauges brake{"kadende_group_brake", "1 for each brake that holds now"};

  void Add(const std::string& cluster, const GroupMetrics& group) {
    const std::vector<ClientMetric::Label> labels = {{"cluster", cluster}, {"group", group.path}};
    const auto with = [&labels](const char* name, std::string value) {
      auto all = labels;
      all.push_back({name, std::move(value)});
      return all;
    };
    desired.Add(labels, group.desired);
    actual.Add(labels, group.actual);
    for (const model::HealthState state : kStates) {
      health.Add(with("state", std::string(HealthStateName(state))), group.by_health[static_cast<std::size_t>(state)]);
    }
    holds.Add(labels, group.held);
    frozen.Add(labels, group.frozen ? 1 : 0);
    braked.Add(labels, group.brakes.empty() ? 0 : 1);
    for (const std::string& name : group.brakes) brake.Add(with("brake", name), 1);
  }
};

}  // namespace

std::vector<GroupMetrics> GroupMetricsOf(const reconcile::PassResult& pass) {
  std::vector<GroupMetrics> groups;
  for (const auto& [path, group] : pass.state.groups) {
    if (group.record.current.revision.IsZero() && group.record.target.revision.IsZero() && group.LiveCount() == 0) {
      continue;  // what a removed or renamed group left behind
    }
    GroupMetrics metrics = MetricsOf(path, group);
    if (pass.health) {
      const auto rows = pass.health->find(path);
      if (rows != pass.health->end()) {
        for (const auto& row : rows->second) ++metrics.by_health[static_cast<std::size_t>(row.state)];
      }
    }
    const auto planned = std::ranges::lower_bound(pass.plan.groups, path, {}, &model::PlanGroup::path);
    metrics.frozen = planned != pass.plan.groups.end() && planned->path == path && !planned->frozen.empty();
    groups.push_back(std::move(metrics));
  }
  return groups;
}

void AppendFamilies(const std::map<std::string, ClusterMetrics>& clusters, std::vector<MetricFamily>& families) {
  Gauges serial("kadende_cluster_serial", "Published versions of the cluster's state");
  Gauges failing("kadende_cluster_failing", "1: the last pass could not look or act");
  Gauges looked("kadende_cluster_last_pass_timestamp_seconds", "When the last pass that could look ended");
  GroupGauges of_groups;
  std::set<std::string> names;
  for (const auto& [lineage, cluster] : clusters) {
    // The same name twice would make the whole answer unreadable.
    const std::string name = names.insert(cluster.name).second ? cluster.name : cluster.name + " " + lineage;
    const std::vector<ClientMetric::Label> labels = {{"cluster", name}};
    serial.Add(labels, static_cast<double>(cluster.serial));
    failing.Add(labels, cluster.failing ? 1 : 0);
    if (cluster.looked_at != base::TimePoint{}) {
      looked.Add(labels, std::chrono::duration<double>(cluster.looked_at.time_since_epoch()).count());
    }
    for (const GroupMetrics& group : cluster.groups) of_groups.Add(name, group);
  }
  for (Gauges* gauges : {&serial, &failing, &looked, &of_groups.desired, &of_groups.actual, &of_groups.health,
                         &of_groups.holds, &of_groups.frozen, &of_groups.braked, &of_groups.brake}) {
    families.push_back(gauges->Take());
  }
}

}  // namespace kadende::cli
