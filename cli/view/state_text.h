// What `kadende state status` prints: where the state of a cluster stands.
#pragma once

#include <cstdint>
#include <string>

#include "engine/model/cluster_state.h"

namespace kadende::cli {

struct StateStatus {
  std::string cluster;
  std::string lineage;
  std::uint64_t serial = 0;
  std::string commit;
  std::string open_run;  // its subject; empty: none is open
  std::size_t open_intents = 0;
  bool unpublished = false;  // the working store knows more than the last version
};
[[nodiscard]] StateStatus StatusOf(const model::ClusterState& state);

[[nodiscard]] std::string StateStatusText(const StateStatus& status);
[[nodiscard]] std::string StateStatusJson(const StateStatus& status);

}  // namespace kadende::cli
