// The words about health that the nodes view and plans share. What is stored was found by another process: how old it
// is belongs to what it says. Pure; nothing here is escaped.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/model/health.h"
#include "engine/ports/health_store.h"

namespace kadende::cli {

// Nobody looks any more: the next look is overdue by more than its own time and the 30 s after which a watch has stored
// again; or, where no look is appointed (the provider's word, heard at each pass), the last one is two minutes old.
[[nodiscard]] bool IsStale(const model::NodeHealth& health, const model::GroupPolicy& policy, base::TimePoint now);

// "http: status 500"; empty where there is nothing to say.
[[nodiscard]] std::string Evidence(const model::NodeHealth& health);

// Unhealthy nodes of a group that are left alone for one and the same reason.
struct LeftAlone {
  std::string why;
  base::TimePoint until{};         // the earliest; never: until something changes
  std::vector<std::string> nodes;  // the first few, as "web[0]"
  std::size_t all = 0;
};
// The given nodes, whatever holds them back.
[[nodiscard]] LeftAlone NamesOf(const std::string& group, const std::vector<const model::NodeHealth*>& nodes);
// Sorted by reason.
[[nodiscard]] std::vector<LeftAlone> GatherLeftAlone(const std::string& group,
                                                     const std::vector<const model::NodeHealth*>& unhealthy);
// "web[0], web[1] and 3 more", with the right "is" or "are" behind it.
[[nodiscard]] std::string Named(const LeftAlone& left);
// "web[0] is unhealthy and left alone: held by ann (until 2026-11-22T12:00:00Z)"
[[nodiscard]] std::string LeftAloneText(const LeftAlone& left);

}  // namespace kadende::cli
