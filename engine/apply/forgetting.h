// A person takes a node out of the state (`kadende forget`); its instance is left as it is. See adoption.h.
#pragma once

#include <string>

#include "engine/apply/run.h"
#include "engine/model/cluster_state.h"
#include "engine/ports/provider.h"

namespace kadende::apply {

// The first half, under the lock. kConflict: a hold, or a call that is under way or was cut off.
[[nodiscard]] base::Result<model::StateChanges> BeginForgetting(const model::ClusterState& state,
                                                                const std::string& group, const model::NodeRecord& node,
                                                                const std::string& actor, base::TimePoint now);

// The second: takes our tags off the instance. False, and why in `kept`: it keeps them, and is left alone all the same.
[[nodiscard]] bool TakeTagsOff(const model::ClusterState& state, const std::string& group,
                               const model::NodeRecord& node, ports::ProviderSource& providers, base::Millis timeout,
                               std::string* kept);

}  // namespace kadende::apply
