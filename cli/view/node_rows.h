// What both forms of the nodes view show: rows joined with what was seen, and sentences about groups.
#pragma once

#include <string>
#include <vector>

#include "cli/view/nodes_table.h"

namespace kadende::cli {

struct NodeRow {
  std::string group;
  const model::NodeRecord* node = nullptr;  // of the state that was given
  std::string status;                       // "running", "missing", "leaving", ..., "live" where nothing was looked at
  std::string address;
  std::string note;
};

// Sorted by group, slot and incarnation.
[[nodiscard]] std::vector<NodeRow> NodeRows(const model::ClusterState& state, const plan::PriorView* view,
                                            const NodesTableOptions& options);

[[nodiscard]] std::vector<std::string> GroupNotes(const model::ClusterState& state, const plan::PriorView* view,
                                                  const NodesTableOptions& options);

}  // namespace kadende::cli
