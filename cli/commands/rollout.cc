#include "cli/commands/rollout.h"

#include <algorithm>
#include <utility>

#include "cli/find_node.h"
#include "cli/view/rollout_text.h"
#include "engine/base/text.h"
#include "engine/plan/rollout_turns.h"

namespace kadende::cli {
namespace {

using model::RolloutStop;

enum class Order : std::uint8_t { kPause, kResume, kPromote };

base::Error Refusal(std::string message) {
  return base::Error{base::ErrorCode::kInvalid, std::move(message), base::Effect::kNone, std::nullopt};
}

base::Error NoRollout(const std::string& group) {
  return Refusal("no rollout of " + group + " is under way; `kadende hold " + group +
                 " --only rollout` keeps the next one from beginning");
}

// The rollout as the order leaves it; the reason why it cannot be given otherwise.
base::Result<model::Rollout> Ordered(const model::GroupRecord& record, Order order, const RolloutOrderOptions& options,
                                     base::TimePoint now) {
  if (!record.rollout) return tl::unexpected(NoRollout(record.path));
  model::Rollout rollout = *record.rollout;
  const model::RolloutPolicy& policy = record.target.policy.rollout;
  const std::uint32_t size = record.target.size;
  rollout.passed = plan::PassedStops(policy, size, rollout, now);
  if (order == Order::kPause) {
    if (rollout.stop == RolloutStop::kPerson) return tl::unexpected(Refusal(record.path + " is paused already"));
    rollout.stop = RolloutStop::kPerson;
    rollout.why = "by " + Actor() + (options.reason.empty() ? "" : ": " + options.reason);
    rollout.stopped_at = now;
    rollout.until = {};
    return rollout;
  }
  const bool at_stop = rollout.stop == RolloutStop::kCanary || rollout.stop == RolloutStop::kCheckpoint;
  if (order == Order::kResume && at_stop) {
    return tl::unexpected(Refusal(record.path + " is at a " + std::string(model::RolloutStopName(rollout.stop)) +
                                  ": `kadende rollout promote " + record.path + "` lets it go on"));
  }
  if (order == Order::kResume && rollout.stop == RolloutStop::kNone) {
    return tl::unexpected(Refusal("the rollout of " + record.path + " is not stopped"));
  }
  if (order == Order::kPromote) {
    const plan::NextStop next = plan::StopAfter(policy, size, rollout.passed);
    if (!options.full && next.stop == RolloutStop::kNone) {
      return tl::unexpected(Refusal("no canary or checkpoint is ahead of the rollout of " + record.path +
                                    "; `kadende rollout resume` ends a pause"));
    }
    rollout.passed = options.full ? size : next.nodes;
  }
  rollout.stop = RolloutStop::kNone;
  rollout.why.clear();
  rollout.stopped_at = rollout.until = {};
  rollout.progress_at = now;
  return rollout;
}

model::StateChanges Changes(const model::ClusterState& state, const model::GroupRecord& before, model::Rollout rollout,
                            Order order, base::TimePoint now) {
  model::Event event;
  event.time = now;
  event.kind = order == Order::kPause ? model::EventKind::kRolloutStopped : model::EventKind::kRolloutResumed;
  event.reason = model::Reason::kRequested;
  event.cluster = state.cluster.name;
  event.group = before.path;
  event.actor = Actor();
  event.message = plan::RolloutSentence(before.path, rollout) + (order == Order::kPause ? "" : " by " + event.actor);
  model::GroupRecord after = before;
  after.rollout = std::move(rollout);
  return {model::GroupRecorded{std::move(after)}, model::EventRecorded{std::move(event)}};
}

int RunOrder(const RolloutOrderOptions& options, Console& console, Order order, const char* verb) {
  auto opened = OpenCluster(console, true, options.cluster);
  if (!opened) return console.Fail(opened.error());
  auto state = LoadShared(*opened, console);
  if (!state) return console.Fail(state.error());
  model::GroupState seen;
  apply::EditRequest edit;
  edit.group = options.group;
  edit.subject = std::string("rollout ") + verb + " " + opened->cluster.name + ": " + options.group;
  edit.change = [&](const model::ClusterState& now) -> base::Result<model::StateChanges> {
    const auto group = now.groups.find(options.group);
    if (group == now.groups.end() || !IsInForce(group->second.record)) {
      return tl::unexpected(NoGroup(now, options.group));
    }
    const base::TimePoint at = opened->session->clock().Now();
    auto rollout = Ordered(group->second.record, order, options, at);
    if (!rollout) return tl::unexpected(std::move(rollout).error());
    seen = group->second;
    seen.record.rollout = *rollout;
    return Changes(now, group->second.record, std::move(*rollout), order, at);
  };
  return EditCluster(*opened, options, console, std::move(edit), [&] {
    const RolloutRow row = RolloutRowOf(seen);
    EditReport told{RolloutJson(row), RolloutLines(row)};
    if (order != Order::kPause) {
      told.lines.emplace_back("  A running `kadende watch` goes on with it; without one, `kadende apply` does.");
    }
    return told;
  });
}

// What is not under way is not taken back.
base::Status CheckUnderWay(const Planning& planning, const std::string& path) {
  if (planning.lineage.empty()) return tl::unexpected(NoRollout(path));
  const auto state = planning.session->Load(planning.lineage);
  if (!state) return tl::unexpected(state.error());
  const auto group = state->groups.find(path);
  if (group == state->groups.end() || !IsInForce(group->second.record)) return tl::unexpected(NoGroup(*state, path));
  const std::vector<RolloutRow> rows = RolloutRows(*state);
  const bool underway = std::any_of(rows.begin(), rows.end(), [&](const RolloutRow& row) { return row.group == path; });
  return underway ? base::Status{} : tl::unexpected(NoRollout(path));
}

void DefineOrder(CommandSetup& setup, RolloutOrderOptions& options) {
  setup.Add({"GROUP", "", "The group whose rollout it is", {}, true}, &options.group);
  DefineEdit(setup, options);
}

}  // namespace

void DefineRolloutStatus(CommandSetup& setup, RolloutStatusOptions& options) {
  setup.Add({"GROUP", "", "One group; default: all that are on their way", {}, false}, &options.group);
  DefineCluster(setup, options.cluster);
  DefineOffline(setup, options.offline);
}

int RunRolloutStatus(const RolloutStatusOptions& options, Console& console) {
  auto opened = OpenSharedCluster(console, options.cluster, options.offline);
  if (!opened) return console.Fail(opened.error());
  const auto loaded = opened->Load();
  if (!loaded) return console.Fail(loaded.error());
  const model::ClusterState& state = *loaded;
  std::vector<RolloutRow> rows;
  if (options.group.empty()) {
    rows = RolloutRows(state);
  } else {
    const auto group = state.groups.find(options.group);
    if (group == state.groups.end() || !IsInForce(group->second.record)) {
      return console.Fail(NoGroup(state, options.group));
    }
    rows.push_back(RolloutRowOf(group->second));
  }
  if (console.common().json) {
    for (const RolloutRow& row : rows) console.Out(RolloutJson(row) + "\n");
    if (rows.empty()) console.Out("{\"type\":\"rollout\",\"group\":null}\n");
    return kExitOk;
  }
  if (rows.empty()) console.Out("No rollout is under way in " + base::EscapeTerminal(opened->cluster.name) + ".\n");
  for (const RolloutRow& row : rows) {
    for (const std::string& line : RolloutLines(row)) console.Out(base::EscapeTerminal(line) + "\n");
  }
  return kExitOk;
}

void DefineRolloutPause(CommandSetup& setup, RolloutOrderOptions& options) {
  DefineOrder(setup, options);
  setup.Add({"--reason", "TEXT", "Why, for plans and events", {}, false}, &options.reason);
}

void DefineRolloutResume(CommandSetup& setup, RolloutOrderOptions& options) {
  DefineOrder(setup, options);
}

void DefineRolloutPromote(CommandSetup& setup, RolloutOrderOptions& options) {
  DefineOrder(setup, options);
  setup.Add({"--full", "", "Past all canaries and checkpoints, not only the next", {}, false}, &options.full);
}

int RunRolloutPause(const RolloutOrderOptions& options, Console& console) {
  return RunOrder(options, console, Order::kPause, "pause");
}

int RunRolloutResume(const RolloutOrderOptions& options, Console& console) {
  return RunOrder(options, console, Order::kResume, "resume");
}

int RunRolloutPromote(const RolloutOrderOptions& options, Console& console) {
  return RunOrder(options, console, Order::kPromote, "promote");
}

void DefineRolloutAbort(CommandSetup& setup, RolloutAbortOptions& options) {
  options.planning.abandon = true;
  setup.Add({"GROUP", "", "The group whose rollout it is", {}, true}, &options.group);
  setup.Add({"FILE|DIR", "", "The cluster file; default: the one file in this folder", {}, false},
            &options.planning.path);
  DefineRunning(setup, options.running);
  DefineVariables(setup, options.planning);
}

int RunRolloutAbort(const RolloutAbortOptions& options, Console& console) {
  PlanningOptions asked = options.planning;
  asked.targets = {options.group};
  auto planning = Prepare(console, asked);
  if (!planning) return console.Fail(planning.error());
  if (auto underway = CheckUnderWay(*planning, options.group); !underway) return console.Fail(underway.error());
  ChangeRequest request;
  request.plan = ToPlanOptions(asked, {});
  request.running = options.running;
  return Change(console, *planning, std::move(request));
}

}  // namespace kadende::cli
