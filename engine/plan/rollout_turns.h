// How far a rollout may go for now, and which old nodes become new, which wait: strategy, canary, checkpoints, pauses
// and failures (SEMANTICS section 4). Part of diff, and of what a watch decides. Pure.
//
// Nodes that are broken come first, for they cost nothing. Who waits is brought back as it was, should it be lost.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/plan.h"

namespace kadende::plan {

inline constexpr std::uint32_t kNoLimit = std::numeric_limits<std::uint32_t>::max();

struct RolloutLimit {
  std::uint32_t nodes = kNoLimit;  // so many may be new
  // What ends there; kNone: nothing does, or (on-delete) nothing is replaced for it at all.
  model::RolloutStop stop = model::RolloutStop::kNone;
};

// `rollout`: what is remembered of this revision's; null: nothing. `by_person`: somebody plans or applies, which ends
// stops that only wait to be looked at (a failure), and none that were asked for (a pause, a canary, a checkpoint).
[[nodiscard]] RolloutLimit LimitOf(const model::RolloutPolicy& policy, std::uint32_t size,
                                   const model::Rollout* rollout, bool by_person, base::TimePoint now);

// What is remembered of the way to this revision; null: nothing.
[[nodiscard]] const model::Rollout* RolloutTo(const model::GroupRecord& record, const base::Digest& revision);

// Stops that are behind a rollout by now: a checkpoint whose wait is over is.
[[nodiscard]] std::uint32_t PassedStops(const model::RolloutPolicy& policy, std::uint32_t size,
                                        const model::Rollout& rollout, base::TimePoint now);

// The first stop behind `passed` new nodes that lies within the group.
struct NextStop {
  std::uint32_t nodes = 0;
  model::RolloutStop stop = model::RolloutStop::kNone;  // kNone: there is none
};
[[nodiscard]] NextStop StopAfter(const model::RolloutPolicy& policy, std::uint32_t size, std::uint32_t passed);

// An old node, as far as its turn goes.
struct OldNode {
  std::uint32_t ordinal = 0;
  bool broken = false;     // gone, failing or tainted: it is replaced in any case
  bool requested = false;  // a person wants it replaced: it is not made to wait
};

struct Turns {
  std::vector<std::uint32_t> waiting;  // ordinals, sorted
  std::uint32_t left = kNoLimit;       // slots that are added and may be new; on-delete has no limit to them
};
// `renewed`: nodes that are new already, those being made among them. `old`: by slot.
[[nodiscard]] Turns TakeTurns(const model::RolloutPolicy& policy, const RolloutLimit& limit, std::uint32_t renewed,
                              const std::vector<OldNode>& old);

// "web: the rollout stops: ..., until ...", for an event; nullopt: it is finished.
[[nodiscard]] std::string RolloutSentence(const std::string& group, const std::optional<model::Rollout>& rollout);

// For a reader: what waits, why, what a person can do. `rollout` as in LimitOf.
[[nodiscard]] std::string WaitingNote(const model::RolloutPolicy& policy, const RolloutLimit& limit,
                                      const model::Rollout* rollout, const std::string& group, std::uint32_t renewed,
                                      std::uint32_t waiting, base::TimePoint now);

}  // namespace kadende::plan
