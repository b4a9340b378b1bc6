#include "cli/commands/reconcile.h"

#include "cli/opened_cluster.h"
#include "cli/planning.h"
#include "cli/share.h"
#include "cli/signals.h"
#include "cli/view/apply_table.h"
#include "cli/view/json_events.h"
#include "cli/view/plan_text.h"
#include "cli/watch_observer.h"
#include "engine/base/text.h"
#include "engine/reconcile/controller.h"

namespace kadende::cli {
namespace {

// What a pass saw and left alone: creates that are held back, nodes that are unhealthy or cannot be looked at.
std::string LeftAlone(const model::Plan& plan) {
  std::string text;
  const auto add = [&text](const std::string& line) { text += "  " + base::EscapeTerminal(line) + "\n"; };
  for (const model::PlanGroup& group : plan.groups) {
    for (const std::string& note : group.notes) add(group.path + ": " + note);
  }
  for (const std::string& note : plan.notes) add(note);
  for (const model::Drift& drift : plan.drift) {
    if (drift.reason != model::Reason::kUnhealthy) continue;
    add(model::NodeAddress{plan.groups[drift.group].path, drift.slot}.Display() + " is unhealthy" +
        (drift.detail.empty() ? "" : ": " + drift.detail));
  }
  return text;
}

void Report(const reconcile::PassResult& pass, const ports::ClusterSummary& cluster, Console& console) {
  if (console.common().json) {
    JsonEvents json(console.OutSink());
    json.Result(pass.plan, pass.execution);
    return;
  }
  if (!pass.message.empty()) console.Note(pass.message + "\n");
  if (!pass.changed && pass.execution.Complete() && FrozenText(pass.plan).empty()) {
    const std::string left = LeftAlone(pass.plan);
    console.Out(left.empty() ? "Nothing to do: " + cluster.name + " is as it should be, as far as its providers tell.\n"
                             : "Nothing was done for " + cluster.name + ":\n" + left);
    return;
  }
  ApplyTableOptions table;
  table.color = console.color_out();
  console.Out(ApplyTable(pass.plan, pass.execution, table));
}

}  // namespace

void DefineReconcile(CommandSetup& setup, ReconcileOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"--parallelism", "N", "Provider calls at once", {}, false}, &options.parallelism);
  setup.Add({"--detailed-exitcode", "", "Exit 0: nothing to do, 2: something was done, 1: error", {}, false},
            &options.detailed_exitcode);
}

int RunReconcile(const ReconcileOptions& options, Console& console) {
  auto opened = OpenCluster(console, true, options.cluster);
  if (!opened) return console.Fail(opened.error());
  const auto& [session, cluster] = *opened;
  WatchObserver observer(console, false);
  if (auto shared = ShareKnown(*session, console, cluster.name); !shared) return console.Fail(shared.error());
  auto ports = session->Ports(observer, session->catalog());
  if (!ports) return console.Fail(ports.error());
  Signals signals(
      {"Interrupted: nothing more is started, what runs is waited for. Once more leaves at once.\n", "Leaving.\n"},
      [&console](const std::string& line) { console.Err(line); });
  reconcile::PassOptions pass_options;
  pass_options.parallelism = options.parallelism;
  pass_options.drain = signals.drain();
  pass_options.abort = signals.abort();
  pass_options.actor = Actor();
  auto pass = reconcile::Pass(cluster.lineage, *ports, pass_options);
  if (signals.interrupted()) return kExitInterrupted;
  if (!pass) return console.Fail(pass.error());
  if (pass->locked_out) return console.Fail(pass->message);
  Report(*pass, cluster, console);
  if (const std::string frozen = FrozenText(pass->plan); !frozen.empty()) return console.Fail(frozen);
  if (!pass->execution.Complete()) return kExitError;
  return options.detailed_exitcode && pass->changed ? kExitChanges : kExitOk;
}

}  // namespace kadende::cli
