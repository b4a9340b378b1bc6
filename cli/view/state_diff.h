// What lies between two states of a cluster, as a reader counts it: nodes that came, went, were replaced or changed,
// and groups with other sizes, properties or policies. Pure, and linear in the rows of both. `kadende diff` shows it
// (state_diff_text.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/model/plan.h"

namespace kadende::cli {

enum class NodeDiffKind : std::uint8_t { kAdded, kReplaced, kChanged, kRemoved };
[[nodiscard]] std::string_view NodeDiffName(NodeDiffKind kind);  // "added", ...

// A slot's live row on both sides. What was given up and is still to be destroyed is not the node of its slot.
struct NodeDiff {
  NodeDiffKind kind = NodeDiffKind::kChanged;
  const model::NodeRecord* before = nullptr;  // null: kAdded
  const model::NodeRecord* after = nullptr;   // null: kRemoved
  bool leaving = false;                       // of kReplaced and kRemoved: the old instance is still there
};

// Values as JSON text; empty: absent on that side. `forces_replacement` is never set: it is the plan's to say.
using FieldChange = model::PropertyChange;

struct GroupDiff {
  std::string path;
  std::string moved_from;                     // its path before
  const model::GroupState* before = nullptr;  // null: new
  const model::GroupState* after = nullptr;   // null: removed
  std::vector<FieldChange> fields;            // logicalIds, plugin, properties and labels, by path
  std::vector<std::string> settings;          // "rollout.maxSurge: 1 -> 2"
  std::vector<model::Hold> holds_set;
  std::vector<model::Hold> holds_lifted;
  std::vector<NodeDiff> nodes;  // by slot

  [[nodiscard]] std::uint32_t SizeBefore() const { return before == nullptr ? 0 : before->record.target.size; }
  [[nodiscard]] std::uint32_t SizeAfter() const { return after == nullptr ? 0 : after->record.target.size; }
};

struct StateDiff {
  std::vector<FieldChange> header;  // name, version, var.NAME
  std::vector<GroupDiff> groups;    // those that differ, by path
  std::uint64_t added = 0;          // nodes
  std::uint64_t replaced = 0;
  std::uint64_t changed = 0;
  std::uint64_t removed = 0;

  [[nodiscard]] bool IsEmpty() const { return header.empty() && groups.empty(); }
};

// Both must outlive the result. Groups are compared by what they are to be (`target`).
[[nodiscard]] StateDiff CompareStates(const model::ClusterState& before, const model::ClusterState& after);

}  // namespace kadende::cli
