// What a watch found out about nodes, put into a plan for its readers. Pure.
//
// A plan itself looks at no node's health (planning is safe on an untrusted file) and does nothing about it: that is
// the watch's. So its actions stay what they are; drift and notes say what is known, and what will become of it.
#pragma once

#include "engine/model/cluster_state.h"
#include "engine/model/plan.h"
#include "engine/plan/refresh.h"
#include "engine/ports/health_store.h"

namespace kadende::cli {

// Adds a drift (kUnhealthy) per unhealthy live node that the listing did not find gone or unhealthy already, and notes
// to the groups: why such nodes are left alone, or that the watch replaces them; brakes and releases. Health that
// nobody keeps up is not told. `state` is what the plan was made on, `view` what was seen.
void AddHealth(const model::ClusterState& state, const plan::PriorView& view, const ports::HealthByGroup& health,
               base::TimePoint now, model::Plan& plan);

}  // namespace kadende::cli
