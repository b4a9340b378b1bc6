// A rollout that whoever began it left unfinished goes on by the passes of a watch, a batch at a time: which old nodes
// become new now, what stays until its successor is well, and when it stops. Pure; SEMANTICS section 4.
//
//   whose          One that an apply began and a person accepted. None is begun here.
//   batch          Launch-first maxSurge, destroy-first maxUnavailable (at least one) slots at a time: a slot counts
//                  until its new node was healthy and so for the bake time, and its old one is gone. Broken ones first.
//   stops          plan/rollout_turns.h; a pause, a canary, a failure wait for a person, a checkpoint for its time.
//   failure        A new node that never became healthy or fails now: rollout.failureThreshold, onFailure.
//   resume         Where its last progress is more than kStaleAfter older than this process' first look, a person is
//                  asked first. Without progress for rollout.progressDeadline it has failed.
//   done           All nodes are new and well, as many as wanted, and nothing of the old is left: `current` is
//   `target`.
//                  Where a surplus is left, that is destroyed by `apply` alone, and so is the end of the run.
//
// Strategy blue-green is finished by `apply` alone: its one gate over all nodes is no batch.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "engine/reconcile/remediation.h"

namespace kadende::reconcile {

// SEMANTICS 4, resume: continue if less than 15 min old, else pause for approval.
inline constexpr base::Millis kStaleAfter = std::chrono::minutes(15);

struct RolloutStep {
  std::set<std::uint32_t> roll;              // ordinals of old nodes that become new now
  std::set<model::NodeRowKey> hold_leaving;  // beside what remediation holds
  std::optional<model::Rollout> rollout;     // as it is now; absent: there is none, or it is done
  bool finished = false;                     // `current` becomes `target`
  bool taken_back = false;                   // `target` becomes `current`, which `rollout` brings back
  std::string note;                          // for the plan; empty: nothing to say
  base::TimePoint wake_at{};                 // by time alone something changes; never: nothing
};

// nullopt: this group has no rollout.
[[nodiscard]] std::optional<RolloutStep> GoOnWithRollout(const RemediationInput& input);

}  // namespace kadende::reconcile
