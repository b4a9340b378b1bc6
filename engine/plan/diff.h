// Step "diff": target x prior x now -> what changes on each slot of a group, with a reason. Pure.
//
// Slots are stable: survivors keep theirs, new nodes take the lowest free ordinal, a logical id keeps its ordinal for
// life. Surplus leaves by the deletion order: gone, never confirmed, tainted, unhealthy, old revision, highest ordinal.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/model/manifest.h"
#include "engine/model/plan.h"
#include "engine/plan/expand.h"
#include "engine/plan/judgement.h"
#include "engine/plan/refresh.h"
#include "engine/plan/secret_change.h"
#include "engine/plan/update_advice.h"

namespace kadende::plan {

enum class ChangeKind : std::uint8_t {
  kForget,   // the row of an instance that is gone
  kDestroy,  // an instance without a successor in this change
  kAdopt,    // a stray becomes the node of its slot
  kCreate,
  kReplace,  // a create and the destroy of the old instance, in the order that the rollout decides
  kUpdate,
  kConfigure,  // a live node whose hooks after the create have not succeeded yet
};

struct NodeChange {
  ChangeKind kind = ChangeKind::kCreate;
  model::Reason reason = model::Reason::kRequested;
  bool settle = false;               // goes on with an open create intent (`incarnation`)
  bool old_counts = false;           // kReplace, kDestroy: the old instance is a live, healthy node today
  bool old_exists = false;           // kReplace, kDestroy: the old instance is not known to be gone
  bool in_dependency_order = false;  // kDestroy that takes part in the reverse order of dependsOn
  bool waits_for_slot = false;       // kCreate: after what leaves the same slot
  bool keeps_old = false;            // kReplace: the old instance stays until a later pass finds the new one healthy
  // kDestroy of what was replaced: the slot's live node, which has to be healthy before; 0: goes at once.
  std::uint32_t successor = 0;
  std::uint16_t from_revision = model::kNoRevision;
  std::uint16_t to_revision = model::kNoRevision;
  model::Slot slot;
  std::uint32_t incarnation = 0;      // kCreate, kReplace: the new one; others: the one acted on
  std::uint32_t old_incarnation = 0;  // kReplace
  std::string instance_id;            // the old or acted-on one
};

struct GroupInput {
  std::string path;
  const model::GroupState* prior = nullptr;   // null: state has none
  const DesiredGroup* desired = nullptr;      // null: to be gone
  const GroupView* view = nullptr;            // must not be null
  const model::Manifest* manifest = nullptr;  // of desired's provider; null with desired
  std::vector<const model::Intent*> intents;  // of the group, sorted
  std::uint32_t incarnation_floor = 0;        // used by a former life of this path
  std::set<std::uint32_t> replaces;           // ordinals that a person wants replaced
  UpdateAdvice advice;                        // what the provider says of changes of properties
  const GroupJudgement* judgement = nullptr;  // what health has to say; null: nothing
  const SecretMark* secret_mark = nullptr;    // null, or empty: secrets are not compared
  bool destroy_first = false;
  bool moved = false;
  bool file_protects = false;  // preventDestroy by a file that is not planned from
  bool heal_only = false;
  base::TimePoint now{};
};

struct GroupDiff {
  std::vector<NodeChange> changes;               // sorted by slot; what leaves a slot before what fills it
  std::vector<model::RevisionRecord> revisions;  // that changes refer to by index
  std::vector<model::Drift> drift;               // group index not set
  std::vector<std::string> notes;
  std::vector<model::PropertyChange> secret_changes;  // whose secrets have other values by now
  std::vector<std::string> protected_nodes;           // display names that preventDestroy keeps from leaving
  std::vector<model::Hold> holds;                     // of people, in force now
  std::vector<model::HeldChange> held;                // what they keep from being done, by slot
  std::optional<model::PlanRollout> rollout;          // where old nodes wait for their turn
  std::uint32_t unchanged = 0;                        // nodes that are held and would change among them
  std::uint32_t live = 0;                             // healthy live nodes before anything is done
  std::uint32_t total = 0;                            // instances that exist or may exist before anything is done
};

[[nodiscard]] GroupDiff DiffGroup(const GroupInput& input);

}  // namespace kadende::plan
