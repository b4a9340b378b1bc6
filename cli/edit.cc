#include "cli/edit.h"

#include <string>
#include <utility>
#include <vector>

#include "cli/view/progress.h"

namespace kadende::cli {

base::Result<std::optional<ports::PublishResult>> EditCluster(Session& session, const ports::ClusterSummary& cluster,
                                                              Console& console, JsonEvents& events,
                                                              apply::EditRequest request) {
  const bool json = console.common().json;
  if (json) events.Version(KADENDE_VERSION);
  Observers observers(json ? std::vector<ports::Observer*>{&events} : std::vector<ports::Observer*>{});
  session.Focus(cluster.name);
  auto ports = session.Ports(observers, session.catalog());
  if (!ports) return tl::unexpected(std::move(ports).error());
  request.lineage = cluster.lineage;
  request.actor = Actor();
  auto published = apply::Edit(request, *ports);
  if (!published || !*published) return published;
  for (const std::string& warning : (*published)->warnings) console.Err("warning: " + warning + "\n");
  return published;
}

}  // namespace kadende::cli
