// What clusters and their groups have, as gauges.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/reconcile/controller.h"

namespace prometheus {
struct MetricFamily;
}

namespace kadende::cli {

struct GroupMetrics {
  std::string path;
  std::uint32_t desired = 0;
  std::uint32_t actual = 0;
  std::array<std::uint32_t, 4> by_health{};  // by model::HealthState
  std::uint32_t held = 0;                    // holds in force: of nodes, or of the group
  std::vector<std::string> brakes;           // that hold now
  bool frozen = false;
};

struct ClusterMetrics {
  std::string name;
  std::uint64_t serial = 0;
  bool failing = false;
  base::TimePoint looked_at{};  // the end of the last pass that could look; never: not yet
  std::vector<GroupMetrics> groups;
};

[[nodiscard]] std::vector<GroupMetrics> GroupMetricsOf(const reconcile::PassResult& pass);

void AppendFamilies(const std::map<std::string, ClusterMetrics>& clusters,
                    std::vector<prometheus::MetricFamily>& families);

}  // namespace kadende::cli
