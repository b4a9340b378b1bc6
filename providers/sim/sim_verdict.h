// Whether a call is let through, by throttling, counted failures and seeded chance. Pure: the counters that it moves
// are the caller's, who stores them.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/result.h"
#include "providers/sim/sim_codec.h"
#include "providers/sim/sim_settings.h"

namespace kadende::providers {

struct SimVerdict {
  std::optional<base::Error> error;  // what the call answers
  bool after = false;                // after its effect, not instead of it
};

[[nodiscard]] SimVerdict Judge(SimOperation operation, SimSettings& settings, SimTallies& tallies, std::int64_t now_ms);

// False: Judge would let every call of this kind through and move nothing that matters.
[[nodiscard]] bool NeedsJudging(SimOperation operation, const SimSettings& settings);

}  // namespace kadende::providers
