#include "engine/apply/worker_pool.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace kadende::apply {
namespace {

// Calls that take longer are told of while they run; for shorter ones a wake-up of its own would only cost time.
constexpr base::Millis kTellOfTaken{100};

}  // namespace

WorkerPool::WorkerPool(std::uint32_t threads, Work work, MayStart may_start)
    : max_threads_(std::max(threads, 1U)), work_(std::move(work)), may_start_(std::move(may_start)) {}

WorkerPool::~WorkerPool() {
  calls_.request_stop();
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::uint32_t WorkerPool::AddLane(std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  lanes_.push_back({.waiting = {}, .running = 0, .limit = limit});
  return static_cast<std::uint32_t>(lanes_.size() - 1);
}

void WorkerPool::Submit(std::span<Job* const> jobs) {
  if (jobs.empty()) return;
  std::size_t wanted = 0;
  {
    const std::lock_guard lock(mutex_);
    for (Job* job : jobs) lanes_[job->context->lane].waiting.push_back(job);
    waiting_ += jobs.size();
    wanted = waiting_ > idle_ ? waiting_ - idle_ : 0;
  }
  while (wanted-- > 0 && threads_.size() < max_threads_) {
    try {
      threads_.emplace_back([this] { Loop(); });
    } catch (const std::system_error&) {
      // The machine bears no more threads. With fewer the work takes longer; without any it cannot be done.
      if (threads_.empty()) throw;
      break;
    }
  }
  work_ready_.notify_one();
}

std::vector<Job*> WorkerPool::TakeBack() {
  const std::lock_guard lock(mutex_);
  std::vector<Job*> taken;
  for (Lane& lane : lanes_) {
    taken.insert(taken.end(), lane.waiting.begin(), lane.waiting.end());
    lane.waiting.clear();
  }
  waiting_ = 0;
  return taken;
}

void WorkerPool::Collect(base::Millis wait, std::vector<Job*>* taken, std::vector<Job*>* finished) {
  std::unique_lock lock(mutex_);
  collecting_ = true;
  const auto ready = [this] { return !finished_.empty() || woken_; };
  const base::Millis first = std::min(wait, kTellOfTaken);
  if (!work_done_.wait_for(lock, first, ready) && taken_.empty()) work_done_.wait_for(lock, wait - first, ready);
  collecting_ = false;
  woken_ = false;
  taken->clear();
  taken->swap(taken_);
  finished->clear();
  finished->swap(finished_);
}

void WorkerPool::Wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  work_done_.notify_one();
}

void WorkerPool::StopCalls() {
  calls_.request_stop();
}

WorkerPool::Lane* WorkerPool::NextLane() {
  if (waiting_ == 0) return nullptr;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = lanes_[(next_lane_ + i) % lanes_.size()];
    if (lane.waiting.empty() || (lane.limit != 0 && lane.running >= lane.limit)) continue;
    next_lane_ = (next_lane_ + i + 1) % lanes_.size();
    return &lane;
  }
  return nullptr;
}

void WorkerPool::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    Lane* lane = nullptr;
    ++idle_;
    work_ready_.wait(lock, [&] { return closing_ || (lane = NextLane()) != nullptr; });
    --idle_;
    if (lane == nullptr) return;
    Job* job = lane->waiting.front();
    lane->waiting.pop_front();
    --waiting_;
    ++lane->running;
    job->refused = !may_start_();
    if (!job->refused) taken_.push_back(job);
    const bool wake_another = waiting_ > 0 && idle_ > 0;
    lock.unlock();
    if (wake_another) work_ready_.notify_one();
    if (!job->refused) work_(*job, calls_.get_token());
    lock.lock();
    --lane->running;
    finished_.push_back(job);
    if (collecting_ && finished_.size() == 1) work_done_.notify_one();
  }
}

}  // namespace kadende::apply
