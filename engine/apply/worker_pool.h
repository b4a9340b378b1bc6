// The threads that make provider calls. Everything concurrent of a run hides in here.
//
// Jobs wait in one lane per provider, so that a provider's limit holds back its own jobs alone. Threads are started as
// they are needed. A worker that takes a job wakes one more if there is more to take: fast calls stay on few threads,
// slow ones fan out at once.
//
// Thread-safety: Wake and StopCalls may be called from anywhere; the rest from the coordinator's thread alone.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "engine/apply/job.h"

namespace kadende::apply {

class WorkerPool {
 public:
  // Makes the calls of one job; runs on the pool's threads, several at once.
  using Work = std::function<void(Job&, std::stop_token)>;
  // Asked, one at a time, right before each job is worked on; false: the job comes back as refused.
  using MayStart = std::function<bool()>;

  WorkerPool(std::uint32_t threads, Work work, MayStart may_start);
  // Ends the calls (their stop token) and waits for them: calls honour stop and their own timeout.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // `limit` 0: none. Returns the lane's number for RevisionContext::lane.
  std::uint32_t AddLane(std::uint32_t limit);
  void Submit(std::span<Job* const> jobs);
  // Jobs that no worker has taken yet; they will not be worked on.
  [[nodiscard]] std::vector<Job*> TakeBack();
  // Waits until a job has finished, Wake was called, or `wait` has passed; gives what workers have taken and what has
  // finished since the last time (maybe nothing). Returns early, once, for jobs that were taken and take their time.
  void Collect(base::Millis wait, std::vector<Job*>* taken, std::vector<Job*>* finished);
  void Wake();
  // Stops the calls under way; they come back as kCancelled.
  void StopCalls();

 private:
  struct Lane {
    std::deque<Job*> waiting;
    std::uint32_t running = 0;
    std::uint32_t limit = 0;
  };
  void Loop();
  [[nodiscard]] Lane* NextLane();  // with mutex_ held

  const std::uint32_t max_threads_;
  const Work work_;
  const MayStart may_start_;
  std::stop_source calls_;

  std::mutex mutex_;
  std::condition_variable work_ready_;
  std::condition_variable work_done_;
  // Guarded by mutex_.
  std::deque<Lane> lanes_;  // a deque: workers keep pointers while lanes are added
  std::size_t next_lane_ = 0;
  std::size_t waiting_ = 0;  // jobs in all lanes
  std::size_t idle_ = 0;     // threads that wait for work
  std::vector<Job*> taken_;
  std::vector<Job*> finished_;
  bool collecting_ = false;
  bool woken_ = false;
  bool closing_ = false;
  std::vector<std::thread> threads_;  // the coordinator's alone
};

}  // namespace kadende::apply
