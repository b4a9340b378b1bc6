// The working store held against the last published version, row by row. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/model/event.h"
#include "engine/ports/history_care.h"

namespace kadende::cli {

struct StoreCheck {
  std::uint64_t rows = 0;         // compared
  std::uint64_t unpublished = 0;  // headers and chunks that the store has changed since
  std::optional<ports::HistoryFault> fault;
};

// What the store says it changed since is left out. `published` has serial and commit of its version.
[[nodiscard]] StoreCheck CompareWithPublished(const model::ClusterState& store, const model::ClusterState& published);

// The incarnations that a slot's nodes were created as never fall. `events` by rising id.
[[nodiscard]] std::optional<ports::HistoryFault> CheckIncarnations(const std::vector<model::Event>& events);

}  // namespace kadende::cli
