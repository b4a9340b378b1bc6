#include "cli/commands/nodes.h"

#include "cli/find_node.h"
#include "cli/planning.h"
#include "cli/signals.h"
#include "cli/view/nodes_table.h"
#include "cli/view/output_lines.h"
#include "engine/ports/logs.h"

namespace kadende::cli {
namespace {

struct Opened {
  std::unique_ptr<Session> session;
  ports::ClusterSummary cluster;
  model::ClusterState state;
};

base::Result<Opened> OpenCluster(const Console& console, const std::string& name) {
  Opened opened;
  auto session = OpenHere(console, false);
  if (!session) return tl::unexpected(std::move(session.error()));
  auto cluster = (*session)->Find(name);
  if (!cluster) return tl::unexpected(std::move(cluster.error()));
  (*session)->Focus(cluster->name);
  auto state = (*session)->Load(cluster->lineage);
  if (!state) return tl::unexpected(std::move(state.error()));
  opened.session = std::move(*session);
  opened.cluster = std::move(*cluster);
  opened.state = std::move(*state);
  return opened;
}

}  // namespace

void DefineNodes(CommandSetup& setup, NodesOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"--group", "GROUP", "Only this group, or the groups below this folder", {}, false}, &options.group);
  setup.Add({"-a,--all", "", "Also slots without a node", {}, false}, &options.all);
  setup.Add({"--offline", "", "Only what state knows; ask no provider", {}, false}, &options.offline);
}

int RunNodes(const NodesOptions& options, Console& console) {
  Signals signals({}, {});
  auto opened = OpenCluster(console, options.cluster);
  if (!opened) return console.Fail(opened.error());
  Session& session = *opened->session;
  std::optional<plan::PriorView> view;
  if (!options.offline) {
    plan::RefreshOptions refresh;
    refresh.stop = signals.drain();
    auto seen = plan::Refresh(opened->state, plan::DesiredFromState(opened->state, plan::Which::kCurrent),
                              session.catalog(), refresh, session.clock().Now());
    if (signals.interrupted()) return kExitInterrupted;
    if (!seen) return console.Fail(seen.error());
    view = std::move(*seen);
    // What the listing settled is true, though only the next run writes it down.
    for (const model::StateChange& change : view->settled) opened->state.Apply(change);
  }
  NodesTableOptions table;
  table.color = console.color_out();
  table.all = options.all;
  table.group = options.group;
  table.now = session.clock().Now();
  const plan::PriorView* seen = view ? &*view : nullptr;
  console.Out(console.common().json ? NodesJson(opened->state, seen, table) : NodesTable(opened->state, seen, table));
  return kExitOk;
}

void DefineNodeLogs(CommandSetup& setup, NodeLogsOptions& options) {
  setup.Add({"NODE", "", "The node, as web[0] or web-0", {}, true}, &options.node);
  setup.Add({"--cluster", "CLUSTER", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"-f,--follow", "", "Go on as the node prints more", {}, false}, &options.follow);
  setup.Add({"-n,--tail", "N", "Only the last N lines", {}, false}, &options.tail);
}

int RunNodeLogs(const NodeLogsOptions& options, Console& console) {
  auto opened = OpenCluster(console, options.cluster);
  if (!opened) return console.Fail(opened.error());
  auto node = FindNode(opened->state, options.node);
  if (!node) return console.Fail(node.error());
  const model::RevisionRecord* revision = opened->state.groups.at(node->group).Revision(node->record.revision);
  if (revision == nullptr) return console.Fail("state has no revision of " + options.node);
  ports::Logs* logs = opened->session->catalog().FindLogs(revision->provider);
  if (logs == nullptr) return console.Fail("the provider `" + revision->provider.name + "` has no logs of its nodes");
  Signals signals({}, {});
  ports::LogRequest request;
  request.instance_id = node->record.instance_id;
  request.scope_config = revision->scope_config;
  request.follow = options.follow;
  request.tail_lines = options.tail;
  const Sink out = console.OutSink();
  OutputLines lines(out, model::NodeAddress{node->group, node->record.slot}.Display());
  const bool json = console.common().json;
  auto done =
      logs->ReadLogs(request, signals.drain(), [&](std::string_view piece) { json ? lines.Add(piece) : out(piece); });
  lines.Finish();
  if (signals.interrupted()) return kExitInterrupted;
  return done ? kExitOk : console.Fail(done.error());
}

}  // namespace kadende::cli
