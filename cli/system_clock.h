// The real clock.
#pragma once

#include "engine/ports/clock.h"

namespace kadende::cli {

class SystemClock : public ports::Clock {
 public:
  [[nodiscard]] base::TimePoint Now() override;
  [[nodiscard]] base::Millis Monotonic() override;
};

}  // namespace kadende::cli
