// The one thread that owns graph and state during a run; Execute (executor.h) is its face.
//
// Each turn of its loop: take in what has finished, start what may start (intents only), make all of that durable with
// one commit, hand the calls to the workers, wait for the next to finish. Whatever finishes while a commit runs goes
// into the next one, so the slower the disk, the larger the batches; there is no timer.
#pragma once

#include <deque>
#include <mutex>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "engine/apply/action_runner.h"
#include "engine/apply/executor.h"
#include "engine/apply/finisher.h"
#include "engine/apply/frontier.h"
#include "engine/apply/health_gate.h"
#include "engine/apply/hooking.h"
#include "engine/apply/rollout_guard.h"
#include "engine/apply/starter.h"
#include "engine/apply/step.h"
#include "engine/apply/tally.h"
#include "engine/apply/worker_pool.h"

namespace kadende::apply {

class Coordinator {
 public:
  // All must outlive the coordinator.
  Coordinator(plan::Planned& planned, const Ports& ports, ports::Lease& lease, const ExecuteOptions& options);

  [[nodiscard]] base::Result<ExecuteResult> Run();

 private:
  using Due = std::pair<base::Millis, Job*>;  // CLOCK_BOOTTIME

  [[nodiscard]] base::Status Loop();
  void TellOfTaken();
  void TellOfHeard();
  void TakeIn();
  void LookForStop();
  void StopStarting();
  void ReleaseDue();
  void Admit();
  [[nodiscard]] Step Start(model::ActionId action, Job& job);
  void Follow(Job* job, const Step& step);
  void Close(model::ActionId action, const Step& step);
  void SkipDependents(model::ActionId action);
  void Skip(model::ActionId action, const std::string& why);
  void Recycle(Job* job);
  [[nodiscard]] Job* FreshJob();
  [[nodiscard]] base::Millis LongestWait() const;
  [[nodiscard]] bool IsFinished() const { return open_ == 0 && (stopping_ || !frontier_.HasReady()); }

  // Constant after construction.
  const Ports& ports_;
  const ExecuteOptions& options_;
  const model::Plan& plan_;
  const std::size_t smallest_window_;

  ActionRunner runner_;
  ContextCache contexts_;
  Recorder recorder_;
  Workbench bench_;
  Frontier frontier_;
  Tally tally_;
  RolloutGuard guard_;
  Hooking hooking_;
  Starter starter_;
  Finisher finisher_;
  HealthGate gate_;
  ExecuteResult result_;

  std::deque<Job> jobs_;  // all that were ever needed at once
  std::vector<Job*> free_;
  std::vector<Job*> calls_;     // to hand over after the commit
  std::vector<Job*> taken_;     // by workers, as collected
  std::vector<Job*> finished_;  // as collected
  std::priority_queue<Due, std::vector<Due>, std::greater<>> later_;
  std::size_t gates_ = 0;   // of `open_`: health gates; they wait and do nothing, so they take no room
  std::size_t open_ = 0;    // jobs with a worker, waiting for one, or for their next attempt
  std::size_t window_ = 0;  // how many may be open
  bool stopping_ = false;   // start nothing more
  bool aborted_ = false;

  // What providers say while they are at it; by their threads.
  struct Words {
    model::ActionId action = 0;
    std::uint32_t incarnation = 0;
    std::string text;
  };
  std::mutex heard_mutex_;
  std::vector<Words> heard_;  // guarded by heard_mutex_

  WorkerPool pool_;  // last: its threads end before anything that they use
};

}  // namespace kadende::apply
