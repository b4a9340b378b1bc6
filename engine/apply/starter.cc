#include "engine/apply/starter.h"

#include <algorithm>

#include "engine/plan/group_facts.h"
#include "engine/plan/kept_attributes.h"

namespace kadende::apply {
namespace {

using model::ActionId;
using model::ActionKind;
using model::EventKind;

Step Failed(const base::Error& error) {
  return {.verdict = Verdict::kFailed, .message = error.message};
}

}  // namespace

Step Starter::Start(ActionId action, Job& job) {
  const model::Action& planned = bench_.Action(action);
  job = Job{};
  job.action = action;
  job.group = &bench_.Group(action).path;
  job.slot = planned.slot;
  job.incarnation = planned.incarnation;
  job.reason = planned.reason;
  if (const auto blocked = bench_.options.blocked.find(*job.group); blocked != bench_.options.blocked.end()) {
    return {.verdict = Verdict::kFailed, .message = blocked->second};
  }
  switch (planned.kind) {
    case ActionKind::kCreate:
      return StartCreate(action, job);
    case ActionKind::kDestroy:
      return StartDestroy(action, job);
    case ActionKind::kUpdate:
      return StartUpdate(action, job);
    case ActionKind::kAdopt:
      return planned.settle ? GoOnAdopting(action, job) : Adopt(action);
    case ActionKind::kForget:
      return Forget(action);
    case ActionKind::kGate:  // the coordinator's health gate
    case ActionKind::kSet:   // recorded with the group's target
      return {};
    case ActionKind::kHook:
      return StartConfigure(action, job);
    case ActionKind::kDrain:  // a stage of the destroy
    case ActionKind::kRestart:
      break;
  }
  return {.verdict = Verdict::kFailed,
          .message = "this build cannot do `" + std::string(model::ActionKindName(planned.kind)) + "` yet"};
}

Step Starter::StartCreate(ActionId action, Job& job) {
  const model::Action& planned = bench_.Action(action);
  const model::PlanGroup& group = bench_.Group(action);
  if (planned.settle) {
    if (const model::Intent* intent = OpenIntent(action)) return Settle(action, job, *intent);
  }
  if (auto free = RetireGone(action); !free) return Failed(free.error());
  const auto context = bench_.contexts.OfRevision(planned.group, group.revisions[planned.to_revision].id);
  if (!context) return Failed(context.error());
  job.kind = JobKind::kCreate;
  job.context = *context;
  job.timeout = bench_.Policy(action).timeouts.create;
  job.secrets = job.context->marks;
  job.token = model::MakeToken(bench_.planned.state.cluster.lineage, group.path, job.slot, job.incarnation);
  job.written_at = bench_.now;
  WriteIntent(job, model::IntentKind::kCreate);
  (void)hooking_.Enter(job, HookStage::kBeforeCreate, JobKind::kCreate);
  return {.verdict = Verdict::kCall};
}

// A node that an earlier run made and did not come to configure.
Step Starter::StartConfigure(ActionId action, Job& job) {
  const model::NodeRecord* row = Row(action);
  if (row == nullptr || row->phase != model::NodePhase::kLive || !row->unconfigured) {
    return {.verdict = Verdict::kFailed,
            .message = bench_.Display(action) + " is no longer what was planned: plan again"};
  }
  const auto context = bench_.contexts.OfRevision(bench_.Action(action).group, row->revision);
  if (!context) return Failed(context.error());
  job.context = *context;
  job.token = row->token;
  job.instance_id = row->instance_id;
  if (hooking_.Enter(job, HookStage::kConfigure, JobKind::kHook)) return {.verdict = Verdict::kCall};
  model::NodeRecord configured = *row;  // its group has no hooks any more
  configured.unconfigured = false;
  bench_.recorder.Add(model::NodeChanged{*job.group, std::move(configured)});
  return {};
}

// What a create finds in its slot: a live node that stays until its replacement exists, or one that the world took away
// and whose row goes with the new one's intent. Anything else was not planned.
base::Status Starter::RetireGone(ActionId action) {
  const model::Action& planned = bench_.Action(action);
  const std::string& path = bench_.Group(action).path;
  const auto group = bench_.planned.state.groups.find(path);
  if (group == bench_.planned.state.groups.end()) return {};
  const model::NodeRecord* live = group->second.Live(planned.slot.ordinal);
  if (live == nullptr || (planned.replace && live->incarnation < planned.incarnation)) return {};
  if (const plan::GroupView* view = View(action)) {
    const auto sight = view->nodes.find({live->slot.ordinal, live->incarnation});
    if (sight != view->nodes.end() && plan::IsGone(sight->second)) {
      NoteGone(action, model::NodeRecord(*live));
      return {};
    }
  }
  return base::Fail(base::ErrorCode::kConflict,
                    bench_.Display(action) + " already has a live node, " + live->instance_id + ": plan again");
}

void Starter::NoteGone(ActionId action, const model::NodeRecord& gone) {
  bench_.recorder.Add(model::NodeGone{bench_.Group(action).path, gone.slot, gone.incarnation, bench_.now});
  model::Event& event = bench_.Note(EventKind::kNodeGone, action, gone.incarnation);
  event.instance_id = gone.instance_id;
  event.message = bench_.Display(action) + " is gone: " + gone.instance_id;
}

Step Starter::StartDestroy(ActionId action, Job& job) {
  const model::Action& planned = bench_.Action(action);
  if (planned.settle) {
    if (const model::Intent* intent = OpenIntent(action)) {
      job.to_be_destroyed = true;
      return Settle(action, job, *intent);
    }
  }
  const model::NodeRecord* row = Row(action);
  const bool is_row = row != nullptr && row->phase != model::NodePhase::kTombstone &&
                      (planned.instance_id.empty() || row->instance_id == planned.instance_id);
  if (is_row && HasRecovered(action, *row)) {
    return {.verdict = Verdict::kFailed, .message = bench_.Display(action) + " is healthy again: it was left alone"};
  }
  if (is_row && planned.reason != model::Reason::kStray) return DestroyRow(action, job, *row);
  if (const plan::UnrecordedInstance* stray = Stray(action)) return DestroyStray(action, job, *stray);
  const model::Intent* open = OpenIntent(action);
  if (open != nullptr && open->kind == model::IntentKind::kDestroy && open->instance_id == planned.instance_id) {
    return RepeatDestroy(action, job, *open);
  }
  return {.verdict = Verdict::kFailed,
          .message = bench_.Display(action) + " is no longer what was planned (" + planned.instance_id +
                     "): nothing was destroyed, plan again"};
}

// What was judged before the run may have got well since.
bool Starter::HasRecovered(ActionId action, const model::NodeRecord& row) const {
  if (bench_.Action(action).reason != model::Reason::kUnhealthy || bench_.health == nullptr) return false;
  if (row.phase != model::NodePhase::kLive) return false;
  const model::NodeHealth health = bench_.health->Of(bench_.planned.state.cluster.lineage, bench_.Group(action).path,
                                                     {row.slot.ordinal, row.incarnation});
  return health.state == model::HealthState::kHealthy;
}

Step Starter::DestroyRow(ActionId action, Job& job, model::NodeRecord row) {
  const auto context = bench_.contexts.OfRevision(bench_.Action(action).group, row.revision);
  if (!context) return Failed(context.error());
  job.kind = JobKind::kDestroy;
  job.context = *context;
  job.timeout = bench_.Policy(action).timeouts.destroy;
  job.token = row.token;
  job.instance_id = row.instance_id;
  job.uncertain = OpenIntent(action) != nullptr;  // an earlier run may have been about to
  job.was_live = row.phase == model::NodePhase::kLive;
  if (job.was_live) {
    row.phase = model::NodePhase::kLeaving;
    bench_.recorder.Add(model::NodeChanged{*job.group, std::move(row)});
  }
  WriteIntent(job, model::IntentKind::kDestroy);
  if (!IsGone(action)) (void)hooking_.Enter(job, HookStage::kBeforeDestroy, JobKind::kDestroy);
  return {.verdict = Verdict::kCall};
}

// The world has ended it, only its remains are there.
bool Starter::IsGone(ActionId action) const {
  const plan::GroupView* view = View(action);
  if (view == nullptr) return false;
  const model::Action& planned = bench_.Action(action);
  const auto sight = view->nodes.find({planned.slot.ordinal, planned.incarnation});
  return sight != view->nodes.end() && plan::IsGone(sight->second);
}

Step Starter::DestroyStray(ActionId action, Job& job, const plan::UnrecordedInstance& stray) {
  // Two strays of one slot and incarnation share an intent: the second waits for the first.
  if (const model::Intent* open = OpenIntent(action); open != nullptr && open->run_id == bench_.options.run_id) {
    return {.verdict = Verdict::kFailed,
            .message = bench_.Display(action) + " is busy: another instance of the same incarnation (" +
                       open->instance_id + ") is being destroyed; plan again"};
  }
  const auto context = bench_.contexts.OfStray(stray.provider, stray.scope_config);
  if (!context) return Failed(context.error());
  job.kind = JobKind::kDestroy;
  job.context = *context;
  job.timeout = bench_.Policy(action).timeouts.destroy;
  job.token = stray.instance.owner.token;
  job.instance_id = stray.instance.id;
  job.stray = true;
  job.uncertain = OpenIntent(action) != nullptr;
  WriteIntent(job, model::IntentKind::kDestroy, &stray);
  return {.verdict = Verdict::kCall};
}

// The destroy of an earlier run, of an instance that has no row any more: its intent stays as it is.
Step Starter::RepeatDestroy(ActionId action, Job& job, const model::Intent& intent) {
  const auto context = intent.stray_provider.name.empty()
                           ? bench_.contexts.OfRevision(bench_.Action(action).group, intent.revision)
                           : bench_.contexts.OfStray(intent.stray_provider, intent.stray_scope_config);
  if (!context) return {.verdict = Verdict::kUnknown, .message = context.error().message};
  job.kind = JobKind::kDestroy;
  job.context = *context;
  job.timeout = bench_.Policy(action).timeouts.destroy;
  job.token = intent.token;
  job.instance_id = intent.instance_id;
  job.stray = true;
  job.uncertain = true;
  return {.verdict = Verdict::kCall};
}

// The create of an earlier run, whose outcome nobody knows. Its intent stays as it is: same token, same age.
Step Starter::Settle(ActionId action, Job& job, const model::Intent& intent) {
  const auto context = bench_.contexts.OfRevision(bench_.Action(action).group, intent.revision);
  if (!context) return {.verdict = Verdict::kUnknown, .message = context.error().message};
  job.context = *context;
  job.timeout = bench_.Policy(action).timeouts.create;
  job.token = intent.token;
  job.incarnation = intent.incarnation;
  job.written_at = intent.written_at;
  job.secrets = intent.secrets;
  job.settles = true;
  job.uncertain = true;
  if (!job.context->idempotent) {
    job.kind = JobKind::kFind;
  } else {
    job.kind = job.to_be_destroyed ? JobKind::kCreateDestroy : JobKind::kCreate;
  }
  return {.verdict = Verdict::kCall};
}

Step Starter::StartUpdate(ActionId action, Job& job) {
  const model::Action& planned = bench_.Action(action);
  const model::NodeRecord* row = Row(action);
  if (row == nullptr || row->phase != model::NodePhase::kLive ||
      (!planned.instance_id.empty() && row->instance_id != planned.instance_id)) {
    return {.verdict = Verdict::kFailed,
            .message = bench_.Display(action) + " is no longer what was planned: plan again"};
  }
  const model::PlanGroup& group = bench_.Group(action);
  const base::Digest& revision =
      planned.to_revision == model::kNoRevision ? row->revision : group.revisions[planned.to_revision].id;
  const auto context = bench_.contexts.OfRevision(planned.group, revision);
  if (!context) return Failed(context.error());
  job.kind = JobKind::kUpdate;
  job.context = *context;
  job.timeout = bench_.Policy(action).timeouts.create;
  job.secrets = MarksAfterUpdate(*row, **context);
  job.token = row->token;
  job.instance_id = row->instance_id;
  return {.verdict = Verdict::kCall};
}

// An update changes mutable properties alone. Where the plan compared secrets, no other has a new value, else the node
// would be replaced; where it did not, the marks that there are still say what the node was made with.
std::string Starter::MarksAfterUpdate(const model::NodeRecord& row, const RevisionContext& context) const {
  if (bench_.planned.plan.secrets_compared) return context.marks;
  return context.revision == row.revision ? row.secrets : std::string();
}

// An adoption that was cut off: its intent stays as it is.
Step Starter::GoOnAdopting(ActionId action, Job& job) {
  const model::Intent* intent = OpenIntent(action);
  if (intent == nullptr || intent->instance_id.empty()) {
    return {.verdict = Verdict::kFailed,
            .message = bench_.Display(action) + " is no longer what was planned: plan again"};
  }
  const auto context = bench_.contexts.OfRevision(bench_.Action(action).group, intent->revision);
  if (!context) return {.verdict = Verdict::kUnknown, .message = context.error().message};
  job.kind = JobKind::kAdopt;
  job.context = *context;
  job.timeout = bench_.Policy(action).timeouts.create;
  job.token = intent->token;
  job.instance_id = intent->instance_id;
  job.uncertain = true;
  return {.verdict = Verdict::kCall};
}

Step Starter::Adopt(ActionId action) {
  const plan::UnrecordedInstance* stray = Stray(action);
  if (stray == nullptr) {
    return {.verdict = Verdict::kFailed,
            .message = bench_.Display(action) + ": the instance to adopt is gone: plan again"};
  }
  const auto group = bench_.planned.state.groups.find(bench_.Group(action).path);
  if (group != bench_.planned.state.groups.end() && group->second.Live(bench_.Action(action).slot.ordinal) != nullptr) {
    return {.verdict = Verdict::kFailed, .message = bench_.Display(action) + " already has a live node: plan again"};
  }
  const auto context = bench_.contexts.OfStray(stray->provider, stray->scope_config);
  if (!context) return Failed(context.error());
  const model::Instance& instance = stray->instance;
  model::NodeRecord row;
  row.slot = bench_.Action(action).slot;
  row.incarnation = instance.owner.incarnation;
  row.phase = model::NodePhase::kLive;
  row.token = instance.owner.token;
  row.revision = instance.owner.revision;
  row.instance_id = instance.id;
  row.address = instance.addresses.empty() ? "" : instance.addresses.front();
  row.attributes = plan::KeptAttributes(instance.attributes, (*context)->provider->Manifest());
  row.created_at = instance.created_at;
  bench_.recorder.Add(model::NodeCreated{bench_.Group(action).path, std::move(row)});
  model::Event& event = bench_.Note(EventKind::kNodeCreated, action, instance.owner.incarnation);
  event.instance_id = instance.id;
  event.message = bench_.Display(action) + " adopted: " + instance.id;
  return {};
}

Step Starter::Forget(ActionId action) {
  if (bench_.Action(action).settle) return DropAdoption(action);
  model::NodeRecord gone;
  gone.slot = bench_.Action(action).slot;
  gone.incarnation = bench_.Action(action).incarnation;
  gone.instance_id = bench_.Action(action).instance_id;
  NoteGone(action, gone);
  return {};
}

// What was to be adopted and is not wanted any more: it was never ours, and is left as it is.
Step Starter::DropAdoption(ActionId action) {
  const model::Action& planned = bench_.Action(action);
  bench_.recorder.Add(model::CreateFailed{bench_.Group(action).path, planned.slot, planned.incarnation, bench_.now});
  model::Event& event = bench_.Note(EventKind::kIntentSettled, action, planned.incarnation);
  event.instance_id = planned.instance_id;
  event.message = bench_.Display(action) + ": " + planned.instance_id + " is not adopted any more, and left as it is";
  return {.verdict = Verdict::kDone, .message = {}, .delay = {}, .uncounted = true};
}

void Starter::WriteIntent(const Job& job, model::IntentKind kind, const plan::UnrecordedInstance* stray) {
  model::Intent intent = bench_.IntentOf(job, kind);
  if (stray != nullptr) {
    intent.revision = stray->instance.owner.revision;
    intent.stray_provider = stray->provider;
    intent.stray_scope_config = stray->scope_config;
  }
  bench_.recorder.Add(model::IntentWritten{std::move(intent)});
}

const model::NodeRecord* Starter::Row(ActionId action) const {
  const auto group = bench_.planned.state.groups.find(bench_.Group(action).path);
  if (group == bench_.planned.state.groups.end()) return nullptr;
  const model::Action& planned = bench_.Action(action);
  const auto row = group->second.nodes.find({planned.slot.ordinal, planned.incarnation});
  return row == group->second.nodes.end() ? nullptr : &row->second;
}

const plan::UnrecordedInstance* Starter::Stray(ActionId action) const {
  const plan::GroupView* view = View(action);
  if (view == nullptr) return nullptr;
  const model::Action& planned = bench_.Action(action);
  // Sorted by slot and incarnation.
  const auto key = std::pair(planned.slot.ordinal, planned.incarnation);
  auto stray =
      std::lower_bound(view->strays.begin(), view->strays.end(), key, [](const auto& entry, const auto& wanted) {
        return std::pair(entry.instance.owner.slot.ordinal, entry.instance.owner.incarnation) < wanted;
      });
  for (; stray != view->strays.end(); ++stray) {
    const model::Ownership& owner = stray->instance.owner;
    if (owner.slot.ordinal != planned.slot.ordinal || owner.incarnation != planned.incarnation) return nullptr;
    if (planned.instance_id.empty() || stray->instance.id == planned.instance_id) return &*stray;
  }
  return nullptr;
}

const model::Intent* Starter::OpenIntent(ActionId action) const {
  const model::Action& planned = bench_.Action(action);
  const auto& intents = bench_.planned.state.intents;
  if (intents.empty()) return nullptr;
  const auto found = intents.find({{bench_.Group(action).path, planned.slot}, planned.incarnation});
  return found == intents.end() ? nullptr : &found->second;
}

const plan::GroupView* Starter::View(ActionId action) const {
  const auto& views = bench_.planned.view.groups;
  const model::PlanGroup& group = bench_.Group(action);
  auto found = views.find(group.path);
  // A group that this plan renames was looked at under the name that it had.
  if (!group.moved_from.empty() && (found == views.end() || found->second.nodes.empty())) {
    const auto former = views.find(group.moved_from);
    if (former != views.end()) found = former;
  }
  return found == views.end() ? nullptr : &found->second;
}

}  // namespace kadende::apply
