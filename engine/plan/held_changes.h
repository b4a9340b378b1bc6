// What people's holds keep from being done, as a plan's reader is told. Part of diff. Pure.
#pragma once

#include <vector>

#include "engine/plan/diff.h"

namespace kadende::plan {

// What a change does, for holds that are limited to some of it.
[[nodiscard]] model::Processes ProcessesOf(const NodeChange& change);

inline constexpr model::Processes kTakingOff{model::Processes::Bit(model::Process::kDestroy) |
                                             model::Processes::Bit(model::Process::kScaleIn)};

class HeldChanges {
 public:
  // In the order in which changes of one slot are made. True: a node that stays as it is, and would have changed.
  bool Add(const NodeChange& change);
  [[nodiscard]] std::vector<model::HeldChange> Take();  // by slot

 private:
  std::vector<model::HeldChange> held_;
};

}  // namespace kadende::plan
