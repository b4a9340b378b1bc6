#include "engine/apply/retry.h"

#include <algorithm>
#include <cstring>

namespace kadende::apply {
namespace {

// splitmix64, public domain (Vigna): spreads what the token and the attempt differ in over all bits.
std::uint64_t Mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

base::Millis Ceiling(const RetryPolicy& policy, std::uint32_t attempts) {
  base::Millis delay = std::max(policy.base, base::Millis(0));
  for (std::uint32_t i = 1; i < attempts && delay < policy.max; ++i) delay *= 2;
  return std::min(delay, policy.max);
}

}  // namespace

std::optional<base::Millis> NextDelay(const RetryPolicy& policy, std::uint32_t attempts, const base::Error& error,
                                      const base::Digest& seed) {
  if (!base::IsRetryable(error.code) || attempts >= policy.attempts) return std::nullopt;
  std::uint64_t bits = 0;
  std::memcpy(&bits, seed.bytes.data(), sizeof bits);
  const base::Millis ceiling = Ceiling(policy, attempts);
  const auto jitter = Mix(bits ^ Mix(attempts)) % (static_cast<std::uint64_t>(ceiling.count()) + 1);
  base::Millis delay(static_cast<std::int64_t>(jitter));
  // Jitter is added, not maxed: all who were throttled together would otherwise come back together.
  if (error.retry_after) delay += std::clamp(*error.retry_after, base::Millis(0), kLongestThrottle);
  return delay;
}

}  // namespace kadende::apply
