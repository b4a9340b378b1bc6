#include "cli/commands/state.h"

#include "cli/lost_cluster.h"
#include "cli/planning.h"
#include "cli/view/state_text.h"

namespace kadende::cli {

void DefineState(CommandSetup& setup, StateOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
}

int RunStateStatus(const StateOptions& options, Console& console) {
  auto session = OpenHere(console, false);
  if (!session) return console.Fail(session.error());
  auto cluster = FindCluster(**session, console, options.cluster);
  if (!cluster) return console.Fail(cluster.error());
  auto state = (*session)->Load(cluster->lineage);
  if (!state) return console.Fail(state.error());
  const StateStatus status = StatusOf(*state);
  console.Out(console.common().json ? StateStatusJson(status) : StateStatusText(status));
  return kExitOk;
}

}  // namespace kadende::cli
