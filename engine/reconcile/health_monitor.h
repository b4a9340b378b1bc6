// The health of all nodes of all clusters that one process watches: what to look at next, and what the looks gave.
//
// It neither sleeps nor looks: a pump (cli/health_pump) asks what is due, hands it to a ports::HealthProbe, and brings
// the findings back. Cost per node is one entry of a heap and one small record per check. Only nodes of groups with
// written checks are followed; the provider's own word is heard at each pass (remediation.h).
//
// All moments are the pump's: wall clock at its start, carried on by CLOCK_BOOTTIME, so they never jump.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/model/event.h"
#include "engine/ports/health_probe.h"
#include "engine/ports/health_store.h"
#include "engine/ports/health_watch.h"

namespace kadende::reconcile {

// Names one check of one node while it is followed; a late answer for a node that left is ignored.
struct LookId {
  std::uint64_t node = 0;
  std::uint32_t check = 0;
  std::uint32_t generation = 0;  // of the group's policy
};

struct Look {
  LookId id;
  ports::ProbeRequest request;
};

struct MonitorOptions {
  double jitter = 0.1;     // of each interval, either way (SEMANTICS 2)
  std::uint64_t seed = 0;  // of the jitter
  // Whether anybody listens for heartbeats; without, nodes with such a check are unknown.
  bool hears_heartbeats = false;
  // Each may be empty. `wake`, `notify` and `rouse` are called without locks held, from whatever thread brought the
  // news; the two that only say something are called with the monitor's lock held and must not call it.
  // A node of this lineage has changed its state: a pass is due.
  std::function<void(const std::string& lineage)> wake;
  // Transitions: node_healthy, node_unhealthy, node_unknown.
  std::function<void(const std::string& lineage, const model::Event& event)> notify;
  // Something is due earlier than NextDue said before.
  std::function<void()> rouse;
  // What heartbeats name a node by; empty: its token.
  std::function<base::Digest(const model::Token& token)> heartbeat_key;
  // Where programs of exec checks run: the folder of the cluster's file.
  std::function<std::string(const std::string& cluster)> folder_of;
};

// Thread-safe.
class HealthMonitor : public ports::HealthWatch {
 public:
  explicit HealthMonitor(MonitorOptions options);
  ~HealthMonitor() override;

  // The cluster as it stands after a pass: new live nodes are followed, those that left are forgotten, changed policies
  // are in force at the next look. `stored`: what is known from earlier processes (joined_at, since).
  void Track(const model::ClusterState& state, const ports::HealthByGroup& stored, base::TimePoint now);
  // Before a pass judges: nodes that are followed and were changed in place meanwhile begin anew, so that what they
  // failed before the change does not end them.
  void Refresh(const model::ClusterState& state, base::TimePoint now);
  void Forget(std::string_view lineage);

  // The node is followed until a Track lacks it.
  void Follow(const model::ClusterRecord& cluster, std::string_view group, const model::NodeRecord& node,
              const model::GroupPolicy& policy) override;
  [[nodiscard]] model::NodeHealth Of(std::string_view lineage, std::string_view group,
                                     const model::NodeRowKey& node) override;

  // What is to be looked at by `now`, at most `limit`; each is under way until Found is called for it.
  [[nodiscard]] std::vector<Look> Due(base::TimePoint now, std::size_t limit);
  [[nodiscard]] base::TimePoint NextDue() const;  // never (TimePoint::max()): nothing is followed
  void Found(LookId id, const model::Observation& seen);

  // A pushed report; the same one may come again. Nodes that are not followed are ignored.
  void Report(std::string_view lineage, const model::HealthReport& report, base::TimePoint now);
  // A heartbeat. False: no followed node has this key and a heartbeat check.
  [[nodiscard]] bool Beat(const base::Digest& key, bool healthy, std::string message, base::TimePoint now);
  [[nodiscard]] bool HasPushed(std::string_view lineage) const;  // some node waits for pushed reports

  // All nodes of a cluster that are followed, as known now.
  [[nodiscard]] ports::HealthByGroup Snapshot(std::string_view lineage) const;
  // Since when this cluster is looked at without a break; nothing: it is not.
  [[nodiscard]] std::optional<base::TimePoint> WatchingSince(std::string_view lineage) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kadende::reconcile
