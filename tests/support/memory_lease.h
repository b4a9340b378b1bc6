// A Leadership for tests of other rooms: always grants, records who asked, and can be told to refuse or to lose its
// leases.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/ports/leadership.h"

namespace kadende::tests {

class MemoryLeadership : public ports::Leadership {
 public:
  struct Request {
    std::string lineage;
    std::vector<std::string> groups;
    ports::Holder holder;
  };

  base::Result<std::unique_ptr<ports::Lease>> Acquire(std::string_view lineage, std::span<const std::string> groups,
                                                      const ports::Holder& self, base::Millis /*wait*/) override {
    const std::lock_guard lock(mutex_);
    requests_.push_back({std::string(lineage), {groups.begin(), groups.end()}, self});
    if (refusal_) return tl::unexpected<base::Error>(*refusal_);
    return std::make_unique<MemoryLease>(trusted_, held_);
  }

  // Every Acquire from now on fails with this; nullopt grants again.
  void Refuse(std::optional<base::Error> refusal) {
    const std::lock_guard lock(mutex_);
    refusal_ = std::move(refusal);
  }
  // MayStart of all leases, given and to come.
  void SetTrusted(bool trusted) { *trusted_ = trusted; }
  [[nodiscard]] int held() const { return *held_; }
  [[nodiscard]] std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  // Shared with leases, which may outlive their Leadership.
  using Flag = std::shared_ptr<std::atomic<bool>>;
  using Counter = std::shared_ptr<std::atomic<int>>;

  class MemoryLease : public ports::Lease {
   public:
    MemoryLease(Flag trusted, Counter held) : trusted_(std::move(trusted)), held_(std::move(held)) { ++*held_; }
    ~MemoryLease() override { --*held_; }
    MemoryLease(const MemoryLease&) = delete;
    MemoryLease& operator=(const MemoryLease&) = delete;
    bool MayStart() override { return *trusted_; }

   private:
    Flag trusted_;
    Counter held_;
  };

  const Flag trusted_ = std::make_shared<std::atomic<bool>>(true);
  const Counter held_ = std::make_shared<std::atomic<int>>(0);
  mutable std::mutex mutex_;
  std::optional<base::Error> refusal_;  // guarded by mutex_
  std::vector<Request> requests_;       // guarded by mutex_
};

}  // namespace kadende::tests
