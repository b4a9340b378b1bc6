// The nodes of a plan as readers of Terraform's plans count them: each with what it is before and what it is planned to
// be. State's rows and the plan's changes side by side, in order, without a copy per node.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/view/plan_text.h"
#include "engine/model/cluster_state.h"
#include "engine/model/plan.h"

namespace kadende::cli {

// A group of the plan, or one that state has and the plan leaves out (--target). All borrowed from plan and state.
struct TerraformGroup {
  std::string path;
  const model::PlanGroup* planned = nullptr;        // null: not part of the plan
  const model::GroupState* state = nullptr;         // null: not known, or new
  const std::vector<NodeLine>* lines = nullptr;     // null with `planned`
  const model::RevisionRecord* revision = nullptr;  // what stands for the group's type; null: nothing is known

  // The provider, which is the resource type; "unknown" where no revision says.
  [[nodiscard]] std::string_view Type() const;
  // "sim.web"
  [[nodiscard]] std::string Address() const { return std::string(Type()) + "." + path; }
};

// One object of one slot. `record` and `line` are borrowed for the call.
struct TerraformNode {
  const TerraformGroup& group;
  model::Slot slot;
  const model::NodeRecord* record = nullptr;  // null: state is not known, or has none
  const NodeLine* line = nullptr;             // null: the plan leaves it alone
  // Not the node of its slot: a stray, or an instance that was given up and is still to be destroyed.
  bool deposed = false;

  // `sim.web[0]`, `sim.db["a"]`
  [[nodiscard]] std::string Address() const;
  // What it is made of before the plan, and after it; null where that is nothing, or not known.
  [[nodiscard]] const model::RevisionRecord* BeforeRevision() const;
  [[nodiscard]] const model::RevisionRecord* AfterRevision() const;
  [[nodiscard]] bool ExistsBefore() const;
  [[nodiscard]] bool ExistsAfter() const;
};

// `sim.web[0]` of a group's address and a slot.
[[nodiscard]] std::string TerraformAddress(std::string_view group_address, const model::Slot& slot);

// plan, lines (NodeLines of it) and state must outlive the result. `state` null: not known.
[[nodiscard]] std::vector<TerraformGroup> TerraformGroups(const model::Plan& plan,
                                                          const std::vector<std::vector<NodeLine>>& lines,
                                                          const model::ClusterState* state);

// In order of slots; the current object of a slot before deposed ones.
void ForEachNode(const TerraformGroup& group, const std::function<void(const TerraformNode&)>& visit);

}  // namespace kadende::cli
