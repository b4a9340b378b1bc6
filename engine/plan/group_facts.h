// What is known of one group before anything is decided: rows, sights and open intents, sorted by what they are. Part
// of diff. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/plan/diff.h"
#include "engine/plan/slots.h"

namespace kadende::plan {

[[nodiscard]] bool IsGone(const NodeSight& sight);
[[nodiscard]] bool IsUnhealthy(const NodeSight& sight);
// What is not known to be broken counts as live: unknown is not unhealthy.
[[nodiscard]] bool CountsAsLive(const NodeSight& sight);

// The policy of a group that is not wanted any more: what was in force, and for a group whose first apply did not
// finish what it was to have.
[[nodiscard]] const model::GroupPolicy& LastPolicy(const model::GroupRecord& record);

struct LeavingNode {
  const model::NodeRecord* row = nullptr;
  const NodeSight* sight = nullptr;
};

// Borrows from the input, which must outlive it.
struct GroupFacts {
  std::vector<Member> members;                                         // sorted by slot
  std::vector<LeavingNode> leaving;                                    // given up: marked so, or with an open destroy
  std::map<std::uint32_t, std::vector<const model::Intent*>> creates;  // open ones, by ordinal, rising incarnation
  std::map<model::NodeRowKey, const model::Intent*> destroys;          // open ones
  std::map<std::string, std::uint32_t> ids_ever;                       // see SlotRequest
  std::vector<model::Drift> drift;
  std::uint32_t live = 0;
  std::uint32_t total = 0;  // strays not among them
};

[[nodiscard]] GroupFacts GatherFacts(const GroupInput& input);

// The one to issue next for a slot: above all that were ever issued.
[[nodiscard]] std::uint32_t NextIncarnation(const GroupInput& input, const GroupFacts& facts, std::uint32_t ordinal);

// What a node is to be. Healing brings it back as it was, as long as that is a revision in force or on the way. Null:
// nothing is known of it, or it is not wanted.
[[nodiscard]] const model::RevisionRecord* WantedRevision(const GroupInput& input, const model::NodeRecord& row);

// The open create of a slot that makes what is wanted; null: none.
[[nodiscard]] const model::Intent* UsableCreate(const GroupFacts& facts, const model::Slot& slot,
                                                const base::Digest& revision);

// Of a group that is not wanted any more, both what is in force and what a run was moving to can forbid it.
[[nodiscard]] bool PreventsDestroy(const GroupInput& input);

// Whether a person let go of the machine that this place had: that asked for another one.
[[nodiscard]] bool WasForgotten(const GroupInput& input, const model::Slot& slot);

}  // namespace kadende::plan
