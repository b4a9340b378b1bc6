// Whether and when a failed call is made again: exponential backoff with full jitter. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/apply/executor.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"

namespace kadende::apply {

// How long to wait before the next call, after `attempts` calls the last of which failed with `error`; nullopt: give
// up. The delay is drawn from [0, min(max, base * 2^(attempts-1))] by `seed` and `attempts`, so the same run waits
// the same time again; kThrottled waits at least what the other side asked for, bounded by kLongestThrottle.
[[nodiscard]] std::optional<base::Millis> NextDelay(const RetryPolicy& policy, std::uint32_t attempts,
                                                    const base::Error& error, const base::Digest& seed);

inline constexpr base::Millis kLongestThrottle = std::chrono::minutes(5);

}  // namespace kadende::apply
