// Counts the new nodes that fail in a run's rollouts, and says when enough is enough (rollout.failureThreshold,
// onFailure): then no further old node has its turn; what was begun is finished. Not thread-safe: the coordinator's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/plan.h"

namespace kadende::apply {

// An action of a replacement for a revision, or the gate behind it.
[[nodiscard]] bool IsOfRollout(const model::Action& action);

class RolloutGuard {
 public:
  // `plan` must outlive the guard. Without effect where it heals: `judges` false.
  RolloutGuard(const model::Plan& plan, bool judges);

  void Failed(model::ActionId action, const std::string& why);
  // The action begins the replacement of one more node in a group that has had enough.
  [[nodiscard]] bool Halts(model::ActionId action) const;
  // What is said of that, or of a group whose new nodes failed; empty: none did.
  [[nodiscard]] const std::string& Why(std::uint32_t group) const { return groups_[group].why; }
  // More of them failed than its policy puts up with.
  [[nodiscard]] bool HadEnough(std::uint32_t group) const { return groups_[group].enough; }

 private:
  struct Group {
    std::uint32_t failed = 0;
    bool enough = false;
    std::string why;
  };

  const model::Plan& plan_;
  const bool judges_;
  std::vector<Group> groups_;  // as the plan's
};

}  // namespace kadende::apply
