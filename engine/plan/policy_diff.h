// What changed in a group's policy, in words for a reader: "rollout.maxSurge: 1 -> 2". Pure.
#pragma once

#include <string>
#include <vector>

#include "engine/model/spec.h"

namespace kadende::plan {

[[nodiscard]] std::vector<std::string> PolicyChanges(const model::GroupPolicy& before, const model::GroupPolicy& after);

// What is unusual in the policy of a new group, and its checks: "rollout.maxSurge: 2", "healthChecks.ready: tcp
// ${node.address}:80 every 10s".
[[nodiscard]] std::vector<std::string> FirstPolicy(const model::GroupPolicy& policy);

}  // namespace kadende::plan
