// What `kadende state status` prints: where the state of a cluster stands, here and at its remote.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/apply/relate.h"
#include "engine/model/cluster_state.h"
#include "engine/ports/remote.h"

namespace kadende::cli {

struct StateStatus {
  std::string cluster;
  std::string lineage;
  std::uint64_t serial = 0;
  std::string commit;
  std::string open_run;  // its subject; empty: none is open
  std::size_t open_intents = 0;
  bool unpublished = false;  // the working store knows more than the last version
  base::TimePoint now{};
  bool shared = false;       // the rest has a meaning
  bool unreachable = false;  // `view` is what was known before
  apply::Relation relation = apply::Relation::kSame;
  ports::RemoteView view;
  std::vector<ports::CommitSummary> stranded;
};
[[nodiscard]] StateStatus StatusOf(const model::ClusterState& state);  // without what is shared

[[nodiscard]] std::string StateStatusText(const StateStatus& status);
[[nodiscard]] std::string StateStatusJson(const StateStatus& status);

// Who holds a cluster; ends with a line break.
[[nodiscard]] std::string ClaimText(const ports::RunClaim& claim, base::TimePoint now);

}  // namespace kadende::cli
