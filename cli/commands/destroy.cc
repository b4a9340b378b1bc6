#include "cli/commands/destroy.h"

namespace kadende::cli {

void DefineDestroy(CommandSetup& setup, DestroyOptions& options) {
  options.planning.destroy = true;
  setup.Add(
      {"FILE|CLUSTER", "", "The cluster file, or a cluster of the state; default: the one in this folder", {}, false},
      &options.planning.path);
  DefineRunning(setup, options.running);
  DefineVariables(setup, options.planning);
  setup.Add(
      {"--target", "GROUP", "Only this group or folder of groups, and what depends on it (repeatable)", {}, false},
      &options.planning.targets);
  setup.Add({"--offline", "", "Do not look at the providers first: take state for the world", {}, false},
            &options.planning.offline);
}

int RunDestroy(const DestroyOptions& options, Console& console) {
  auto planning = Prepare(console, options.planning);
  if (!planning) return console.Fail(planning.error());
  ChangeRequest request;
  request.plan = ToPlanOptions(options.planning, {});
  request.kind = model::RunKind::kDestroy;
  request.running = options.running;
  return Change(console, *planning, std::move(request));
}

}  // namespace kadende::cli
