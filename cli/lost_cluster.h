// Clusters that the working store lost (a deleted state directory) and git still has. Sessions that write bring them
// back; readers look at what was published last. plan and apply know their cluster from the file (planning.h,
// change.cc); what is here is for commands that are given a name, or nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/console.h"
#include "cli/session.h"

namespace kadende::cli {

inline constexpr base::Millis kRestoreWait = std::chrono::seconds(30);  // for a run of the same cluster

// Names that git has and the store has not. Only those that belong here: of our own history, or named by a cluster file
// of the session's folder. The repository around it may have branches of other folders' clusters as well.
[[nodiscard]] base::Result<std::vector<std::string>> LostClusters(Session& session);

// Whether FindCluster would find something that is lost. `text` as there.
[[nodiscard]] bool IsLost(Session& session, std::string_view text);

// As Session::Find; what is lost is restored, or for readers taken from git, and that is said. What nobody ever had
// here is looked for at the remote; `offline`: in what is known of it.
[[nodiscard]] base::Result<ports::ClusterSummary> FindCluster(Session& session, Console& console, std::string_view text,
                                                              bool offline = false);

// For readers that show a cluster as the team has it: from here on the session also gives what the remote has
// (share.h), and is focused on the cluster.
[[nodiscard]] base::Result<ports::ClusterSummary> FindShared(Session& session, Console& console, std::string_view text,
                                                             bool offline);

// Where the store is empty: all that are lost. For who watches all clusters.
[[nodiscard]] base::Status RestoreAll(Session& session, Console& console);

// Writes into the store what git has, once: under the lock of the cluster, unless another process has just done it.
// The lineage that the store has then.
[[nodiscard]] base::Result<std::string> RestoreCluster(Session& session, Console& console,
                                                       const model::ClusterState& published, base::Millis lock_wait);

}  // namespace kadende::cli
