// What starting or finishing an action came to, and what both halves work on.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "engine/apply/context_cache.h"
#include "engine/apply/executor.h"
#include "engine/apply/job.h"
#include "engine/apply/recorder.h"

namespace kadende::apply {

enum class Verdict : std::uint8_t {
  kDone,
  kFailed,      // definitely without effect
  kUnknown,     // the intent stays open
  kNotStarted,  // taken back before any call
  kCall,        // hand the job to a worker, after the next commit
  kLater,       // the same, but not before `delay` has passed
};

struct Step {
  Verdict verdict = Verdict::kDone;
  std::string message{};
  base::Millis delay{};
  bool uncounted = false;  // kDone, and nothing came, went or changed
};

// The coordinator's, shared by Starter and Finisher.
struct Workbench {
  plan::Planned& planned;
  const ExecuteOptions& options;
  Recorder& recorder;
  ContextCache& contexts;
  ports::HealthWatch* health = nullptr;  // null: nobody looks
  base::TimePoint now{};                 // of this loop

  [[nodiscard]] const model::PlanGroup& Group(model::ActionId action) const {
    return planned.plan.groups[planned.plan.graph.actions[action].group];
  }
  [[nodiscard]] const model::Action& Action(model::ActionId action) const { return planned.plan.graph.actions[action]; }
  // The policy under which an action runs: a removed group has only the one that it had.
  [[nodiscard]] const model::GroupPolicy& Policy(model::ActionId action) const {
    const model::PlanGroup& group = Group(action);
    return group.removed ? group.before.policy : group.after.policy;
  }
  // An event about a node, with group, slot, incarnation and reason filled in.
  model::Event& Note(model::EventKind kind, model::ActionId action, std::uint32_t incarnation) {
    model::Event& event = recorder.Note(kind, now);
    const model::Action& about = Action(action);
    event.reason = about.reason;
    event.group = Group(action).path;
    event.slot_key = about.slot.Key();
    event.incarnation = incarnation;
    return event;
  }
  // What is to be written before a job's call, in this run and now.
  [[nodiscard]] model::Intent IntentOf(const Job& job, model::IntentKind kind) const {
    model::Intent intent;
    intent.kind = kind;
    intent.node = {*job.group, job.slot};
    intent.incarnation = job.incarnation;
    intent.token = job.token;
    intent.revision = job.context->revision;
    intent.instance_id = job.instance_id;
    intent.reason = job.reason;
    intent.written_at = now;
    intent.run_id = options.run_id;
    intent.secrets = job.secrets;
    return intent;
  }
  [[nodiscard]] std::string Display(model::ActionId action) const {
    const model::Action& shown = Action(action);
    if (shown.OfWholeGroup()) return Group(action).path;
    return model::NodeAddress{Group(action).path, shown.slot}.Display();
  }
};

}  // namespace kadende::apply
