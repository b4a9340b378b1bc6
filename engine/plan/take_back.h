// A slot whose former instance is still there, and is what the slot is to be once more: that one is its node again, and
// the newer one leaves. So a rollout that is taken back makes nothing that it has already. Pure.
#pragma once

#include "engine/model/state_change.h"
#include "engine/plan/expand.h"
#include "engine/plan/refresh.h"

namespace kadende::plan {

// For the state that is planned on; who holds the lock commits it with what was settled.
[[nodiscard]] model::StateChanges TakeBack(const model::ClusterState& state, const Desired& desired,
                                           const PriorView& view);

}  // namespace kadende::plan
