#include "cli/commands/taint.h"

#include "cli/find_node.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

void DefineBoth(CommandSetup& setup, TaintOptions& options) {
  setup.Add({"NODE", "", "The node, as web[0] or web-0", {}, true}, &options.node);
  DefineEdit(setup, options);
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

EditReport Told(const std::string& display, bool taint, bool changed) {
  EditReport told;
  told.json = "{\"type\":\"edit\",\"node\":" + base::QuoteJson(display) + ",\"tainted\":" + (taint ? "true" : "false") +
              ",\"changed\":" + (changed ? "true" : "false") + "}";
  if (changed) {
    told.lines = {display + (taint ? " is tainted: the next apply replaces it." : " is no longer tainted.")};
  } else {
    told.lines = {display + (taint ? " is already tainted." : " is not tainted.")};
  }
  return told;
}

int Run(const TaintOptions& options, Console& console, bool taint) {
  auto opened = OpenCluster(console, true, options.cluster);
  if (!opened) return console.Fail(opened.error());
  auto state = LoadShared(*opened, console);
  if (!state) return console.Fail(state.error());
  auto node = FindNode(*state, options.node);
  if (!node) return console.Fail(node.error());

  const std::string display = model::NodeAddress{node->group, node->record.slot}.Display();
  bool changed = false;
  apply::EditRequest edit;
  edit.group = node->group;
  edit.subject = std::string(taint ? "taint " : "untaint ") + opened->cluster.name + ": " + display;
  edit.change = [&](const model::ClusterState& now) -> base::Result<model::StateChanges> {
    auto again = FindNode(now, options.node);  // it may be another one by now
    if (!again) return tl::unexpected(std::move(again.error()));
    if (again->record.tainted == taint && (!taint || again->record.taint_reason == options.reason)) {
      return model::StateChanges{};
    }
    changed = true;
    return Changes(now, *again, options, taint, opened->session->clock().Now());
  };
  return EditCluster(*opened, options, console, std::move(edit), [&] { return Told(display, taint, changed); });
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
