#include "cli/opened_cluster.h"

#include <utility>

#include "cli/lost_cluster.h"
#include "cli/planning.h"

namespace kadende::cli {

void DefineCluster(CommandSetup& setup, std::string& cluster) {
  setup.Add({"--cluster", "CLUSTER", "Name, id or lineage; default: the only cluster", {}, false}, &cluster);
}

base::Result<OpenedCluster> OpenCluster(Console& console, bool write, const std::string& text) {
  OpenedCluster opened;
  auto session = OpenHere(console, write, text);
  if (!session) return tl::unexpected(std::move(session).error());
  opened.session = std::move(*session);
  auto cluster = FindCluster(*opened.session, console, text);
  if (!cluster) return tl::unexpected(std::move(cluster).error());
  opened.cluster = std::move(*cluster);
  opened.session->Focus(opened.cluster.name);
  return opened;
}

}  // namespace kadende::cli
