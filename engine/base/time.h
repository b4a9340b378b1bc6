// Time as values. The engine never reads a clock: callers pass a TimePoint (ports/clock.h reads one).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kadende::base {

using Millis = std::chrono::milliseconds;

// Wall-clock time in UTC, milliseconds since 1970; what is stored and shown. 0 = never.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, Millis>;

[[nodiscard]] inline TimePoint FromUnixMillis(std::int64_t millis) {
  return TimePoint(Millis(millis));
}
[[nodiscard]] inline std::int64_t ToUnixMillis(TimePoint time) {
  return time.time_since_epoch().count();
}

// "2026-11-22T08:03:46Z"; milliseconds are shown only when `with_millis`.
[[nodiscard]] std::string FormatRfc3339(TimePoint time, bool with_millis = false);
[[nodiscard]] std::optional<TimePoint> ParseRfc3339(std::string_view text);

// Durations of the configuration language: one or more <integer><unit> with units ms s m h d in falling
// order, each at most once: "10s", "1h30m", "7d". A bare number is refused: its unit would be a guess.
// nullopt also above 100 years.
[[nodiscard]] std::optional<Millis> ParseDuration(std::string_view text);
// The shortest text that ParseDuration reads back: "90s" is "1m30s", zero is "0s".
[[nodiscard]] std::string FormatDuration(Millis duration);

}  // namespace kadende::base
