// Named operations on a cluster's state. A batch of them is applied atomically and durably by ports/state_store.h and
// in memory by ClusterState::Apply. Each carries whole rows, so both sides do no more than put and erase.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "engine/model/event.h"
#include "engine/model/record.h"

namespace kadende::model {

// Before a provider call.
struct IntentWritten {
  Intent intent;
};

// A create's outcome: the row appears (or replaces the row of the same slot and incarnation), and the intent of the
// same node and incarnation is cleared. The slot's tombstone rows of lower incarnations are erased. Also an adoption.
struct NodeCreated {
  std::string group;
  NodeRecord node;
};

// A create that definitely had no effect: the intent is cleared, and the incarnation stays used: where the slot has no
// higher row, a tombstone is put.
struct CreateFailed {
  std::string group;
  Slot slot;
  std::uint32_t incarnation = 0;
  base::TimePoint at{};
};

// The row of the same slot and incarnation is replaced (taint, attributes, address, revision, phase kLeaving).
struct NodeChanged {
  std::string group;
  NodeRecord node;
};

// A destroy's outcome, a node found gone, or forgotten: the row is erased and the destroy intent (if any) cleared;
// where the slot has no other row, a tombstone is put. Erasing what is not there is not an error.
struct NodeGone {
  std::string group;
  Slot slot;
  std::uint32_t incarnation = 0;
  base::TimePoint at{};
};

// An intent that was settled without touching a row (a destroyed stray, a create that provably never happened).
struct IntentCleared {
  NodeAddress node;
  std::uint32_t incarnation = 0;
};

// The group's header is put whole (current, target, revisions, floor, backoff, holds). Rows are not touched.
struct GroupRecorded {
  GroupRecord record;
};

// Rows and header move to `to` (which must not exist with live rows); `from` keeps its header with `moved_to` set, and
// tombstones of all its slots, those with open intents included, so that its incarnations are never used again. Row
// tokens stay as they were made.
struct GroupMoved {
  std::string from;
  std::string to;
  base::TimePoint at{};
};

// The cluster's header is put whole, open run included.
struct ClusterRecorded {
  ClusterRecord record;
};

// What was dirty is published as `serial`, commit `commit`; the open run, if any, is closed.
struct Published {
  std::uint64_t serial = 0;
  std::string commit;
};

// Kept by the store, bounded (newest kept); not part of ClusterState.
struct EventRecorded {
  Event event;
};

// A row that another machine's version of the state does not have; nothing is left of it. Erasing what is not there is
// not an error.
struct RowErased {
  std::string group;
  NodeRowKey row;
};

// Likewise a whole group: header and rows. Its intents stay.
struct GroupErased {
  std::string path;
};

using StateChange =
    std::variant<IntentWritten, NodeCreated, CreateFailed, NodeChanged, NodeGone, IntentCleared, GroupRecorded,
                 GroupMoved, ClusterRecorded, Published, EventRecorded, RowErased, GroupErased>;
using StateChanges = std::vector<StateChange>;

}  // namespace kadende::model
