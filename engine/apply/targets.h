// What a run records about groups and cluster around its actions: the target before the first side effect, current when
// a group's actions are done. Both are changes only; the caller commits them.
#pragma once

#include <string>
#include <vector>

#include "engine/apply/executor.h"
#include "engine/apply/recorder.h"
#include "engine/plan/planner.h"

namespace kadende::apply {

// Which of a plan's groups a run may write: not the frozen and held ones, and with heal_only none at all (watch keeps
// `current`, it sets no targets). A plan with --target has no other groups than those.
[[nodiscard]] bool MayRecord(const model::PlanGroup& group, const plan::PlanOptions& options);

// True where the cluster's header (name, label, spec, variables) is not what `desired` asks for.
[[nodiscard]] bool HeaderDiffers(const model::ClusterRecord& record, const plan::Desired& desired);

// Moves, targets, revisions with the scopes that listing taught, and the cluster's header with the open run. Lineage
// and id are in the state already.
void RecordOpening(const plan::Planned& planned, const plan::PlanOptions& options, const model::Run& run,
                   base::TimePoint now, Recorder& recorder, model::ClusterState& state);

// current = target where every action of the group succeeded, without the revisions that nothing refers to any more.
void RecordClosing(const plan::Planned& planned, const plan::PlanOptions& options, const ExecuteResult& result,
                   base::TimePoint now, Recorder& recorder, model::ClusterState& state);

}  // namespace kadende::apply
