// Which slots a group is to have, and which of today's nodes fill them. Part of diff. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/plan/refresh.h"

namespace kadende::plan {

// How a surplus is chosen: the lowest value leaves first, ties by the highest ordinal.
// A held one leaves after all others: it would not go, so another takes its turn.
enum class LeaveRank : std::uint8_t { kGone, kNeverConfirmed, kTainted, kUnhealthy, kOldRevision, kLast, kHeld };

// A slot that is filled today: by a live row, or by an open create.
struct Member {
  const model::NodeRecord* row = nullptr;  // live; null: only intents
  const NodeSight* sight = nullptr;        // with row
  model::Slot slot;
  LeaveRank rank = LeaveRank::kLast;
  bool wanted = true;
};

// Marks the members that are to leave and returns the slots to be filled, sorted by ordinal.
// `taken`: ordinals that no new slot may use although no member has them. `ids_ever`: ordinal of each logical id that
// a row, tombstones included, or an intent has.
struct SlotRequest {
  std::uint32_t size = 0;
  const std::vector<std::string>* logical_ids = nullptr;  // null or empty: a group of `size`
  std::set<std::uint32_t> taken;
  std::map<std::string, std::uint32_t> ids_ever;
  bool keep_surplus = false;
};
[[nodiscard]] std::vector<model::Slot> ChooseSlots(const SlotRequest& request, std::vector<Member>& members);

}  // namespace kadende::plan
