// People's orders to leave a node or group alone: which are in force, and whom they cover. Pure; time is an argument,
// so a hold lapses by itself.
//
// An order is taken by its word: in a slot that is held nothing is created, changed or destroyed, by nobody; in a group
// that is held neither, and what its file says anew is not recorded. A hold that is limited (Hold::only) forbids what
// it names, and of what belongs together all: a replacement needs its create and its destroy, so neither is begun where
// one of them is forbidden. Brakes never keep from coming back what is gone;
// a person may, who may be about to bring it back by hand.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/model/record.h"
#include "engine/model/state_change.h"

namespace kadende::plan {

[[nodiscard]] bool IsInForce(const model::Hold& hold, base::TimePoint now);
// What a person calls it: "web", or "web[0]".
[[nodiscard]] std::string HeldName(const std::string& group, const model::Hold& hold);
// "held by ann@host since ..., until ...: disk is being copied". Foreign text, escape when shown.
[[nodiscard]] std::string HoldSentence(const model::Hold& hold);
// Whether it is among what a change does.
[[nodiscard]] bool Forbids(const model::Hold& hold, model::Processes does);

// Of one group, as they are in force at one moment.
class Holds {
 public:
  // `record` may be null: no holds.
  Holds(const model::GroupRecord* record, base::TimePoint now);

  [[nodiscard]] bool empty() const { return in_force_.empty(); }
  // The hold that forbids this in a slot, its own before the group's; null: none. Without `does`: one that forbids
  // everything.
  [[nodiscard]] const model::Hold* On(const model::Slot& slot, model::Processes does = {}) const;
  // The group's own first, then by slot.
  [[nodiscard]] const std::vector<model::Hold>& in_force() const { return in_force_; }
  // Ordinals of slots in a group of `size` in which nothing may be created; no new node is given such a place.
  [[nodiscard]] std::set<std::uint32_t> Ordinals() const;

 private:
  std::vector<model::Hold> in_force_;
};

// Holds whose time has passed leave their groups, with an event each. For the state that is planned on; the holder of
// the lock commits it.
[[nodiscard]] model::StateChanges LapseHolds(const model::ClusterState& state, base::TimePoint now);

}  // namespace kadende::plan
