// The one cluster that a command is about: named, or the only one there is.
#pragma once

#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/session.h"

namespace kadende::cli {

struct OpenedCluster {
  std::unique_ptr<Session> session;  // focused on the cluster
  ports::ClusterSummary cluster;

  [[nodiscard]] base::Result<model::ClusterState> Load() const { return session->Load(cluster.lineage); }
};

// The option `--cluster`.
void DefineCluster(CommandSetup& setup, std::string& cluster);
// `--offline` of commands that show what the remote has.
void DefineOffline(CommandSetup& setup, bool& offline);

// The session over --state or ./.kadende, and in it the cluster that `text` (name, id, lineage; empty: the only one)
// means. One that the working store lost is brought back, or for readers taken from git (lost_cluster.h). kConflict:
// all that there is of it is the run ref of its first run, elsewhere; `unbegun` takes that, too (the store has nothing
// then).
[[nodiscard]] base::Result<OpenedCluster> OpenCluster(Console& console, bool write, const std::string& text,
                                                      bool unbegun = false);
// What somebody who is about to change the cluster looks at: its state, and where that is shared, what the remote has.
// The change itself asks again, and refuses where nobody answers.
[[nodiscard]] base::Result<model::ClusterState> LoadShared(const OpenedCluster& opened, Console& console);
// For reading, as the team has it: FindShared.
[[nodiscard]] base::Result<OpenedCluster> OpenSharedCluster(Console& console, const std::string& text, bool offline);

}  // namespace kadende::cli
