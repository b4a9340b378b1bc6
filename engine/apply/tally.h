// Counts what a run did, as a reader counts it: the two actions of a replacement are one, but where only one of them
// succeeded, that one counts for itself: a machine that is gone is never left out. Pure bookkeeping.
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
  // The run is over: adds replacements of which only one half succeeded.
  void Close(model::ChangeCounts* counts) const;

 private:
  [[nodiscard]] static std::uint64_t Key(const model::Action& action) {
    return (static_cast<std::uint64_t>(action.group) << 32) | action.slot.ordinal;
  }
  struct Halves {
    std::uint32_t open = 0;
    std::uint32_t created = 0;
    std::uint32_t destroyed = 0;
  };

  const model::Plan& plan_;
  std::unordered_map<std::uint64_t, Halves> replacements_;  // by node
};

}  // namespace kadende::apply
