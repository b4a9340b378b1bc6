// StateStore and HealthStore over LMDB, in one directory (usually .kadende/). One environment per process and
// directory; opening the same directory twice in a process gives the same environment. Refuses network file systems.
// Format: FORMAT.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/ports/health_store.h"
#include "engine/ports/state_store.h"

namespace kadende::state {

struct LmdbOptions {
  std::uint64_t map_bytes = 16ULL << 30;  // sparse: costs nothing until used
  std::uint32_t keep_events = 100'000;    // per store, newest kept
  base::Millis keep_events_for = std::chrono::hours(24 * 7);
  bool read_only = false;  // never creates anything; kNotFound where there is no store
};

// Health goes with its cluster (Remove), with its group (one whose current and target are gone), and along with a group
// that is renamed; it is no part of ClusterState, makes nothing dirty and is never published.
class Store : public ports::StateStore, public ports::HealthStore {};

[[nodiscard]] base::Result<std::unique_ptr<Store>> OpenLmdbStore(const std::string& directory,
                                                                 const LmdbOptions& options);

}  // namespace kadende::state
