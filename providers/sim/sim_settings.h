// How a simulated cloud behaves: kept in the cloud itself, so that every process that uses it sees the same, and
// changed while it runs by tests and `kadende sim set`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace kadende::providers {

// What a failing call has done, and what it admits.
enum class SimEffect : std::uint8_t {
  kNone,  // "none": failed before the effect, and says so
  kLost,  // "lost": failed before the effect, but says that it may have happened
  kDone,  // "done": failed after the effect, and says that it may have happened
};

struct SimFailure {
  std::uint32_t next = 0;    // this many of the coming calls fail; counts down
  double probability = 0.0;  // of every other call, drawn from the seed and the number of the call
  base::ErrorCode code = base::ErrorCode::kUnavailable;
  SimEffect effect = SimEffect::kNone;
  bool echo = false;  // the error holds the properties that the call was given, as careless providers' errors do

  bool operator==(const SimFailure&) const = default;
};

enum class SimOperation : std::uint8_t { kCreate, kDestroy, kUpdate, kList };  // kList: also Describe
inline constexpr std::size_t kSimOperations = 4;

// A zero means "off" everywhere.
struct SimSettings {
  base::Millis create_latency{0};  // from acceptance until the instance exists; the call lasts as long
  base::Millis destroy_latency{0};
  base::Millis list_latency{0};    // List and Describe
  base::Millis listing_delay{0};   // `sim-basic` only: listings show the cloud as it was this long ago
  base::Millis terminated_for{0};  // how long an instance that ended by itself stays listed; 0: until it is destroyed
  base::Millis destroyed_for{0};   // how long a destroyed instance stays listed as terminated
  std::uint64_t capacity = 0;      // instances at once
  std::uint32_t throttle = 0;      // calls a second; those above are kThrottled
  std::uint64_t seed = 1;
  SimFailure failures[kSimOperations];

  [[nodiscard]] SimFailure& failure(SimOperation operation) { return failures[static_cast<std::size_t>(operation)]; }
  [[nodiscard]] const SimFailure& failure(SimOperation operation) const {
    return failures[static_cast<std::size_t>(operation)];
  }
  bool operator==(const SimSettings&) const = default;
};

// By name, as `kadende sim set NAME VALUE` and the cloud's file spell them: "create-latency" "50ms",
// "create-fail-next" "3", "create-fail-probability" "0.2", "create-fail-code" "throttled", "create-fail-effect" "done".
[[nodiscard]] const std::vector<std::string>& SimSettingNames();
// kInvalid names what is allowed; `settings` is then unchanged.
[[nodiscard]] base::Status SetSimSetting(SimSettings& settings, std::string_view name, std::string_view value);
[[nodiscard]] std::string GetSimSetting(const SimSettings& settings, std::string_view name);

// One "name value" a line, all of them. Parse ignores names that it does not know: a newer build wrote them.
[[nodiscard]] std::string FormatSimSettings(const SimSettings& settings);
[[nodiscard]] base::Result<SimSettings> ParseSimSettings(std::string_view text);

}  // namespace kadende::providers
