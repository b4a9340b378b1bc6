// The working store of all clusters below one state directory. Implementation: state/lmdb_store. Contract suite:
// tests/contract/state_store_contract.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/cluster_state.h"
#include "engine/model/event.h"
#include "engine/model/state_change.h"

namespace kadende::ports {

struct ClusterSummary {
  model::Lineage lineage;
  std::string id;
  std::string name;
  std::uint64_t serial = 0;
  model::PluginPins plugins;  // ClusterRecord::plugins
};

struct EventQuery {
  std::string lineage;
  std::string group;     // empty: all
  std::string slot_key;  // with group; empty: all
  std::uint64_t after_id = 0;
  std::uint32_t limit = 1000;  // the newest that match, in rising order of id
};

// Thread-safety: Commit may be called from any thread, one at a time per store (the implementation serialises); the
// rest from any thread at any time.
class StateStore {
 public:
  virtual ~StateStore() = default;

  [[nodiscard]] virtual base::Result<std::vector<ClusterSummary>> Clusters() = 0;  // sorted by name, then lineage

  // A consistent snapshot; the read transaction ends before this returns. kNotFound for an unknown lineage.
  [[nodiscard]] virtual base::Result<model::ClusterState> Load(std::string_view lineage) = 0;

  // Atomic, and durable when it returns. A cluster comes into being with its first ClusterRecorded.
  // kQuota: the disk or the map is full, nothing was changed.
  [[nodiscard]] virtual base::Status Commit(std::string_view lineage, const model::StateChanges& changes) = 0;

  [[nodiscard]] virtual base::Result<std::vector<model::Event>> Events(const EventQuery& query) = 0;

  // Removes a cluster that has no live or leaving rows and no intents; its history stays. kConflict otherwise.
  [[nodiscard]] virtual base::Status Remove(std::string_view lineage) = 0;
};

}  // namespace kadende::ports
