#include "providers/sim/sim_writer.h"

#include <algorithm>

namespace kadende::providers {

base::Status SimWriter::Run(SimJob& job) {
  std::unique_lock lock(mutex_);
  queue_.push_back(&job);
  if (leading_) {
    job.changed_.wait(lock, [&] { return job.state_ != SimJob::State::kWaiting; });
    if (job.state_ == SimJob::State::kDone) return std::move(job.status_);
  }
  leading_ = true;
  Lead(lock);
  return std::move(job.status_);
}

// The leader's own job is among those taken: it was queued before it became leader.
void SimWriter::Lead(std::unique_lock<std::mutex>& lock) {
  taken_.clear();
  taken_.swap(queue_);
  lock.unlock();
  const base::Status status = batch_(taken_);
  lock.lock();
  // Notified under the lock: a job is gone from its thread's stack as soon as it can see that it is done.
  for (SimJob* job : taken_) {
    job->status_ = status;
    job->state_ = SimJob::State::kDone;
    job->changed_.notify_one();
  }
  leading_ = !queue_.empty();
  if (!leading_) return;
  queue_.front()->state_ = SimJob::State::kLeading;
  queue_.front()->changed_.notify_one();
}

}  // namespace kadende::providers
