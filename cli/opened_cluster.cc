#include "cli/opened_cluster.h"

#include <utility>

#include "cli/lost_cluster.h"
#include "cli/planning.h"
#include "cli/share.h"
#include "engine/base/text.h"

namespace kadende::cli {

void DefineCluster(CommandSetup& setup, std::string& cluster) {
  setup.Add({"--cluster", "CLUSTER", "Name, id or lineage; default: the only cluster", {}, false}, &cluster);
}

void DefineOffline(CommandSetup& setup, bool& offline) {
  setup.Add({"--offline", "", "Do not ask the remote: show what is known of it", {}, false}, &offline);
}

base::Result<model::ClusterState> LoadShared(const OpenedCluster& opened, Console& console) {
  if (auto shared = ShareKnown(*opened.session, console, opened.cluster.name); !shared) {
    return tl::unexpected(std::move(shared).error());
  }
  auto here = opened.Load();
  if (!here) return here;
  auto view = LookAtShared(*opened.session, opened.cluster.name, std::move(*here), false);
  if (!view) return tl::unexpected(std::move(view).error());
  return std::move(view->state);
}

base::Result<OpenedCluster> OpenSharedCluster(Console& console, const std::string& text, bool offline) {
  OpenedCluster opened;
  auto session = OpenHere(console, false, text);
  if (!session) return tl::unexpected(std::move(session).error());
  opened.session = std::move(*session);
  auto cluster = FindShared(*opened.session, console, text, offline);
  if (!cluster) return tl::unexpected(std::move(cluster).error());
  opened.cluster = std::move(*cluster);
  return opened;
}

base::Result<OpenedCluster> OpenCluster(Console& console, bool write, const std::string& text, bool unbegun) {
  OpenedCluster opened;
  auto session = OpenHere(console, write, text);
  if (!session) return tl::unexpected(std::move(session).error());
  opened.session = std::move(*session);
  auto cluster = FindCluster(*opened.session, console, text);
  if (!cluster) return tl::unexpected(std::move(cluster).error());
  opened.cluster = std::move(*cluster);
  if (write && !unbegun && opened.cluster.serial == 0 && !opened.session->Find(opened.cluster.lineage)) {
    return base::Fail(base::ErrorCode::kConflict,
                      "nothing of cluster " + base::EscapeTerminal(opened.cluster.name) +
                          " was published yet: its first run is under way elsewhere, or died there; `kadende state "
                          "status` tells whose it is. Try again when it has ended; `kadende apply` takes a dead one "
                          "over");
  }
  opened.session->Focus(opened.cluster);
  return opened;
}

}  // namespace kadende::cli
