// From the choice of a remote (state_remote.h) to a session that works with it: what every command does with a cluster
// whose state may be shared.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/session.h"

namespace kadende::cli {

struct ShareRequest {
  std::string cluster;                       // name
  const model::ClusterSpec* spec = nullptr;  // of the file; null: there is none
  bool known = false;                        // the store has the cluster
  bool acts = false;                         // the file is about to be applied, or the cluster changed
  bool offline = false;                      // goes by what is known of the remote
};

// From here on the session's ports are those of the cluster's remote, if it has one. Where nobody named one, but the
// repository around has one, that is asked whether it has the cluster; without an answer, who `acts` is refused.
[[nodiscard]] base::Status ShareCluster(Session& session, Console& console, const ShareRequest& request);

// The same for a cluster that the session knows, by its name.
[[nodiscard]] base::Status ShareKnown(Session& session, Console& console, const std::string& cluster);

struct SharedView {
  model::ClusterState state;
  std::string tip;                 // the commit at the remote that state goes on from; empty: what is here stands
  std::vector<std::string> notes;  // for people
  bool stale = false;              // the first note says how old it is
};
// What a reader goes by, and what is planned on: `state` (what the store has, or new) and the remote's, which is asked
// unless `offline`. Without an answer, what is known of it, and how old that is.
[[nodiscard]] base::Result<SharedView> LookAtShared(Session& session, const std::string& cluster,
                                                    model::ClusterState state, bool offline);
// The note of a stale view is a warning, the others are notes.
void Tell(const SharedView& view, Console& console);

// The same for a cluster that the session knows; from here on the session gives what was found. Without a remote it
// stays as it is. May be asked again.
[[nodiscard]] base::Result<SharedView> FollowShared(Session& session, const ports::ClusterSummary& cluster,
                                                    bool offline);

// A cluster that this machine does not have, and its remote has, comes into the store. Its lineage; empty: the remote
// does not have it, or there is none.
[[nodiscard]] base::Result<model::Lineage> PullNew(Session& session, Console& console, const std::string& cluster,
                                                   base::Millis lock_wait);

// Waits, and says for whom: for apply::RunPorts::pause.
[[nodiscard]] std::function<bool(base::Millis, const std::string&)> WaitAloud(Console& console, std::stop_token stop);

}  // namespace kadende::cli
