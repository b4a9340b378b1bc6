// The checks in nodes of a session's clusters: where their providers are known from.
#pragma once

#include <memory>

#include "cli/session.h"
#include "engine/ports/health_probe.h"

namespace kadende::cli {

// `others` with the looks inside nodes added. The session must outlive it.
[[nodiscard]] std::unique_ptr<ports::HealthProbe> LookInNodes(std::unique_ptr<ports::HealthProbe> others,
                                                              Session& session);

}  // namespace kadende::cli
