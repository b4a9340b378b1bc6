#include "cli/commands/taint.h"

#include "cli/edit.h"
#include "cli/find_node.h"
#include "cli/lost_cluster.h"
#include "cli/planning.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

void DefineBoth(CommandSetup& setup, TaintOptions& options) {
  setup.Add({"NODE", "", "The node, as web[0] or web-0", {}, true}, &options.node);
  setup.Add({"--cluster", "CLUSTER", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"--lock-timeout", "DURATION", "How long to wait for a run of the node's group", {}, false},
            &options.lock_timeout);
}

model::StateChanges Changes(const model::ClusterState& state, const FoundNode& found, const TaintOptions& options,
                            bool taint, base::TimePoint now) {
  model::NodeRecord node = found.record;
  node.tainted = taint;
  node.taint_reason = taint ? options.reason : std::string();
  model::Event event;
  event.time = now;
  event.kind = taint ? model::EventKind::kNodeTainted : model::EventKind::kNodeUntainted;
  event.reason = model::Reason::kRequested;
  event.cluster = state.cluster.name;
  event.group = found.group;
  event.slot_key = node.slot.Key();
  event.incarnation = node.incarnation;
  event.instance_id = node.instance_id;
  event.actor = Actor();
  event.message = taint ? "to be replaced at the next apply" : "no longer to be replaced";
  if (!node.taint_reason.empty()) event.message += ": " + node.taint_reason;
  return {model::NodeChanged{found.group, std::move(node)}, model::EventRecorded{std::move(event)}};
}

int Run(const TaintOptions& options, Console& console, bool taint) {
  auto session = OpenHere(console, true, options.cluster);
  if (!session) return console.Fail(session.error());
  auto cluster = FindCluster(**session, console, options.cluster);
  if (!cluster) return console.Fail(cluster.error());
  auto state = (*session)->Load(cluster->lineage);
  if (!state) return console.Fail(state.error());
  auto node = FindNode(*state, options.node);
  if (!node) return console.Fail(node.error());

  const std::string display = model::NodeAddress{node->group, node->record.slot}.Display();
  bool changed = false;
  apply::EditRequest edit;
  edit.group = node->group;
  edit.subject = std::string(taint ? "taint " : "untaint ") + cluster->name + ": " + display;
  edit.lock_wait = options.lock_timeout;
  edit.change = [&](const model::ClusterState& now) -> base::Result<model::StateChanges> {
    auto again = FindNode(now, options.node);  // it may be another one by now
    if (!again) return tl::unexpected(std::move(again.error()));
    if (again->record.tainted == taint && (!taint || again->record.taint_reason == options.reason)) {
      return model::StateChanges{};
    }
    changed = true;
    return Changes(now, *again, options, taint, (*session)->clock().Now());
  };
  JsonEvents events(console.OutSink());
  auto published = EditCluster(**session, *cluster, console, events, std::move(edit));
  if (!published) return console.Fail(published.error());
  if (console.common().json) {
    console.Out("{\"type\":\"edit\",\"node\":" + base::QuoteJson(display) +
                ",\"tainted\":" + (taint ? "true" : "false") + ",\"changed\":" + (changed ? "true" : "false") + "}\n");
    if (*published) events.Published(**published);
    return kExitOk;
  }
  if (!changed) {
    console.Out(display + (taint ? " is already tainted.\n" : " is not tainted.\n"));
  } else {
    console.Out(display + (taint ? " is tainted: the next apply replaces it.\n" : " is no longer tainted.\n"));
  }
  return kExitOk;
}

}  // namespace

void DefineTaint(CommandSetup& setup, TaintOptions& options) {
  DefineBoth(setup, options);
  setup.Add({"--reason", "TEXT", "Why, for plans and events", {}, false}, &options.reason);
}

void DefineUntaint(CommandSetup& setup, TaintOptions& options) {
  DefineBoth(setup, options);
}

int RunTaint(const TaintOptions& options, Console& console) {
  return Run(options, console, true);
}

int RunUntaint(const TaintOptions& options, Console& console) {
  return Run(options, console, false);
}

}  // namespace kadende::cli
