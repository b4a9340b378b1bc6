#include "engine/plan/planner.h"

#include <algorithm>
#include <utility>

#include "engine/model/plan_compare.h"
#include "engine/plan/assemble.h"
#include "engine/plan/holds.h"
#include "engine/plan/requests.h"
#include "engine/plan/secret_change.h"
#include "engine/plan/take_back.h"

namespace kadende::plan {
namespace {

bool IsFromFile(const model::ClusterSpec* spec, const PlanOptions& options) {
  return spec != nullptr && !options.heal_only && !options.destroy && !options.abandon;
}

base::Result<Desired> Wanted(const model::ClusterSpec* spec, const model::ClusterState& state,
                             ports::ProviderSource& providers, const PlanOptions& options) {
  if (options.destroy && options.abandon) {
    return base::Fail(base::ErrorCode::kInvalid, "--destroy and --abandon can not be had together");
  }
  if (options.destroy) return DesiredNothing(state);
  if (options.abandon) return DesiredFromState(state, Which::kCurrent);
  if (IsFromFile(spec, options)) return Expand(*spec, providers);
  return DesiredFromState(state, Which::kTarget);
}

// What of an unfinished run is open, seen from what is wanted now.
struct Unfinished {
  bool going_on = false;
  bool reversed = false;  // a group that the run was removing is wanted again

  [[nodiscard]] bool Any() const { return going_on || reversed; }
};

Unfinished FindUnfinished(const model::ClusterState& state, const Desired& desired) {
  Unfinished found;
  for (const auto& [path, group] : state.groups) {
    const model::GroupRecord& record = group.record;
    if (!record.moved_to.empty() || record.current == record.target) continue;
    const bool reversed = record.target.revision.IsZero() && desired.groups.contains(path);
    (reversed ? found.reversed : found.going_on) = true;
  }
  return found;
}

model::Plan Header(const model::ClusterSpec* spec, const Planned& planned, const PlanOptions& options,
                   base::TimePoint now) {
  const model::ClusterRecord& cluster = planned.state.cluster;
  const Unfinished unfinished = FindUnfinished(planned.state, planned.desired);
  const bool applies = !options.abandon && !options.destroy && !options.heal_only;
  model::Plan plan;
  plan.cluster = planned.desired.cluster_name;
  if (!planned.state.IsNew() && cluster.name != plan.cluster) plan.renamed_from = cluster.name;
  plan.lineage = cluster.lineage;
  plan.serial = cluster.serial;
  plan.spec_hash = planned.desired.spec_hash;
  plan.made_at = now;
  plan.destroy = options.destroy;
  plan.offline = options.refresh.offline || options.offline;
  plan.abandons_run = options.abandon && unfinished.Any();
  plan.continues_run = applies && unfinished.going_on;
  plan.reverses_destroy = applies && unfinished.reversed;
  plan.secrets_compared = static_cast<bool>(options.secret_mark);
  plan.spec_changed = IsFromFile(spec, options) && spec->hash != cluster.spec_hash;
  for (const model::PluginPin& pin : planned.desired.plugins) {
    const model::PluginPin* applied = model::FindPin(cluster.plugins, pin.name);
    if (applied == nullptr || !(*applied == pin)) plan.plugins.push_back(pin);
  }
  plan.targets = options.targets;
  std::sort(plan.targets.begin(), plan.targets.end());
  if (unfinished.Any() && options.heal_only) {
    plan.notes.emplace_back("a run is unfinished: what is gone is brought back, the rest waits for `apply`");
  }
  return plan;
}

// How a person ends instances that no state knows. A shim that is told to end takes its node along.
std::string EndThem(const Desired& desired, const std::string& lineage) {
  const bool processes = std::any_of(desired.groups.begin(), desired.groups.end(), [](const auto& entry) {
    return entry.second.revision.provider.name == "process";
  });
  if (!processes) return "end them at their provider, where they are tagged with this lineage";
  return "end them: processes of this machine with `pkill -f 'kadende-shim .*/" + lineage +
         "/'`, others at their provider";
}

base::Status RefuseForeign(const PriorView& view, const Desired& desired, const PlanOptions& options) {
  if (view.foreign_lineage.empty() || options.new_lineage) return {};
  return base::Fail(
      base::ErrorCode::kConflict,
      "there are instances of a cluster `" + desired.cluster_name + "` with lineage " + view.foreign_lineage +
          ", and no state of it is here: put its state directory back, or work in the repository that has its "
          "branch (`kadende state pull` fetches it). Where both are lost: " +
          EndThem(desired, view.foreign_lineage) +
          ", and apply again; or leave them as they are, and choose another name, or start a second cluster of this "
          "name with --new-lineage");
}

// Orders of people that have come to their end: committed and told with what the judge has to say.
void Lapse(Planned& planned, base::TimePoint now) {
  for (model::StateChange& change : LapseHolds(planned.state, now)) {
    planned.state.Apply(change);
    planned.view.judged.push_back(std::move(change));
  }
}

// What follows for state is settled with the rest of what was seen.
Judgement AskJudge(const PlanOptions& options, Planned& planned, base::TimePoint now) {
  if (!options.judge || planned.view.offline) return {};
  Judgement judgement = options.judge(planned.state, planned.view, now);
  for (const model::StateChange& change : judgement.changes) {
    planned.state.Apply(change);
    planned.view.judged.push_back(change);
  }
  return judgement;
}

}  // namespace

// expand -> refresh -> diff -> order. Diff and order are in assemble.cc, group by group.
base::Result<Planned> MakePlan(const model::ClusterSpec* spec, model::ClusterState state,
                               ports::ProviderSource& providers, const PlanOptions& options, base::TimePoint now) {
  Planned planned;
  planned.state = std::move(state);

  auto desired = Wanted(spec, planned.state, providers, options);
  if (!desired) return tl::unexpected(desired.error());
  planned.desired = std::move(*desired);
  if (IsFromFile(spec, options)) planned.desired.plugins = options.plugins;

  auto moves = FindMoves(planned.state, planned.desired);
  if (!moves) return tl::unexpected(moves.error());

  RefreshOptions looking = options.refresh;
  looking.offline = looking.offline || options.offline;
  auto view = Refresh(planned.state, planned.desired, providers, looking, now);
  if (!view) return tl::unexpected(view.error());
  planned.view = std::move(*view);
  if (auto refused = RefuseForeign(planned.view, planned.desired, options); !refused) {
    return tl::unexpected(refused.error());
  }
  // Watch takes back where a rollout goes back; what else a slot has of old instances is none of its business.
  if (!options.heal_only && !planned.view.offline) {
    for (model::StateChange& change : TakeBack(planned.state, planned.desired, planned.view)) {
      planned.view.settled.push_back(std::move(change));
    }
  }
  for (const model::StateChange& change : planned.view.settled) planned.state.Apply(change);
  Lapse(planned, now);
  const Judgement judgement = AskJudge(options, planned, now);

  auto replaces = FindReplaces(options.replaces, planned.state, *moves);
  if (!replaces) return tl::unexpected(replaces.error());

  planned.plan = Header(spec, planned, options, now);
  planned.plan.replaces = replaces->display;
  if (!planned.plan.secrets_compared && !options.destroy && !options.heal_only) {
    if (std::string note = NotCompared(planned.desired); !note.empty()) planned.plan.notes.push_back(std::move(note));
  }
  if (!options.rollback.empty()) {
    planned.plan.rollback = options.rollback;
    planned.plan.notes.push_back("this brings the file of serial " +
                                 options.rollback.substr(0, options.rollback.find(' ')) +
                                 " back, with the values that its variables had");
  }
  auto assembled = AssemblePlan(planned, {*moves, *replaces, judgement}, providers, options, now);
  if (!assembled) return tl::unexpected(assembled.error());
  if (!options.heal_only) planned.plan.hash = model::PlanHash(planned.plan);
  return planned;
}

}  // namespace kadende::plan
