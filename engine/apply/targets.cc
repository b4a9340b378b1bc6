#include "engine/apply/targets.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "engine/apply/rollout_record.h"
#include "engine/plan/rollout_turns.h"

namespace kadende::apply {
namespace {

using model::EventKind;
using model::RevisionRecord;

// Puts a revision where it is lacking, and a scope where it was not known. True where something changed.
bool Learn(std::vector<RevisionRecord>& revisions, const RevisionRecord& revision) {
  const auto place = std::lower_bound(revisions.begin(), revisions.end(), revision.id,
                                      [](const RevisionRecord& left, const base::Digest& id) { return left.id < id; });
  if (place == revisions.end() || place->id != revision.id) {
    revisions.insert(place, revision);
    return true;
  }
  if (!place->scope.empty() || revision.scope.empty()) return false;
  place->scope = revision.scope;
  return true;
}

void RecordGroup(const plan::Planned& planned, const model::PlanGroup& group, const std::string& actor,
                 base::TimePoint now, Recorder& recorder, model::ClusterState& state) {
  if (const auto former = state.groups.find(group.moved_from);
      !group.moved_from.empty() && former != state.groups.end() && former->second.record.moved_to.empty()) {
    recorder.Add(model::GroupMoved{group.moved_from, group.path, now});
  }
  model::GroupRecord record;
  if (const auto known = state.groups.find(group.path); known != state.groups.end()) record = known->second.record;
  bool changed = record.path.empty() || !(record.target == group.after);
  std::optional<model::Rollout> rollout = RolloutAtOpening(group, record, actor, now);
  const bool begins = rollout && plan::RolloutTo(record, rollout->revision) == nullptr;
  changed |= rollout != record.rollout;
  record.rollout = std::move(rollout);
  record.path = group.path;
  record.target = group.after;
  record.moved_to.clear();
  for (const RevisionRecord& revision : group.revisions) changed |= Learn(record.revisions, revision);
  if (const auto view = planned.view.groups.find(group.path); view != planned.view.groups.end()) {
    for (RevisionRecord& revision : record.revisions) {
      const auto scope = view->second.scopes.find(revision.id);
      if (scope == view->second.scopes.end() || revision.scope == scope->second) continue;
      revision.scope = scope->second;
      changed = true;
    }
  }
  if (!changed) return;
  if (begins) {
    model::Event& started =
        recorder.Note(record.rollout->back ? EventKind::kRolloutTakenBack : EventKind::kRolloutStarted, now);
    started.group = group.path;
    started.message = record.rollout->back
                          ? group.path + ": back to what was in force"
                          : group.path + ": a rollout of revision " + base::ToHex(group.after.revision).substr(0, 12) +
                                " begins (" + std::string(model::StrategyName(group.after.policy.rollout.strategy)) +
                                ")";
  }
  recorder.Add(model::GroupRecorded{std::move(record)});
  model::Event& event = recorder.Note(EventKind::kGroupChanged, now);
  event.group = group.path;
  event.message = group.removed ? group.path + " is to be removed"
                                : group.path + " is to have " + std::to_string(group.after.size) +
                                      (group.after.size == 1 ? " node" : " nodes");
}

// Groups in which an action did not succeed, by index.
std::vector<bool> Unfinished(const plan::Planned& planned, const ExecuteResult& result) {
  std::vector<bool> unfinished(planned.plan.groups.size(), false);
  const auto& actions = planned.plan.graph.actions;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (result.outcomes[i].kind != OutcomeKind::kDone) unfinished[actions[i].group] = true;
  }
  return unfinished;
}

void Prune(model::GroupRecord& record, const model::GroupState& group, const std::set<base::Digest>& in_intents) {
  std::set<base::Digest> used = in_intents;
  used.insert(record.current.revision);
  used.insert(record.target.revision);
  base::Digest last{};  // neighbours mostly share one
  for (const auto& [key, node] : group.nodes) {
    if (node.revision == last || node.phase == model::NodePhase::kTombstone) continue;
    last = node.revision;
    used.insert(last);
  }
  std::erase_if(record.revisions, [&used](const RevisionRecord& revision) { return !used.contains(revision.id); });
}

// A plugin that no group has any more is not trusted any longer either.
void PrunePins(const plan::Planned& planned, Recorder& recorder, model::ClusterState& state) {
  if (state.cluster.plugins.empty()) return;
  std::set<std::string_view> used;
  for (const model::PluginPin& pin : planned.desired.plugins) used.insert(pin.name);
  for (const auto& [path, group] : state.groups) {
    for (const RevisionRecord& revision : group.record.revisions) used.insert(revision.provider.name);
  }
  for (const auto& [key, intent] : state.intents) used.insert(intent.stray_provider.name);
  model::ClusterRecord record = state.cluster;
  const auto erased =
      std::erase_if(record.plugins, [&used](const model::PluginPin& pin) { return !used.contains(pin.name); });
  if (erased > 0) recorder.Add(model::ClusterRecorded{std::move(record)});
}

// True where the record changes.
bool CloseRollout(const model::PlanGroup& group, const ExecuteResult& result, std::uint32_t index, bool finished,
                  base::TimePoint now, model::GroupRecord& record) {
  RolloutOutcome outcome;
  outcome.finished = finished;
  outcome.interrupted = result.interrupted;
  if (const auto failed = result.failed_rollouts.find(index); failed != result.failed_rollouts.end()) {
    outcome.failure = failed->second.why;
    outcome.had_enough = failed->second.had_enough;
  }
  std::optional<model::Rollout> rollout = RolloutAtClosing(group, record.rollout, outcome, now);
  if (rollout == record.rollout) return false;
  record.rollout = std::move(rollout);
  return true;
}

void TellRollout(const model::GroupRecord& record, base::TimePoint now, Recorder& recorder) {
  model::Event& event = recorder.Note(!record.rollout                                     ? EventKind::kRolloutFinished
                                      : record.rollout->stop == model::RolloutStop::kNone ? EventKind::kRolloutResumed
                                                                                          : EventKind::kRolloutStopped,
                                      now);
  event.group = record.path;
  event.message = plan::RolloutSentence(record.path, record.rollout);
}

}  // namespace

bool MayRecord(const model::PlanGroup& group, const plan::PlanOptions& options) {
  return !options.heal_only && group.frozen.empty() && !group.IsHeld();  // a plan has only the groups that it is about
}

bool HeaderDiffers(const model::ClusterRecord& record, const plan::Desired& desired) {
  const bool repinned = std::any_of(desired.plugins.begin(), desired.plugins.end(), [&](const model::PluginPin& pin) {
    const model::PluginPin* known = model::FindPin(record.plugins, pin.name);
    return known == nullptr || !(*known == pin);
  });
  return repinned || record.name != desired.cluster_name || record.version != desired.cluster_version ||
         record.spec_hash != desired.spec_hash || record.spec_text != desired.spec_text ||
         record.variables != desired.variables || (!desired.cluster_id.empty() && record.id != desired.cluster_id);
}

void RecordOpening(const plan::Planned& planned, const plan::PlanOptions& options, const model::Run& run,
                   base::TimePoint now, Recorder& recorder, model::ClusterState& state) {
  model::ClusterRecord record = state.cluster;
  // A part of a file is not the file: with --target the applied spec stays what it was. A renamed cluster is renamed
  // either way, for its instances carry the name.
  const bool whole = options.targets.empty() || record.spec_text.empty();
  record.name = planned.desired.cluster_name;
  if (!planned.desired.cluster_id.empty()) record.id = planned.desired.cluster_id;
  if (whole) {
    record.version = planned.desired.cluster_version;
    record.spec_text = planned.desired.spec_text;
    record.spec_hash = planned.desired.spec_hash;
    record.variables = planned.desired.variables;
  }
  // Those of groups that leave the file are needed until their nodes are gone.
  for (const model::PluginPin& pin : planned.desired.plugins) model::PutPin(record.plugins, pin);
  record.run = run;
  recorder.Add(model::ClusterRecorded{std::move(record)});
  recorder.Note(EventKind::kRunStarted, now).message = run.subject;
  for (const model::PlanGroup& group : planned.plan.groups) {
    if (MayRecord(group, options)) RecordGroup(planned, group, run.actor, now, recorder, state);
  }
}

void RecordClosing(const plan::Planned& planned, const plan::PlanOptions& options, const ExecuteResult& result,
                   base::TimePoint now, Recorder& recorder, model::ClusterState& state) {
  const std::vector<bool> unfinished = Unfinished(planned, result);
  std::map<std::string, std::set<base::Digest>> in_intents;
  for (const auto& [key, intent] : state.intents) in_intents[intent.node.group].insert(intent.revision);
  for (std::size_t i = 0; i < planned.plan.groups.size(); ++i) {
    const model::PlanGroup& planned_group = planned.plan.groups[i];
    if (!MayRecord(planned_group, options)) continue;
    const auto group = state.groups.find(planned_group.path);
    if (group == state.groups.end()) continue;
    model::GroupRecord record = group->second.record;
    if (CloseRollout(planned_group, result, static_cast<std::uint32_t>(i), !unfinished[i], now, record)) {
      TellRollout(record, now, recorder);
      recorder.Add(model::GroupRecorded{record});
    }
    if (unfinished[i] || IsUnderWay(planned_group)) continue;
    const bool converged = !(record.current == record.target);
    record.current = record.target;
    Prune(record, group->second, in_intents[planned_group.path]);
    if (!converged && record.revisions.size() == group->second.record.revisions.size()) continue;
    recorder.Add(model::GroupRecorded{std::move(record)});
    if (!converged) continue;
    model::Event& event = recorder.Note(EventKind::kGroupConverged, now);
    event.group = planned_group.path;
    event.message = planned_group.path + (planned_group.removed ? " is removed" : " is as wanted");
  }
  if (!options.heal_only) PrunePins(planned, recorder, state);
}

}  // namespace kadende::apply
