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
  // `settled`: what listing found of earlier runs counts, too.
  Tally(const model::Plan& plan, const model::StateChanges& settled);
  // The action succeeded.
  void Done(model::ActionId action, model::ChangeCounts* counts);
  // The run is over: adds what is counted by node, because two halves may be one replacement.
  void Close(model::ChangeCounts* counts) const;

 private:
  [[nodiscard]] static std::uint64_t Key(std::uint32_t group, std::uint32_t ordinal) {
    return (static_cast<std::uint64_t>(group) << 32) | ordinal;
  }
  struct Halves {
    std::uint32_t created = 0;
    std::uint32_t destroyed = 0;
  };
  void CountSettled(const model::StateChanges& settled);

  const model::Plan& plan_;
  std::unordered_map<std::uint64_t, Halves> nodes_;
};

// What came, went and changed between two states of a cluster, counted the same way.
[[nodiscard]] model::ChangeCounts CountBetween(const model::ClusterState& before, const model::ClusterState& after);

}  // namespace kadende::apply
