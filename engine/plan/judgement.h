// What health has to say about a plan: which nodes are to be replaced, which must stay for now, and why. The rules are
// pure code of engine/reconcile; the planner asks for them between refresh and diff, because they count what the world
// shows beside what checks say.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/cluster_state.h"
#include "engine/plan/refresh.h"

namespace kadende::plan {

struct GroupJudgement {
  std::map<std::uint32_t, std::string> replace;  // ordinal of a live node -> why, one sentence
  // Leaving rows that stay until what replaces them is healthy. Also the live rows of `replace`: once their successor
  // is there they are leaving rows, and stay. In destroy-first groups those go first, whatever this says.
  std::set<model::NodeRowKey> hold_leaving;
  std::set<std::uint32_t> roll;    // ordinals of old nodes that become new now, in a rollout that a watch goes on with
  std::vector<std::string> notes;  // what is held back, why, until when, what a person can do
};

struct Judgement {
  std::map<std::string, GroupJudgement> groups;
  // Brakes that took or let go and their events: applied to the state that is planned on, committed by the holder of
  // the lock.
  model::StateChanges changes;
};

// Called at most once per plan.
using Judge = std::function<Judgement(const model::ClusterState& state, const PriorView& view, base::TimePoint now)>;

}  // namespace kadende::plan
