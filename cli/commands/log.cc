#include "cli/commands/log.h"

#include "cli/lost_cluster.h"
#include "cli/opened_cluster.h"
#include "cli/planning.h"
#include "cli/revision_text.h"
#include "cli/view/log_text.h"
#include "state/git_node_history.h"

namespace kadende::cli {
namespace {

using Commits = std::vector<ports::CommitSummary>;

base::Result<Commits> Select(Session& session, const std::string& name, const LogOptions& options) {
  if (options.node.empty() && options.group.empty()) return session.history().Log(name, options.limit);
  const auto history = state::OpenGitNodeHistory(session.HistoryPlace());
  if (options.node.empty()) return history->OfGroup(name, options.group, options.limit);
  auto trace = history->Trace(name, ParseNodeText(options.node));
  if (!trace) return tl::unexpected(std::move(trace.error()));
  Commits commits;
  for (ports::NodeVersion& version : trace->versions) {
    if (options.limit == 0 || commits.size() < options.limit) commits.push_back(std::move(version.commit));
  }
  return commits;
}

}  // namespace

void DefineLog(CommandSetup& setup, LogOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"-n,--limit", "N", "At most N versions, the newest", {}, false}, &options.limit);
  setup.Add({"--node", "NODE", "Only versions that changed this node, as web[0] or web-0", {}, false}, &options.node);
  setup.Add({"--group", "GROUP", "Only versions that changed this group, or folder of groups", {}, false},
            &options.group);
  setup.Add({"--oneline", "", "One line a version", {}, false}, &options.oneline);
  DefineOffline(setup, options.offline);
}

int RunLog(const LogOptions& options, Console& console) {
  auto session = OpenHere(console, false);
  if (!session) return console.Fail(session.error());
  std::string name = options.cluster;
  auto cluster = FindShared(**session, console, options.cluster, options.offline);
  if (cluster) {
    name = cluster->name;
  } else if (name.empty() || cluster.error().code != base::ErrorCode::kNotFound) {
    return console.Fail(cluster.error());
  }  // else git may still have what the store lost
  auto commits = Select(**session, name, options);
  if (!commits) return console.Fail(commits.error());
  if (!cluster && commits->empty()) return console.Fail(cluster.error());
  if (console.common().json) {
    console.Out(LogJson(*commits));
    return kExitOk;
  }
  if (commits->empty()) {
    console.Note(options.group.empty() ? "Nothing of " + name + " was published yet.\n"
                                       : "No version of " + name + " changed " + options.group + ".\n");
  }
  LogTextOptions text;
  text.color = console.color_out();
  text.oneline = options.oneline;
  text.now = (*session)->clock().Now();
  console.Out(LogText(*commits, text));
  return kExitOk;
}

}  // namespace kadende::cli
