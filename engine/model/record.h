// What state keeps: the rows of the working store and of the published history. A stored format: every field
// here is written by state/record_codec.cc (binary, LMDB) and state/chunk_codec.cc (JSON lines, git), and described in
// state/FORMAT.md. Values only, no behaviour.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/time.h"
#include "engine/model/healing.h"
#include "engine/model/identity.h"
#include "engine/model/plugin_pin.h"
#include "engine/model/reason.h"
#include "engine/model/rollout.h"
#include "engine/model/spec.h"

namespace kadende::model {

enum class NodePhase : std::uint8_t {
  kLive,       // the slot's node; its instance was created and not given up
  kLeaving,    // given up (replaced, scaled down): an instance that is still to be destroyed
  kTombstone,  // no instance; keeps the slot's incarnation from being used again
};

// One row per slot and incarnation. A slot has at most one kLive row, and beside it kLeaving rows while a
// replacement is under way; a slot without either has one kTombstone row with the highest incarnation ever issued. A
// tombstone may also stand above them, where a later incarnation was issued and failed.
struct NodeRecord {
  Slot slot;
  std::uint32_t incarnation = 0;  // from 1
  NodePhase phase = NodePhase::kTombstone;
  bool tainted = false;       // a person wants it replaced
  bool unconfigured = false;  // its hooks after the create have not succeeded yet
  Token token;
  base::Digest revision;          // of the group's revisions; zero in a tombstone
  std::string instance_id;        // empty in a tombstone
  std::string address;            // empty: none known
  std::string attributes = "{}";  // canonical JSON, only what the manifest lists as kept
  std::string taint_reason;
  base::TimePoint created_at{};  // when the create succeeded; in a tombstone: when the node went
  // One mark for each secret that its revision's properties use (References::secrets, in their order): what value it
  // was created or updated with. Empty: not known, for nobody gave a key then.
  std::string secrets;

  bool operator==(const NodeRecord&) const = default;
};

// A mark is the start of a keyed hash over lineage, reference and value: with the key a changed value is noticed,
// without it nothing can be learnt from it. This one stands for a value that could not be read.
inline constexpr std::string_view kUnknownMark{"\0\0\0\0\0\0\0\0", 8};

// The properties that a revision stands for, kept for as long as a node or a target uses it.
struct RevisionRecord {
  base::Digest id;  // SHA-256 of provider name, properties and labels, see engine/plan/expand.h
  ProviderRef provider;
  std::string properties = "{}";  // PropertyTemplate::symbolic()
  std::map<std::string, std::string> labels;
  std::string scope_config = "{}";  // canonical JSON of the manifest's scope properties
  std::string scope;                // as the provider named it at the first listing or create; empty before

  bool operator==(const RevisionRecord&) const = default;
};

// A group's specification in force, or the one that a run is moving to.
struct GroupTarget {
  std::uint32_t size = 0;
  std::vector<std::string> logical_ids;  // empty in groups of `size`
  base::Digest revision;                 // zero: the group is to be gone
  GroupPolicy policy;

  bool operator==(const GroupTarget&) const = default;
};

// Creates of a group that fail back off together (SEMANTICS 3: 5 s doubling to 300 s, reset by success or a new
// revision). So do its destroys, of whatever revision.
struct CreateBackoff {
  std::uint32_t failures = 0;
  base::TimePoint next_at{};  // no create (or destroy) of this group by automation before
  base::Digest revision;      // the failures are of this revision; zero for destroys
  std::string last_error;

  bool operator==(const CreateBackoff&) const = default;
};

// What is done to nodes, as a person may forbid it apart from the rest. Stored: append, never renumber.
enum class Process : std::uint8_t {
  kCreate = 0,     // nothing is created, and so nothing replaced
  kDestroy = 1,    // nothing is destroyed, and so nothing replaced
  kHealth = 2,     // what checks say is shown and counts for nothing
  kRemediate = 3,  // nothing is replaced for its health; what is gone still comes back
  kRollout = 4,    // nothing is replaced or updated for a new revision
  kScaleIn = 5,    // a smaller size takes others
  kReplace = 6,    // nothing is replaced, for whatever reason
};
inline constexpr Process kLastProcess = Process::kReplace;
[[nodiscard]] std::string_view ProcessName(Process process);  // "scale_in"
[[nodiscard]] std::optional<Process> ParseProcess(std::string_view name);

// A set of them.
struct Processes {
  std::uint16_t bits = 0;

  [[nodiscard]] static constexpr std::uint16_t Bit(Process process) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(process));
  }
  [[nodiscard]] constexpr bool Has(Process process) const { return (bits & Bit(process)) != 0; }
  constexpr void Add(Process process) { bits = static_cast<std::uint16_t>(bits | Bit(process)); }
  [[nodiscard]] constexpr bool empty() const { return bits == 0; }
  bool operator==(const Processes&) const = default;
};
[[nodiscard]] std::vector<std::string> ProcessNames(Processes processes);  // in their order
// Of stored names. One that this version does not know makes it everything: the set that an empty one stands for.
[[nodiscard]] Processes ReadProcesses(const std::vector<std::string>& names);
inline constexpr std::uint16_t kAllProcesses = (1U << (static_cast<unsigned>(kLastProcess) + 1)) - 1;

// A person's order to leave a node or group alone.
struct Hold {
  std::string slot_key;  // empty: the whole group
  std::string owner;
  std::string reason;
  base::TimePoint since{};
  base::TimePoint until{};  // never: does not lapse
  Processes only{};         // what it is limited to; empty: everything

  bool operator==(const Hold&) const = default;
};

// A rule that holds the automation of a group back, for as long as it does.
enum class BrakeKind : std::uint8_t {
  kMaxUnhealthy = 0,    // too many live nodes fail at once: more likely the looking is wrong than all of them
  kUnhealthyRange = 1,  // more of them fail than may be acted upon, or fewer
  kRate = 2,            // as many were replaced lately as may be in that time
  kMinCapacity = 3,     // too few are healthy while others are still being replaced
  kBlastCap = 4,        // as many live nodes were given up within an hour as may be
  kQuarantine = 5,      // slots that are left to a person
  kSuspended = 6,       // nothing has succeeded for long
  kQuorum = 7,          // so many members are away that one more could end the quorum
};
inline constexpr BrakeKind kLastBrakeKind = BrakeKind::kQuorum;
[[nodiscard]] std::string_view BrakeName(BrakeKind kind);  // "maxUnhealthy"
[[nodiscard]] std::optional<BrakeKind> ParseBrakeKind(std::string_view name);

struct Brake {
  BrakeKind kind = BrakeKind::kMaxUnhealthy;
  std::string detail;  // when it took hold: "3 of 4 live nodes are unhealthy, 40% (1) may be"
  base::TimePoint since{};
  base::TimePoint until{};  // time lets go of it; never: what it is about has to change

  bool operator==(const Brake&) const = default;
};

// A person's order to act once in spite of a brake (`kadende release GROUP`): it covers the nodes that are unhealthy
// when it is given, and is used up when they have been replaced, or lapses.
struct Release {
  std::string actor;
  base::TimePoint since{};
  base::TimePoint until{};

  bool operator==(const Release&) const = default;
};

// An instance that a person took out of the state (`kadende forget`). Whatever tags it still carries, it is no stray:
// nothing touches it. Kept until it is adopted again.
struct Forgotten {
  Slot slot;
  std::uint32_t incarnation = 0;
  std::string instance_id;
  std::string actor;
  base::TimePoint at{};

  bool operator==(const Forgotten&) const = default;
};

struct GroupRecord {
  std::string path;
  GroupTarget current;
  GroupTarget target;                     // equal to current when no run is unfinished
  std::vector<RevisionRecord> revisions;  // sorted by id
  std::uint32_t incarnation_floor = 0;    // slots without a row have used incarnations up to here
  std::string moved_to;                   // set where only tombstones remain after a rename
  CreateBackoff backoff;
  CreateBackoff destroy_backoff;
  std::vector<Hold> holds;
  std::vector<Brake> brakes;  // sorted by kind
  std::optional<Release> release;
  GroupHealing healing;
  std::optional<Rollout> rollout;    // of the way to `target`; absent where nothing of it has to be remembered
  std::vector<Forgotten> forgotten;  // sorted by slot and incarnation

  bool operator==(const GroupRecord&) const = default;
};

enum class IntentKind : std::uint8_t { kCreate, kDestroy };

// Written durably before the provider call, cleared with its outcome, never because nothing was found.
struct Intent {
  IntentKind kind = IntentKind::kCreate;
  NodeAddress node;
  std::uint32_t incarnation = 0;
  Token token;
  base::Digest revision;
  std::string instance_id;  // kDestroy: what is to go. kCreate: the instance to be adopted; empty: one is to be made
  Reason reason = Reason::kRequested;
  base::TimePoint written_at{};
  std::string run_id;
  // kDestroy of an instance without a row (a stray): where it lives, since no revision of the group may say so.
  ProviderRef stray_provider;
  std::string stray_scope_config;
  std::string secrets;  // kCreate: as in NodeRecord, of the values that the first call was made with

  bool operator==(const Intent&) const = default;
};

enum class RunKind : std::uint8_t { kApply, kWatch, kDestroy, kEdit };

// One apply, or one pass of watch that changes something. Open from before the first side effect until published.
struct Run {
  std::string id;  // 26 characters of base32
  RunKind kind = RunKind::kApply;
  std::string actor;  // user@host, or the CI system's name
  base::TimePoint started_at{};
  std::string plan;       // compact plan JSON (plan_json.h), published as plan.json
  std::string subject;    // "apply shop: +2 -1"
  std::string plan_text;  // what a person saw, goes into the commit message

  bool operator==(const Run&) const = default;
};

struct ClusterRecord {
  Lineage lineage;
  std::string id;  // the user's, or generated at the first apply
  std::string name;
  std::string version;    // the user's label
  std::string spec_text;  // the applied file
  base::Digest spec_hash;
  std::map<std::string, std::string> variables;  // values that spec was applied with (JSON scalars)
  // What the plugins of the applied file, and of groups that it no longer has, were pinned to by the last apply. A plan
  // runs no others.
  PluginPins plugins;
  std::uint64_t serial = 0;  // published versions; 0: never published
  std::string commit;        // object id of the last published commit, hex; empty before
  std::optional<Run> run;    // open run

  bool operator==(const ClusterRecord&) const = default;
};

}  // namespace kadende::model
