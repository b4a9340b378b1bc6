// A change of state by a person's command (taint, hold, release, adopt, forget), from an opened session to the
// published version and what is said about it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/opened_cluster.h"
#include "engine/apply/run.h"

namespace kadende::cli {

// What every such command takes.
struct EditOptions {
  std::string cluster;
  base::Millis lock_timeout = std::chrono::seconds(30);
};
void DefineEdit(CommandSetup& setup, EditOptions& options);

// What came of it, as the command tells it.
struct EditReport {
  std::string json;                // one object, without its line end
  std::vector<std::string> lines;  // for people; escaped when they are shown
};

// Runs `request` on the cluster, with lineage, actor and lock_wait filled in; then shows what `report`, asked only when
// it is done, gives. With --json the events of the run come before, the published version after. Warnings about the
// published version are shown. Returns the exit code.
[[nodiscard]] int EditCluster(const OpenedCluster& opened, const EditOptions& options, Console& console,
                              apply::EditRequest request, const std::function<EditReport()>& report);

}  // namespace kadende::cli
