// What published versions know of one node or one group, without reading them whole. A port beside History, whose
// versions it reads. Implementation: state/git_node_history. Contract suite: tests/contract/node_history_contract.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/identity.h"
#include "engine/model/record.h"
#include "engine/ports/history.h"

namespace kadende::ports {

// A version that changed what state keeps of a node's slot.
struct NodeVersion {
  CommitSummary commit;
  std::string group;                    // the path that the node's group had then
  std::vector<model::NodeRecord> rows;  // of the slot, by incarnation, tombstones too; empty: it has none (any more)
  std::string plan;                     // plan.json of the version
};

struct NodeTrace {
  model::NodeAddress node;            // as the newest version that knows it calls it
  std::vector<NodeVersion> versions;  // newest first
  std::uint64_t oldest_serial = 0;    // of the versions that are kept
};

class NodeHistory {
 public:
  virtual ~NodeHistory() = default;

  // Every version of cluster `name` that changed the node, gone ones included; a group that was renamed is followed.
  // kNotFound: no version has it, or the cluster was never published.
  [[nodiscard]] virtual base::Result<NodeTrace> Trace(std::string_view name, const model::NodeQuery& node) = 0;

  // The newest `limit` versions (0: all) that changed anything of a group, or of a folder of groups. Newest first.
  [[nodiscard]] virtual base::Result<std::vector<CommitSummary>> OfGroup(std::string_view name, std::string_view group,
                                                                         std::uint32_t limit) = 0;
};

}  // namespace kadende::ports
