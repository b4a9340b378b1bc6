// A plan: data that a person reviews and that apply executes exactly. Made by engine/plan, never changed afterwards.
//
// Shapes: `groups` is sorted by path; `actions` is in an order in which every action comes after all that it waits
// for. An action's index is its id within the plan. Fields that 100,000 actions carry are small; what is shared by a
// group is in its PlanGroup.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/base/time.h"
#include "engine/model/identity.h"
#include "engine/model/reason.h"
#include "engine/model/record.h"

namespace kadende::model {

enum class ActionKind : std::uint8_t {
  kCreate,
  kGate,
  kHook,
  kDrain,
  kRestart,
  kUpdate,
  kDestroy,
  kAdopt,
  kForget,
  kSet
};
[[nodiscard]] std::string_view ActionKindName(ActionKind kind);  // "create", ...
[[nodiscard]] std::optional<ActionKind> ParseActionKind(std::string_view name);

using ActionId = std::uint32_t;
inline constexpr std::uint16_t kNoRevision = std::numeric_limits<std::uint16_t>::max();

struct Action {
  ActionKind kind = ActionKind::kCreate;
  Reason reason = Reason::kRequested;
  // Part of a replacement: the create and the destroy of one slot that count as one "replace" to a reader.
  bool replace = false;
  // An open create intent must be settled first: the create is repeated with the same token (kCreate and kDestroy
  // only).
  bool settle = false;
  std::uint16_t from_revision = kNoRevision;  // index into PlanGroup::revisions
  std::uint16_t to_revision = kNoRevision;
  std::uint32_t group = 0;        // index into Plan::groups
  Slot slot;                      // unused by kGate of a whole group and by kSet
  std::uint32_t incarnation = 0;  // kCreate: the one to issue; others: the one acted on
  std::string instance_id;        // empty for kCreate, kGate, kSet

  // Of no node: `slot` says nothing.
  [[nodiscard]] bool OfWholeGroup() const {
    return kind == ActionKind::kSet || (kind == ActionKind::kGate && incarnation == 0);
  }
};

// Actions that must have succeeded before. Stored flat: edges of action i are waits_for[offsets[i] .. offsets[i+1]).
// A group that waits for a group goes through one kGate action, so edges stay linear in the number of nodes.
struct ActionGraph {
  std::vector<Action> actions;
  std::vector<std::uint32_t> offsets;  // actions.size() + 1
  std::vector<ActionId> waits_for;
};

// One changed property of a group, for a reader. Values are JSON text; "(known after apply)" and "(sensitive)" as they
// are.
struct PropertyChange {
  std::string path;    // "image", "args[1]", "labels.tier"
  std::string before;  // empty: absent
  std::string after;
  bool forces_replacement = false;
};

struct ChangeCounts {
  std::uint32_t create = 0;  // without replacements
  std::uint32_t update = 0;
  std::uint32_t destroy = 0;  // without replacements; strays included
  std::uint32_t replace = 0;
  std::uint32_t unchanged = 0;
  std::uint32_t strays = 0;  // of `destroy`

  [[nodiscard]] bool Any() const { return create + update + destroy + replace > 0; }
};

// A group loses more than the cluster's `approval` lets pass (engine/plan/approval.h says what counts).
struct ApprovalNeed {
  std::uint32_t destroys = 0;
  std::uint32_t of = 0;
  CountOrPercent limit;
};

// A revision as plan readers need it.
using PlanRevision = RevisionRecord;

// A change that is not done because a person's hold covers its slot.
struct HeldChange {
  ActionKind kind = ActionKind::kCreate;
  Reason reason = Reason::kRequested;
  bool replace = false;  // kCreate: with the destroy of the old instance
  Slot slot;
};

// Old nodes of a group wait for their turn: the plan does not bring all of it to the new revision.
struct PlanRollout {
  std::uint32_t renewed = 0;  // nodes that are new when the plan is done
  std::uint32_t waiting = 0;
  RolloutStop stop = RolloutStop::kNone;  // kNone: they wait for no one (on-delete)

  bool operator==(const PlanRollout&) const = default;
};

struct PlanGroup {
  std::string path;
  std::string moved_from;  // set when this plan renames it
  bool is_new = false;
  bool removed = false;  // left the file, or destroy
  GroupTarget before;    // current, or for a new group an empty target
  GroupTarget after;
  std::vector<PlanRevision> revisions;      // all that actions of this group refer to, `after.revision` among them
  std::vector<PropertyChange> properties;   // between before.revision and after.revision
  std::vector<std::string> policy_changes;  // "rollout.maxSurge: 1 -> 2"
  bool destroy_first = false;
  std::string order_reason;  // why, e.g. "args[1] uses node.ordinal"; empty for the default
  std::string frozen;        // why nothing is done to it; empty: not frozen
  // Why its provider was not asked: its plugin is not trusted by a plan. Its nodes are taken as state has them. Empty:
  // it was looked at like any other.
  std::string not_looked_at;
  std::vector<std::string> notes;  // sentences for a reader: open intents, unfinished run, backoff, unknown listing
  std::vector<Hold> holds;         // in force when the plan was made; the group's own first, then by slot
  std::vector<HeldChange> held;    // what they hold back, by slot; in no count
  std::optional<PlanRollout> rollout;
  ChangeCounts counts;
  std::optional<ApprovalNeed> approval;
  // Over all orders in which the graph can run: the fewest live nodes and the most instances at any moment.
  std::uint32_t lowest_live = 0;
  std::uint32_t highest_total = 0;

  // The whole group is to be left alone: nothing of it is recorded either.
  [[nodiscard]] bool IsHeld() const {
    return !holds.empty() && holds.front().slot_key.empty() && holds.front().only.empty();
  }
};

// Something about a node that the world changed by itself, found at refresh.
struct Drift {
  std::uint32_t group = 0;
  Slot slot;
  std::uint32_t incarnation = 0;
  Reason reason = Reason::kMissing;  // kMissing, kTerminated, kUnhealthy, kStray, kLabelsChanged
  std::string instance_id;
  std::string detail;
};

struct Plan {
  std::string cluster;       // name
  std::string renamed_from;  // set when this plan renames the cluster
  std::string rollback;      // "<serial> <commit>" of the version whose specification it brings back; empty: none
  Lineage lineage;           // empty: first apply makes one
  std::uint64_t serial = 0;  // the state that it was made on
  base::Digest spec_hash;
  base::Digest hash;  // PlanHash of all this (plan_compare.h); zero where nobody is asked (healing)
  base::TimePoint made_at{};
  bool destroy = false;        // made with --destroy
  bool offline = false;        // made without looking at the world
  bool continues_run = false;  // an unfinished run is continued
  bool abandons_run = false;
  bool reverses_destroy = false;  // groups that an unfinished run was removing are wanted again
  // Secrets' values were compared with what nodes were made with; else a changed one is nothing that this plan knows
  // of.
  bool secrets_compared = false;
  bool spec_changed = false;          // the file differs from the applied one, even where no node changes
  std::vector<std::string> targets;   // --target, sorted
  std::vector<std::string> replaces;  // --replace, as node display names, sorted
  PluginPins plugins;                 // those of the file that are pinned otherwise than the applied state has them
  std::vector<PlanGroup> groups;
  ActionGraph graph;
  std::vector<Drift> drift;
  std::vector<std::string> notes;  // about the whole cluster
  base::Diagnostics diagnostics;   // from providers' Validate; errors prevent an apply
  ChangeCounts counts;             // sums

  // Nothing to do: no action, not even a set, and no unfinished run.
  [[nodiscard]] bool IsEmpty() const;
  [[nodiscard]] bool NeedsApproval() const;  // of any group
};

}  // namespace kadende::model
