// Plans and states to look at, and golden files to compare with.
#pragma once

#include <string>

#include "engine/apply/executor.h"
#include "engine/model/cluster_state.h"
#include "engine/model/plan.h"

namespace kadende::tests {

// Something of everything: growth, a rolling replacement, removal, policy, freeze, drift, a stray.
[[nodiscard]] model::Plan SamplePlan();
// `count` creates of one new group.
[[nodiscard]] model::Plan LargePlan(std::uint32_t count);
// Names, values and messages that try to break out of what they are shown in.
[[nodiscard]] model::Plan HostilePlan();
[[nodiscard]] model::ClusterState SampleState();

void AddAction(model::Plan* plan, const model::Action& action, const std::vector<model::ActionId>& waits_for = {});

// Fails unless `text` is the content of golden/<name>.
void CheckGolden(const std::string& name, const std::string& text);

}  // namespace kadende::tests
