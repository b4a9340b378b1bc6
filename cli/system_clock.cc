#include "cli/system_clock.h"

#include <ctime>

namespace kadende::cli {
namespace {

base::Millis Read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return base::Millis(now.tv_sec * 1000 + now.tv_nsec / 1'000'000);
}

}  // namespace

base::TimePoint SystemClock::Now() {
  return base::TimePoint(Read(CLOCK_REALTIME));
}

base::Millis SystemClock::Monotonic() {
  return Read(CLOCK_BOOTTIME);
}

}  // namespace kadende::cli
