#include "cli/commands/blame.h"

#include "cli/opened_cluster.h"
#include "cli/planning.h"
#include "cli/revision_text.h"
#include "cli/view/blame_text.h"
#include "state/git_node_history.h"

namespace kadende::cli {
namespace {

// The node's own events, as far as this machine has them.
std::vector<model::Event> EventsOf(Session& session, const std::string& name, const model::NodeAddress& node) {
  const auto cluster = session.Find(name);
  if (!cluster || session.store() == nullptr) return {};
  ports::EventQuery query;
  query.lineage = cluster->lineage;
  query.group = node.group;
  query.slot_key = node.slot.Key();
  auto events = session.store()->Events(query);
  return events ? std::move(*events) : std::vector<model::Event>();
}

}  // namespace

void DefineBlame(CommandSetup& setup, BlameOptions& options) {
  setup.Add({"NODE", "", "The node, as web[0] or web-0; also one that is gone", {}, true}, &options.node);
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  DefineOffline(setup, options.offline);
}

int RunBlame(const BlameOptions& options, Console& console) {
  auto session = OpenHere(console, false);
  if (!session) return console.Fail(session.error());
  auto name = NameInSharedHistory(**session, console, options.cluster, options.offline);
  if (!name) return console.Fail(name.error());
  const auto history = state::OpenGitNodeHistory((*session)->HistoryPlace());
  auto trace = history->Trace(*name, ParseNodeText(options.node));
  if (!trace) return console.Fail(trace.error());
  const std::vector<model::Event> events = EventsOf(**session, *name, trace->node);
  LogTextOptions text;
  text.color = console.color_out();
  text.now = (*session)->clock().Now();
  console.Out(console.common().json ? BlameJson(*trace, events) : BlameText(*trace, events, text));
  return kExitOk;
}

}  // namespace kadende::cli
