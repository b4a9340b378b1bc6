// Keeps an eye on nodes while somebody wants to know how they are: a watch for ever, an apply while the gates of a
// rollout wait. Implementation: engine/reconcile/health_monitor.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/cluster_state.h"
#include "engine/model/health.h"

namespace kadende::ports {

class HealthWatch {
 public:
  virtual ~HealthWatch() = default;

  // Looks at one live node of `group` from now on (or goes on looking), by the checks of `policy`: a node that an apply
  // has just created. Thread-safe.
  virtual void Follow(const model::ClusterRecord& cluster, std::string_view group, const model::NodeRecord& node,
                      const model::GroupPolicy& policy) = 0;

  // The node as it is known now; kUnknown for one that is not followed. Thread-safe, cheap.
  [[nodiscard]] virtual model::NodeHealth Of(std::string_view lineage, std::string_view group,
                                             const model::NodeRowKey& node) = 0;
};

}  // namespace kadende::ports
