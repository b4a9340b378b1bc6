#include "cli/edit.h"

#include <string>
#include <utility>
#include <vector>

#include "cli/share.h"
#include "cli/view/progress.h"

namespace kadende::cli {

base::Result<std::optional<ports::PublishResult>> EditCluster(Session& session, const ports::ClusterSummary& cluster,
                                                              Console& console, JsonEvents& events,
                                                              apply::EditRequest request) {
  const bool json = console.common().json;
  if (json) events.Version(KADENDE_VERSION);
  Observers observers(json ? std::vector<ports::Observer*>{&events} : std::vector<ports::Observer*>{});
  session.Focus(cluster.name);
  if (auto shared = ShareKnown(session, console, cluster.name); !shared) {
    return tl::unexpected(std::move(shared).error());
  }
  auto ports = session.Ports(observers, session.catalog());
  if (!ports) return tl::unexpected(std::move(ports).error());
  request.lineage = cluster.lineage;
  request.actor = Actor();
  ports->pause = WaitAloud(console, {});
  auto published = apply::Edit(request, *ports);
  if (!published || !*published) return published;
  for (const std::string& warning : (*published)->warnings) console.Err("warning: " + warning + "\n");
  return published;
}

}  // namespace kadende::cli
