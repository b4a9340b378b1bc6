// What is known of nodes' health, shared by the processes of one state directory: the watch that looks writes, others
// show. Not versioned, not published, bounded by the number of nodes. Implementation: state/lmdb_store. Contract suite:
// tests/contract/health_store_contract.h.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/health.h"

namespace kadende::ports {

using HealthByGroup =
    std::map<std::string, std::vector<model::NodeHealth>>;  // group path -> sorted by slot, incarnation

// Thread-safety: any thread at any time.
class HealthStore {
 public:
  virtual ~HealthStore() = default;

  // Nothing stored is an empty map. Unreadable rows (another version's) are left out, not an error: health is looked up
  // again.
  [[nodiscard]] virtual base::Result<HealthByGroup> LoadHealth(std::string_view lineage) = 0;

  // Puts whole groups; a group with no rows is erased, groups not named stay. One transaction; it may be lost in a
  // power cut (health is looked up again), but never torn. Without NodeHealth::memory. A cluster that the store does
  // not have (removed meanwhile) has nothing kept, which is not an error.
  [[nodiscard]] virtual base::Status SaveHealth(std::string_view lineage, const HealthByGroup& groups) = 0;
  // The same for several clusters, by lineage, in one transaction where the store can: a sync costs more than rows do.
  [[nodiscard]] virtual base::Status SaveHealthOf(const std::map<std::string, HealthByGroup>& clusters) {
    base::Status all;
    for (const auto& [lineage, groups] : clusters) {
      if (auto saved = SaveHealth(lineage, groups); !saved) all = std::move(saved);
    }
    return all;
  }

  // One report per node and incarnation: the one that came last stands. Lapsed ones (until < report.at) are erased on
  // the way, not all of them at once. kNotFound: no such cluster.
  [[nodiscard]] virtual base::Status PutReport(std::string_view lineage, const model::HealthReport& report) = 0;
  // By group, slot key and incarnation; also lapsed ones that are not erased yet.
  [[nodiscard]] virtual base::Result<std::vector<model::HealthReport>> Reports(std::string_view lineage) = 0;
};

}  // namespace kadende::ports
