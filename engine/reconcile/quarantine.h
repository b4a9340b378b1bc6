// Slots that automation leaves to a person: their replacements do not last (remediation.retry), or their node changes
// between healthy and failing (remediation.flapping). Pure. Part of remediation.
//
//   retry       A node that was healthy for lastsAfter ends the row of its slot; every other one that is given up
//               makes it longer, once, however often that is decided. Two in a row are `period` apart; after `max` the
//               slot is quarantined.
//   flapping    Changes are counted while no more nodes fail than may: where many do, the looking is in doubt, and
//               no single node. Counted from the first one, for `within`.
//   quarantine  Nothing is given up in the slot, and its node counts as failing, until a person releases the group or
//               its nodes have another revision. What is gone is brought back all the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/reconcile/census.h"
#include "engine/reconcile/hindrance.h"

namespace kadende::reconcile {

class Quarantine {
 public:
  // `group` and `policy` must outlive this. Begins by forgetting what a new revision or a person's release (given at
  // `released_at`; never: none) has ended.
  Quarantine(const model::GroupState& group, const model::RemediationPolicy& policy, base::TimePoint released_at,
             base::TimePoint now);

  // Of each node, once a pass. `counts`: a change of its state says something about it.
  void Watch(const Patient& patient, bool counts, model::PassMemory& memory);
  // The brake of the group, if any slot is quarantined, with the names of the first few.
  [[nodiscard]] std::optional<Hindrance> Brake() const;
  [[nodiscard]] const model::SlotTrouble* On(std::uint32_t ordinal) const;  // null: free
  [[nodiscard]] std::uint32_t WellButHeld(const Census& census) const;      // quarantined nodes that do not fail

  // When the slot of a node that is due may be tried again (never: now); where it was tried too often, it is
  // quarantined instead.
  base::TimePoint Wait(const Patient& patient);
  void Tried(const Patient& patient);

  [[nodiscard]] bool changed() const { return changed_; }
  [[nodiscard]] const std::vector<model::SlotTrouble>& troubles() const { return troubles_; }

 private:
  model::SlotTrouble& Of(const Patient& patient);
  void Put(const Patient& patient, std::string why);
  [[nodiscard]] bool Lasted(const Patient& patient) const;

  const model::GroupState& group_;
  const model::RemediationPolicy& policy_;
  const base::TimePoint now_;
  std::vector<model::SlotTrouble> troubles_;  // by ordinal
  bool changed_ = false;
};

}  // namespace kadende::reconcile
