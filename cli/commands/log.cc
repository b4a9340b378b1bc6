#include "cli/commands/log.h"

#include "cli/lost_cluster.h"
#include "cli/planning.h"
#include "cli/view/log_text.h"

namespace kadende::cli {

void DefineLog(CommandSetup& setup, LogOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"-n,--limit", "N", "At most N versions, the newest", {}, false}, &options.limit);
  setup.Add({"--oneline", "", "One line a version", {}, false}, &options.oneline);
}

int RunLog(const LogOptions& options, Console& console) {
  auto session = OpenHere(console, false);
  if (!session) return console.Fail(session.error());
  std::string name = options.cluster;
  auto cluster = FindCluster(**session, console, options.cluster);
  if (cluster) {
    name = cluster->name;
  } else if (name.empty() || cluster.error().code != base::ErrorCode::kNotFound) {
    return console.Fail(cluster.error());
  }  // else git may still have what the store lost
  auto commits = (*session)->history().Log(name, options.limit);
  if (!commits) return console.Fail(commits.error());
  if (!cluster && commits->empty()) return console.Fail(cluster.error());
  if (console.common().json) {
    console.Out(LogJson(*commits));
    return kExitOk;
  }
  if (commits->empty()) console.Note("Nothing of " + name + " was published yet.\n");
  LogTextOptions text;
  text.color = console.color_out();
  text.oneline = options.oneline;
  text.now = (*session)->clock().Now();
  console.Out(LogText(*commits, text));
  return kExitOk;
}

}  // namespace kadende::cli
