#include "cli/queued_observer.h"

#include <utility>

namespace kadende::cli {

QueuedObserver::QueuedObserver(ports::Observer& shown, std::size_t most, std::function<void(std::size_t)> left_out)
    : shown_(shown), most_(most), tell_left_out_(std::move(left_out)), thread_([this] { Work(); }) {}

QueuedObserver::~QueuedObserver() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void QueuedObserver::OnEvent(const model::Event& event) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_) {
      ++left_out_;
      return;
    }
    waiting_.push_back(event);
  }
  changed_.notify_one();
}

void QueuedObserver::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const model::Event event = std::move(waiting_.front());
    waiting_.pop_front();
    const std::size_t left_out = waiting_.empty() ? std::exchange(left_out_, 0) : 0;
    lock.unlock();
    shown_.OnEvent(event);
    if (left_out > 0) tell_left_out_(left_out);
    lock.lock();
  }
}

}  // namespace kadende::cli
