#include "cli/edit.h"

#include <optional>
#include <utility>

#include "cli/share.h"
#include "cli/view/json_events.h"
#include "cli/view/progress.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using Published = std::optional<ports::PublishResult>;  // nothing: there was nothing to change

base::Result<Published> Run(const OpenedCluster& opened, Console& console, JsonEvents& events,
                            const apply::EditRequest& request) {
  Session& session = *opened.session;
  const bool json = console.common().json;
  if (json) events.Version(KADENDE_VERSION);
  Observers observers(json ? std::vector<ports::Observer*>{&events} : std::vector<ports::Observer*>{});
  if (auto shared = ShareKnown(session, console, opened.cluster.name); !shared) {
    return tl::unexpected(std::move(shared).error());
  }
  auto ports = session.Ports(observers, session.catalog());
  if (!ports) return tl::unexpected(std::move(ports).error());
  ports->pause = WaitAloud(console, {});
  return apply::Edit(request, *ports);
}

}  // namespace

void DefineEdit(CommandSetup& setup, EditOptions& options) {
  DefineCluster(setup, options.cluster);
  setup.Add({"--lock-timeout", "DURATION", "How long to wait for a run of the cluster", {}, false},
            &options.lock_timeout);
}

int EditCluster(const OpenedCluster& opened, const EditOptions& options, Console& console, apply::EditRequest request,
                const std::function<EditReport()>& report) {
  request.lineage = opened.cluster.lineage;
  request.actor = Actor();
  request.lock_wait = options.lock_timeout;
  JsonEvents events(console.OutSink());
  const auto published = Run(opened, console, events, request);
  if (!published) return console.Fail(published.error());
  if (*published) {
    for (const std::string& warning : (*published)->warnings) console.Err("warning: " + warning + "\n");
  }
  const EditReport said = report();
  if (console.common().json) {
    console.Out(said.json + "\n");
    if (*published) events.Published(**published);
    return kExitOk;
  }
  for (const std::string& line : said.lines) console.Out(base::EscapeTerminal(line) + "\n");
  return kExitOk;
}

}  // namespace kadende::cli
