// The only way to the time. cli/ has the real one, tests a settable one.
#pragma once

#include "engine/base/time.h"

namespace kadende::ports {

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall clock: for records and for people. May jump.
  [[nodiscard]] virtual base::TimePoint Now() = 0;
  // CLOCK_BOOTTIME: for waits and leases. Never jumps, counts while suspended.
  [[nodiscard]] virtual base::Millis Monotonic() = 0;
};

}  // namespace kadende::ports
