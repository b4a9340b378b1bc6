#include "engine/apply/claim_state.h"

#include <utility>

#include "engine/apply/incarnation.h"
#include "engine/apply/recorder.h"
#include "engine/apply/targets.h"

namespace kadende::apply {
namespace {

void AddCreate(const model::Action& action, const model::PlanGroup& group, std::uint32_t incarnation,
               const model::Run& run, base::TimePoint now, model::ClusterState& state) {
  model::Intent intent;
  intent.node = {group.path, action.slot};
  intent.incarnation = incarnation;
  const auto key = std::pair(intent.node, incarnation);
  if (state.intents.contains(key)) return;  // of an earlier run: it keeps its age
  intent.token = model::MakeToken(state.cluster.lineage, group.path, action.slot, incarnation);
  intent.revision = group.revisions[action.to_revision].id;
  intent.reason = action.reason;
  intent.written_at = now;
  intent.run_id = run.id;
  state.intents.emplace(key, std::move(intent));
}

}  // namespace

model::ClusterState ClaimState(const plan::Planned& planned, const plan::PlanOptions& options, const model::Run& run,
                               bool begins, base::TimePoint now) {
  model::ClusterState state = planned.state;
  if (begins) {
    const Ports unused;
    Recorder dry(state, unused, run.id, run.actor);  // never committed
    RecordOpening(planned, options, run, now, dry, state);
  }
  state.cluster.run = run;
  for (const model::Action& action : planned.plan.graph.actions) {
    if (action.kind != model::ActionKind::kCreate || action.to_revision == model::kNoRevision) continue;
    const model::PlanGroup& group = planned.plan.groups[action.group];
    AddCreate(action, group, action.incarnation, run, now, state);
    if (!action.settle) continue;
    // Where the create of the earlier run comes to nothing, the next incarnation is asked for.
    AddCreate(action, group, HighestAsked(state, {group.path, action.slot}) + 1, run, now, state);
  }
  return state;
}

}  // namespace kadende::apply
