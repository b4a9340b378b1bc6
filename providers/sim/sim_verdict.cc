#include "providers/sim/sim_verdict.h"

#include <chrono>
#include <string>

namespace kadende::providers {
namespace {

// splitmix64 (Vigna): well mixed for consecutive inputs, which is what call numbers are.
std::uint64_t Mix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

bool Chance(double probability, std::uint64_t seed, SimOperation operation, std::uint64_t call) {
  if (probability <= 0) return false;
  const std::uint64_t draw = Mix(Mix(seed + static_cast<std::uint64_t>(operation)) + call);
  return static_cast<double>(draw >> 11U) * 0x1.0p-53 < probability;
}

std::optional<base::Error> Throttle(const SimSettings& settings, SimTallies& tallies, std::int64_t now_ms) {
  if (settings.throttle == 0) return std::nullopt;
  const auto window = static_cast<std::uint64_t>(now_ms / 1000);
  if (window != tallies.window) {
    tallies.window = window;
    tallies.window_calls = 0;
  }
  if (++tallies.window_calls <= settings.throttle) return std::nullopt;
  return base::Error{base::ErrorCode::kThrottled,
                     "the simulated cloud takes " + std::to_string(settings.throttle) + " calls a second",
                     base::Effect::kNone, std::chrono::milliseconds(1000 - now_ms % 1000)};
}

}  // namespace

SimVerdict Judge(SimOperation operation, SimSettings& settings, SimTallies& tallies, std::int64_t now_ms) {
  SimVerdict verdict{Throttle(settings, tallies, now_ms), false};
  if (verdict.error) return verdict;
  SimFailure& failure = settings.failure(operation);
  const std::uint64_t call = ++tallies.calls[static_cast<std::size_t>(operation)];
  if (failure.next > 0) {
    --failure.next;
  } else if (!Chance(failure.probability, settings.seed, operation, call)) {
    return verdict;
  }
  verdict.error =
      base::Error{failure.code, "the simulated cloud was told to fail this call",
                  failure.effect == SimEffect::kNone ? base::Effect::kNone : base::Effect::kPossible, std::nullopt};
  if (failure.code == base::ErrorCode::kThrottled) verdict.error->retry_after = std::chrono::milliseconds(100);
  verdict.after = failure.effect == SimEffect::kDone;
  return verdict;
}

bool NeedsJudging(SimOperation operation, const SimSettings& settings) {
  const SimFailure& failure = settings.failure(operation);
  return settings.throttle > 0 || failure.next > 0 || failure.probability > 0;
}

}  // namespace kadende::providers
