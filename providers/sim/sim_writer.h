// Gathers the writes of concurrent threads into one transaction: who finds nobody writing leads and takes all jobs that
// wait by then; who comes while a batch commits joins the next one. No timer: a single thread never waits for others.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "engine/base/result.h"

namespace kadende::providers {

class SimEdit;

// One thread's part of a transaction. Lives on that thread's stack during SimWriter::Run.
class SimJob {
 public:
  virtual ~SimJob() = default;
  virtual void Apply(SimEdit& edit) = 0;

 private:
  friend class SimWriter;
  enum class State { kWaiting, kLeading, kDone };
  State state_ = State::kWaiting;
  base::Status status_;
  std::condition_variable changed_;
};

class SimWriter {
 public:
  // Applies all jobs in one transaction; its status is that of each of them.
  using Batch = std::function<base::Status(std::span<SimJob* const>)>;
  explicit SimWriter(Batch batch) : batch_(std::move(batch)) {}

  // Blocks until the job's transaction is committed, or failed as a whole. Thread-safe. Bounded by what `batch` takes.
  [[nodiscard]] base::Status Run(SimJob& job);

 private:
  void Lead(std::unique_lock<std::mutex>& lock);

  const Batch batch_;
  std::mutex mutex_;
  bool leading_ = false;        // guarded by mutex_
  std::vector<SimJob*> queue_;  // guarded by mutex_
  std::vector<SimJob*> taken_;  // the leader's alone
};

}  // namespace kadende::providers
