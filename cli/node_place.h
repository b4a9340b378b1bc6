// The checks in nodes of a session's clusters: where their providers are known from.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/session.h"
#include "engine/ports/health_probe.h"

namespace kadende::cli {

// The catalog of a cluster: `folder` is its configuration's, `state` what was applied. Any thread.
using CatalogFor = std::function<providers::Catalog&(const std::string& folder, const model::ClusterState& state)>;

// `others` with the looks inside nodes added. The session must outlive it.
[[nodiscard]] std::unique_ptr<ports::HealthProbe> LookInNodes(std::unique_ptr<ports::HealthProbe> others,
                                                              Session& session, CatalogFor catalog_for);

}  // namespace kadende::cli
