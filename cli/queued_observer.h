// Hands events on in a thread of its own, in order: who tells them is not held up by a terminal that was stopped or a
// reader that does not read.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/ports/observer.h"

namespace kadende::cli {

// Thread-safe.
class QueuedObserver : public ports::Observer {
 public:
  // `shown` must outlive this. At most `most` events wait; what comes then is left out, and `left_out` hears how many
  // once there is room again, in the thread of `shown`.
  QueuedObserver(ports::Observer& shown, std::size_t most, std::function<void(std::size_t count)> left_out);
  // Hands on what waits: as long as the reader takes, as with any program's output.
  ~QueuedObserver() override;
  QueuedObserver(const QueuedObserver&) = delete;
  QueuedObserver& operator=(const QueuedObserver&) = delete;

  void OnEvent(const model::Event& event) override;

 private:
  void Work();

  ports::Observer& shown_;
  const std::size_t most_;
  const std::function<void(std::size_t)> tell_left_out_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<model::Event> waiting_;
  std::size_t left_out_ = 0;
  bool stop_ = false;

  std::thread thread_;
};

}  // namespace kadende::cli
