// A Clock that only moves when it is told to, or by a step at each look, for code that waits. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/ports/clock.h"

namespace kadende::test {

class FakeClock : public ports::Clock {
 public:
  static constexpr std::int64_t kStart = 1'800'000'000'000;  // 2027-01-15T08:00:00Z

  [[nodiscard]] base::TimePoint Now() override { return base::FromUnixMillis(kStart + jumped_ + Look()); }
  [[nodiscard]] base::Millis Monotonic() override { return base::Millis(Look()); }

  void Advance(base::Millis by) { passed_ += by.count(); }
  // The wall clock is set, forward or back; no time passes.
  void Jump(base::Millis by) { jumped_ += by.count(); }
  // How far each look moves it: code that waits for a moment gets there.
  void StepPerLook(base::Millis step) { step_ = step.count(); }

 private:
  std::int64_t Look() { return passed_.fetch_add(step_); }

  std::atomic<std::int64_t> passed_ = 0;
  std::atomic<std::int64_t> jumped_ = 0;
  std::atomic<std::int64_t> step_ = 0;
};

}  // namespace kadende::test
