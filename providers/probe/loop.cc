#include "providers/probe/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace kadende::providers::probe {
namespace {

std::uint64_t Mark(int fd, std::uint32_t generation) {
  return (std::uint64_t{generation} << 32U) | static_cast<std::uint32_t>(fd);
}

}  // namespace

base::Result<std::unique_ptr<Loop>> Loop::Make() {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = Mark(wake, 0);
  if (epoll >= 0 && wake >= 0 && ::epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event) == 0) {
    return std::unique_ptr<Loop>(new Loop(epoll, wake));
  }
  const std::string why = std::system_category().message(errno);
  for (const int fd : {epoll, wake}) {
    if (fd >= 0) ::close(fd);
  }
  return base::Fail(base::ErrorCode::kUnavailable, "health checks cannot begin: no descriptor to wait with: " + why);
}

Loop::~Loop() {
  ::close(epoll_);
  ::close(wake_);
}

bool Loop::Watch(int fd, std::uint32_t events, FdHandler* handler) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= watched_.size()) watched_.resize(index + 1);
  Watched& entry = watched_[index];
  const bool known = entry.handler != nullptr;
  if (!known) entry.generation = ++generation_;
  epoll_event event = {};
  event.events = events;
  event.data.u64 = Mark(fd, entry.generation);
  if (::epoll_ctl(epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0) return false;
  entry.handler = handler;
  return true;
}

void Loop::Forget(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (fd < 0 || index >= watched_.size() || watched_[index].handler == nullptr) return;
  watched_[index].handler = nullptr;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

Loop::TimerId Loop::At(Clock::time_point when, std::function<void()> call) {
  const TimerId id(when, ++next_timer_);
  timers_.emplace(id, std::move(call));
  return id;
}

void Loop::Cancel(TimerId* timer) {
  timers_.erase(*timer);
  *timer = kNoTimer;
}

void Loop::Post(std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  posted_.push_back(std::move(call));
  if (posted_.size() == 1) ::eventfd_write(wake_, 1);
}

void Loop::Stop() {
  const std::lock_guard lock(mutex_);
  stop_ = true;
  ::eventfd_write(wake_, 1);
}

bool Loop::RunPosted() {
  bool any = false;
  for (;;) {
    std::vector<std::function<void()>> calls;
    {
      const std::lock_guard lock(mutex_);
      calls.swap(posted_);
    }
    if (calls.empty()) return any;
    any = true;
    for (auto& call : calls) call();
  }
}

void Loop::Run(const std::function<void()>& after_each) {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stop_) break;
    }
    Wait();
    RingTimers();
    RunPosted();
    after_each();
  }
  RunPosted();
}

int Loop::MillisToTimer() const {
  if (timers_.empty()) return -1;
  const auto left = timers_.begin()->first.first - Clock::now();
  // Rounded up: a timer never rings early.
  const auto millis = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(millis, 0, 60'000));
}

void Loop::Wait() {
  std::array<epoll_event, 64> events = {};
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), MillisToTimer());
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const int fd = static_cast<int>(event.data.u64 & 0xFFFF'FFFFU);
    if (fd == wake_) {
      eventfd_t value = 0;
      ::eventfd_read(wake_, &value);
      continue;
    }
    const Watched& entry = watched_[static_cast<std::size_t>(fd)];
    if (entry.handler != nullptr && Mark(fd, entry.generation) == event.data.u64) {
      entry.handler->Ready(fd, event.events);
    }
  }
}

void Loop::RingTimers() {
  const auto now = Clock::now();
  // A timer that is set while others ring waits for the next round, so that no chain of them starves the descriptors.
  std::vector<TimerId> ids;
  for (auto timer = timers_.begin(); timer != timers_.end() && timer->first.first <= now; ++timer) {
    ids.push_back(timer->first);
  }
  for (const TimerId& id : ids) {
    const auto timer = timers_.find(id);
    if (timer == timers_.end()) continue;  // cancelled by one before it
    const std::function<void()> call = std::move(timer->second);
    timers_.erase(timer);
    call();
  }
}

}  // namespace kadende::providers::probe
