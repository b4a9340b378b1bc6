// How long a call may still take.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "engine/ports/provider.h"

namespace kadende::providers::process {

class Deadline {
 public:
  explicit Deadline(const ports::CallContext& context)
      : end_(std::chrono::steady_clock::now() + std::min(context.timeout, base::Millis(std::chrono::hours(24 * 365)))),
        stop_(context.stop) {}

  // An error once the call is to end; `what` names what it was waiting for.
  [[nodiscard]] base::Status Check(const std::string& what, base::Effect effect) const {
    if (stop_.stop_requested()) return base::Fail(base::ErrorCode::kCancelled, what + ": stopped waiting", effect);
    if (std::chrono::steady_clock::now() < end_) return {};
    return base::Fail(base::ErrorCode::kTimeout, what + ": not done in time", effect);
  }

  // Sleeps a little longer each time, never past the end. What is waited for (a lock of another process, the end of
  // foreign processes) has no descriptor that could be polled.
  void Pause() {
    const auto left = std::chrono::duration_cast<base::Millis>(end_ - std::chrono::steady_clock::now());
    std::this_thread::sleep_for(std::clamp(left, base::Millis(1), pause_));
    pause_ = std::min(pause_ * 2, kLongestPause);
  }

 private:
  static constexpr base::Millis kLongestPause{20};
  const std::chrono::steady_clock::time_point end_;
  const std::stop_token stop_;
  base::Millis pause_{1};
};

}  // namespace kadende::providers::process
