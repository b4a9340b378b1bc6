// What changed in a group's policy, in words for a reader: "rollout.maxSurge: 1 -> 2". Pure.
#pragma once

#include <string>
#include <vector>

#include "engine/model/spec.h"

namespace kadende::plan {

[[nodiscard]] std::vector<std::string> PolicyChanges(const model::GroupPolicy& before, const model::GroupPolicy& after);

}  // namespace kadende::plan
