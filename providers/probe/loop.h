// One thread's waiting: descriptors, moments, and calls from other threads.
//
// All but Post and Stop are for the loop's own thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace kadende::providers::probe {

using Clock = std::chrono::steady_clock;

// Told when a descriptor is ready. It may forget any descriptor, and destroy itself, while it is told.
class FdHandler {
 public:
  virtual void Ready(int fd, std::uint32_t events) = 0;

 protected:
  ~FdHandler() = default;
};

class Loop {
 public:
  using TimerId = std::pair<Clock::time_point, std::uint64_t>;
  static constexpr TimerId kNoTimer{};

  [[nodiscard]] static base::Result<std::unique_ptr<Loop>> Make();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Level-triggered: `handler` (must outlive its Forget) is told for as long as `events` (EPOLLIN, EPOLLOUT) hold.
  // Watching again changes the events. False: errno says why.
  [[nodiscard]] bool Watch(int fd, std::uint32_t events, FdHandler* handler);
  void Forget(int fd);  // before it is closed; of one that is not watched: nothing

  TimerId At(Clock::time_point when, std::function<void()> call);
  void Cancel(TimerId* timer);  // and forgets it; of one that has rung: nothing

  // Runs `call` in the loop's thread, soon, in order. Thread-safe.
  void Post(std::function<void()> call);
  // Run returns once what is posted has run. Thread-safe.
  void Stop();

  // Waits and calls; `after_each` runs after each round of calls.
  void Run(const std::function<void()>& after_each);
  // Runs what is posted, until nothing is. False: nothing was.
  bool RunPosted();

 private:
  struct Watched {
    FdHandler* handler = nullptr;
    // Tells a late event of an earlier owner of the number from one of the present.
    std::uint32_t generation = 0;
  };

  Loop(int epoll, int wake) : epoll_(epoll), wake_(wake) {}
  void Wait();
  void RingTimers();
  [[nodiscard]] int MillisToTimer() const;

  const int epoll_;
  const int wake_;                // eventfd
  std::vector<Watched> watched_;  // by descriptor
  std::uint32_t generation_ = 0;
  std::map<TimerId, std::function<void()>> timers_;
  std::uint64_t next_timer_ = 0;

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  bool stop_ = false;                          // guarded by mutex_
};

}  // namespace kadende::providers::probe
