// What the nodes of a new group are made of, for a reviewer of a plan: what a change of properties says about a group
// that exists. Shared by the views of a plan.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/model/plan.h"

namespace kadende::cli {

// Of a group that is new: the provider first ("resourcePlugin.name", ".url"), then properties and labels
// ("labels.tier") by path, all without a `before`. Objects are taken apart, lists are not. What differs from node to
// node, and secrets, stay the references that they are. Empty for a group that exists, whose changes the plan names
// itself.
[[nodiscard]] std::vector<model::PropertyChange> FirstProperties(const model::PlanGroup& group);

// A value of a property within `cells`, with its whole length behind where it was cut. Not escaped.
[[nodiscard]] std::string CutValue(std::string_view value, std::size_t cells);

}  // namespace kadende::cli
