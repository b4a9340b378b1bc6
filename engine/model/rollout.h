// How a changed group is brought to its new revision, and how far that is. Values only; both are stored (policy_json.h,
// rollout_json.cc). Meanings and defaults: SEMANTICS section 4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/count.h"

namespace kadende::model {

// Which instance of a replaced slot comes first. kAuto: launch-first, except where identity forbids it (a property
// that uses node.name or node.ordinal, a logical id, or an exclusive field of the provider).
enum class ReplaceOrder : std::uint8_t { kAuto, kLaunchFirst, kDestroyFirst };

enum class RolloutStrategy : std::uint8_t {
  kRolling,    // a few at a time, within maxSurge and maxUnavailable
  kRecreate,   // all old nodes go, then the new ones come
  kOnDelete,   // nothing is replaced for it; what is made for another reason is new
  kBlueGreen,  // all new nodes come, and where all of them are well the old ones go
  kInPlace,    // updates alone; what would need a replacement is refused
};
[[nodiscard]] std::string_view StrategyName(RolloutStrategy strategy);  // "blue-green"
[[nodiscard]] std::optional<RolloutStrategy> ParseStrategy(std::string_view name);

// What follows when more new nodes failed than `failureThreshold` lets pass.
enum class OnFailure : std::uint8_t {
  kPause,     // nothing more is begun; a person looks
  kRollback,  // back to what was in force
  kContinue,  // the others go on
};
[[nodiscard]] std::string_view OnFailureName(OnFailure action);  // "rollback"
[[nodiscard]] std::optional<OnFailure> ParseOnFailure(std::string_view name);

struct RolloutPolicy {
  RolloutStrategy strategy = RolloutStrategy::kRolling;
  CountOrPercent max_surge{1, false};        // percent rounds up
  CountOrPercent max_unavailable{0, false};  // percent rounds down; not both zero
  ReplaceOrder order = ReplaceOrder::kAuto;
  // A new node must be healthy this long before the rollout goes on. Unset: 30 s (SEMANTICS 4) in groups with health
  // checks, none in others.
  std::optional<base::Millis> bake;
  base::Millis pause{0};  // between a replaced node and the next one that takes its turn
  // So many nodes become new, then a person decides: `rollout promote`. Unset: no such stop. Percent rounds up.
  std::optional<CountOrPercent> canary;
  std::vector<CountOrPercent> checkpoints;               // stops on the way, rising; percent rounds up
  base::Millis checkpoint_wait = std::chrono::hours(1);  // then it goes on by itself; zero: only a person lets it
  CountOrPercent failure_threshold{0,
                                   false};  // failed new nodes that are put up with, of the group's size; rounds down
  OnFailure on_failure = OnFailure::kPause;
  base::Millis progress_deadline = std::chrono::hours(1);  // without a node more that is well: it has failed

  bool operator==(const RolloutPolicy&) const = default;
};

// Why a rollout does not go on. Stored: append, never renumber.
enum class RolloutStop : std::uint8_t {
  kNone = 0,        // it goes on
  kPerson = 1,      // `rollout pause`
  kCanary = 2,      // the canary's nodes are new
  kCheckpoint = 3,  // a checkpoint is reached
  kFailure = 4,     // too many new nodes failed
  kDeadline = 5,    // no progress for too long
  kCutOff = 6,      // who did it is gone for so long that a person should look
};
inline constexpr RolloutStop kLastRolloutStop = RolloutStop::kCutOff;
[[nodiscard]] std::string_view RolloutStopName(RolloutStop stop);  // "checkpoint"
[[nodiscard]] std::optional<RolloutStop> ParseRolloutStop(std::string_view name);

// Of a group on its way from `current` to `target`. How far it is, its nodes' revisions say; here is what they do not.
struct Rollout {
  base::Digest revision;  // that it brings; the record of another one means nothing
  RolloutStop stop = RolloutStop::kNone;
  std::string why;               // of the stop, for a person
  std::string actor;             // who began it
  base::TimePoint since{};       // when it began
  base::TimePoint stopped_at{};  // never: it goes on
  base::TimePoint until{};       // a stop that ends by itself; never: a person has to end it
  // When a run or pass last had a hand in it. Where that is long ago, whoever did it is gone.
  base::TimePoint progress_at{};
  std::uint32_t passed = 0;  // stops at up to this many new nodes are behind it
  bool back = false;         // it brings back what was in force, after a failure or by a person's order

  bool operator==(const Rollout&) const = default;
};

// Canonical JSON in which what is as in a new one is absent.
[[nodiscard]] std::string RolloutToJson(const Rollout& rollout);
// kCorrupt for what cannot be read; unknown keys are skipped. A stop that this version does not know is a person's.
[[nodiscard]] base::Result<Rollout> RolloutFromJson(std::string_view text);

}  // namespace kadende::model
