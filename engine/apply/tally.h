// Counts what a run did, as a reader counts it: the two actions of a replacement are one. Pure bookkeeping.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "engine/apply/executor.h"
#include "engine/model/plan.h"

namespace kadende::apply {

class Tally {
 public:
  explicit Tally(const model::Plan& plan);
  // The action succeeded.
  void Done(model::ActionId action, model::ChangeCounts* counts);

 private:
  [[nodiscard]] static std::uint64_t Key(const model::Action& action) {
    return (static_cast<std::uint64_t>(action.group) << 32) | action.slot.ordinal;
  }
  const model::Plan& plan_;
  std::unordered_map<std::uint64_t, std::uint32_t> open_;  // unfinished halves of replacements, by node
};

}  // namespace kadende::apply
