// StateStore over LMDB, in one directory (usually .kadende/). One environment per process and directory; opening the
// same directory twice in a process gives the same environment. Refuses network file systems. Format: FORMAT.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/ports/state_store.h"

namespace kadende::state {

struct LmdbOptions {
  std::uint64_t map_bytes = 16ULL << 30;  // sparse: costs nothing until used
  std::uint32_t keep_events = 100'000;    // per store, newest kept
  base::Millis keep_events_for = std::chrono::hours(24 * 7);
  bool read_only = false;  // never creates anything; kNotFound where there is no store
};

[[nodiscard]] base::Result<std::unique_ptr<ports::StateStore>> OpenLmdbStore(const std::string& directory,
                                                                             const LmdbOptions& options);

}  // namespace kadende::state
