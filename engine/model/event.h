// Append-only records of transitions, with their cause. The engine emits them (ports/observer.h); the store keeps the
// ones that describe a lasting change, bounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.h"
#include "engine/model/reason.h"

namespace kadende::model {

enum class EventKind : std::uint8_t {
  kRunStarted = 0,
  kRunFinished = 1,
  kRunInterrupted = 2,
  kActionStarted = 3,  // progress only, never stored
  kActionRetried = 4,  // progress only
  kNodeCreated = 5,
  kNodeUpdated = 6,
  kNodeDestroyed = 7,
  kCreateFailed = 8,
  kDestroyFailed = 9,
  kUpdateFailed = 10,
  kActionSkipped = 11,
  kIntentSettled = 12,
  kNodeGone = 13,  // found missing or terminated
  kStrayFound = 14,
  kGroupFrozen = 15,  // state behind the world, wrong scope, empty listing
  kGroupBackoff = 16,
  kGroupConverged = 17,
  kNodeTainted = 18,
  kNodeUntainted = 19,
  kPublished = 20,
  kGroupChanged = 21,  // target set, policy set, moved
  kWatchStarted = 22,
  kWatchStopped = 23,
  kPassFailed = 24,  // a pass of watch that could not look or act
  kLog = 25,         // a provider's own words; progress only
  kNodeHealthy = 26,
  kNodeUnhealthy = 27,
  kNodeUnknown = 28,  // nobody can look any more
  kBrakeOn = 29,
  kBrakeOff = 30,
  kBrakeReleased = 31,
  kPassRecovered = 32,  // a pass of watch could look and act again
  kHeld = 33,           // a person's order to leave a node or group alone
  kUnheld = 34,
  kHoldLapsed = 35,
  kNodeAdopted = 36,
  kNodeForgotten = 37,
  kStatePulled = 38,     // the remote's version became this machine's
  kRunClaimed = 39,      // about to ask the remote for the cluster's lock
  kRunTakenOver = 40,    // of a run whose lock expired
  kNodeConfigured = 41,  // its hooks after the create have succeeded
  kHookFailed = 42,
  kRolloutStarted = 43,
  kRolloutStopped = 44,  // paused, at a canary or checkpoint, or failed
  kRolloutResumed = 45,
  kRolloutFinished = 46,
  kRolloutTakenBack = 47,  // back to what was in force
};
inline constexpr EventKind kLastEventKind = EventKind::kRolloutTakenBack;  // for who lists them all
[[nodiscard]] std::string_view EventKindName(EventKind kind);              // "node_created"
[[nodiscard]] std::optional<EventKind> ParseEventKind(std::string_view name);
[[nodiscard]] bool IsStored(EventKind kind);

struct Event {
  std::uint64_t id = 0;  // given by the store, rising; 0 before
  base::TimePoint time{};
  EventKind kind = EventKind::kLog;
  std::optional<Reason> reason;
  std::string cluster;   // name
  std::string group;     // path; empty: the whole cluster
  std::string slot_key;  // empty: the whole group
  std::uint32_t incarnation = 0;
  std::string instance_id;
  std::string run_id;
  std::string actor;
  std::string message;  // one sentence for a person; may contain foreign text, escape when shown
};

}  // namespace kadende::model
