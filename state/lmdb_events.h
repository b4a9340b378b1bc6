// The event log of a store: rising ids, newest kept. Trimming is cheap because it happens in blocks: some more than the
// limit are kept for a while, so that most commits touch only the log's end.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/model/state_change.h"
#include "engine/ports/state_store.h"
#include "state/lmdb_environment.h"

namespace kadende::state {

struct EventLimits {
  std::uint32_t keep = 100'000;
  base::Millis keep_for = std::chrono::hours(24 * 7);
};

// The events of a batch, in its order. Age is measured against the newest of them: the store reads no clock.
void AppendEvents(Transaction& transaction, std::string_view lineage, const model::StateChanges& changes,
                  const EventLimits& limits);

[[nodiscard]] std::vector<model::Event> FindEvents(Transaction& transaction, const ports::EventQuery& query);

}  // namespace kadende::state
