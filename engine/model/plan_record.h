// plan.json of a published version: the compact plan (plan_json.h), and what was observed of nodes when it was made, so
// that whoever asks later, on any machine, hears why a node was replaced. Read here for one node at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/plan.h"

namespace kadende::model {

// The first so many observations are kept: an outage of a whole cluster is told by any of them.
inline constexpr std::size_t kMostObservations = 1000;
[[nodiscard]] std::string PlanRecord(const Plan& plan);

struct PlannedAction {
  ActionKind kind = ActionKind::kCreate;
  Reason reason = Reason::kRequested;
  bool replace = false;
  bool settle = false;
  std::uint32_t incarnation = 0;
};

// What a plan had to do with a node, in the document's order. Text that cannot be read says nothing.
struct NodePlan {
  std::vector<PlannedAction> actions;
  std::vector<std::string> observed;  // "it is unhealthy: http: status 500", machine reason first
  std::string moved_from;             // of its group, where this plan renames it
};
[[nodiscard]] NodePlan ReadNodePlan(std::string_view text, std::string_view group, const Slot& slot);

}  // namespace kadende::model
