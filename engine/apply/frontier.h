// Which actions may start: dependency counts over an ActionGraph, and the ready ones in key order (group, slot),
// because the store writes rows five to ten times cheaper in order. Not thread-safe: the coordinator's.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "engine/model/plan.h"

namespace kadende::apply {

class Frontier {
 public:
  // `graph` must outlive the frontier.
  explicit Frontier(const model::ActionGraph& graph);

  [[nodiscard]] bool HasReady() const { return !ready_.empty(); }
  [[nodiscard]] model::ActionId PopReady();
  // Position of an action in key order, for sorting what finished.
  [[nodiscard]] std::uint32_t Rank(model::ActionId action) const { return rank_[action]; }

  // The action succeeded: what waited for it alone becomes ready.
  void Done(model::ActionId action);
  // The action certainly had no effect: dependents that only wait for their turn, because they destroy another instance
  // of the same incarnation under the same intent, do not wait for it any longer.
  void ReleaseTurn(model::ActionId action);
  // The action failed: everything that waits for it, directly or not, is never started. Returns each such action
  // once over the life of the frontier, in rising order.
  [[nodiscard]] std::vector<model::ActionId> Fail(model::ActionId action);

 private:
  template <class Visit>
  void ForEachDependent(model::ActionId action, Visit visit) const;

  const model::ActionGraph& graph_;
  std::vector<std::uint32_t> pending_;  // unfinished prerequisites; kDead: skipped
  std::vector<std::uint32_t> offsets_;  // dependents of i: dependents_[offsets_[i] .. offsets_[i+1])
  std::vector<model::ActionId> dependents_;
  std::vector<std::uint32_t> rank_;                                                       // by action
  std::vector<model::ActionId> by_rank_;                                                  // by rank
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready_;  // ranks
};

}  // namespace kadende::apply
