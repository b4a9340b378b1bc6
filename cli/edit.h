// A change of state by a person's command that calls no provider (taint, untaint, release), from an opened session to
// the published version.
#pragma once

#include <optional>

#include "cli/console.h"
#include "cli/session.h"
#include "cli/view/json_events.h"
#include "engine/apply/run.h"

namespace kadende::cli {

// Runs `request` on `cluster`, with lineage and actor filled in. Events go to `events` with --json; warnings about the
// published version are shown.
[[nodiscard]] base::Result<std::optional<ports::PublishResult>> EditCluster(Session& session,
                                                                            const ports::ClusterSummary& cluster,
                                                                            Console& console, JsonEvents& events,
                                                                            apply::EditRequest request);

}  // namespace kadende::cli
