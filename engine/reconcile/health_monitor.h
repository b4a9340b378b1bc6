// The health of all nodes of all clusters that one process watches: what to look at next, and what the looks gave.
//
// It neither sleeps nor looks: a pump (cli/health_pump) asks what is due, hands it to a ports::HealthProbe, and brings
// the findings back. Cost per node is one entry of a heap and one small record.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/ports/health_probe.h"
#include "engine/ports/health_store.h"
#include "engine/ports/health_watch.h"

namespace kadende::reconcile {

// Names one check of one node while it is followed; a late answer for a node that left is ignored.
struct LookId {
  std::uint64_t node = 0;
  std::uint32_t check = 0;
};

struct Look {
  LookId id;
  ports::ProbeRequest request;
};

struct MonitorOptions {
  double jitter = 0.1;     // of each interval, either way (SEMANTICS 2)
  std::uint64_t seed = 0;  // of the jitter
  // Called, outside of locks, when a node of the lineage has become unhealthy, or healthy again: a pass is due.
  std::function<void(const std::string& lineage)> wake;
  // Called, outside of locks, for transitions (node_healthy, node_unhealthy, node_unknown).
  std::function<void(model::Event event)> notify;
};

// Thread-safe.
class HealthMonitor : public ports::HealthWatch {
 public:
  explicit HealthMonitor(MonitorOptions options);
  ~HealthMonitor() override;

  // The cluster as it stands after a pass: new live nodes are followed, those that left are forgotten, changed policies
  // are in force at the next look. `stored`: what is known from earlier processes (joined_at, since).
  void Track(const model::ClusterState& state, const ports::HealthByGroup& stored, base::TimePoint now);
  void Forget(std::string_view lineage);

  void Follow(std::string_view lineage, std::string_view group, const model::NodeRecord& node,
              const model::GroupPolicy& policy) override;
  [[nodiscard]] model::NodeHealth Of(std::string_view lineage, std::string_view group,
                                     const model::NodeRowKey& node) override;

  // What is to be looked at by `now`, at most `limit`; each is under way until Found is called for it.
  [[nodiscard]] std::vector<Look> Due(base::TimePoint now, std::size_t limit);
  [[nodiscard]] base::TimePoint NextDue() const;  // never: nothing is followed
  void Found(LookId id, model::Observation seen);
  // Heartbeats and pushed reports.
  void Report(std::string_view lineage, const model::HealthReport& report);

  // All nodes of a cluster that are followed, as known now.
  [[nodiscard]] ports::HealthByGroup Snapshot(std::string_view lineage) const;
  // Since when this cluster is looked at without a break; never: it is not.
  [[nodiscard]] base::TimePoint WatchingSince(std::string_view lineage) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kadende::reconcile
