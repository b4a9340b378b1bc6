// Hooks that only say what was run, and fail where they are told to.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "engine/ports/hook_runner.h"

namespace kadende::test {

class FakeHooks : public ports::HookRunner {
 public:
  base::Status Run(const model::Hook& hook, const ports::HookFacts& facts, const ports::CallContext&) override {
    const std::string what = facts.point + " " + facts.node + "#" + std::to_string(facts.incarnation);
    {
      const std::lock_guard lock(mutex_);
      said_ += (said_.empty() ? "" : ", ") + what;
    }
    return on_run ? on_run(hook, facts) : base::Status{};
  }
  [[nodiscard]] std::string TakeSaid() {
    const std::lock_guard lock(mutex_);
    return std::exchange(said_, {});
  }

  std::function<base::Status(const model::Hook&, const ports::HookFacts&)> on_run;  // empty: all succeed

 private:
  std::mutex mutex_;
  std::string said_;  // guarded by mutex_
};

}  // namespace kadende::test
