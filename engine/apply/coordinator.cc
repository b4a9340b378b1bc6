#include "engine/apply/coordinator.h"

#include <algorithm>
#include <functional>
#include <stop_token>

#include "engine/base/fault.h"

namespace kadende::apply {
namespace {

// Intents ahead of the workers: a few per worker, and up to kLargestWindow where calls are faster than commits.
constexpr std::size_t kSmallestWindow = 64;
constexpr std::size_t kWindowPerWorker = 4;
constexpr std::size_t kLargestWindow = 4096;
// Every wait ends: a job that is lost to a defect of a provider must not hang the loop's stop checks.
constexpr base::Millis kLongestWait = std::chrono::minutes(1);

}  // namespace

Coordinator::Coordinator(plan::Planned& planned, const Ports& ports, ports::Lease& lease, const ExecuteOptions& options)
    : ports_(ports),
      options_(options),
      plan_(planned.plan),
      smallest_window_(std::max(kSmallestWindow, kWindowPerWorker * options.parallelism)),
      runner_(planned.state.cluster.lineage, planned.state.cluster.name, ports.hooks,
              [this](const Job& job, std::string words) {
                {
                  const std::lock_guard lock(heard_mutex_);
                  heard_.push_back({job.action, job.incarnation, std::move(words)});
                }
                pool_.Wake();
              }),
      contexts_(planned, *ports.providers, pool_, options.secrets),
      recorder_(planned.state, ports, options.run_id, options.actor),
      bench_{
          .planned = planned, .options = options, .recorder = recorder_, .contexts = contexts_, .health = ports.health},
      frontier_(planned.plan.graph),
      tally_(planned.plan, planned.view.settled),
      guard_(planned.plan, options.judges_rollouts),
      hooking_(bench_),
      starter_(bench_, hooking_),
      finisher_(bench_, hooking_),
      gate_(bench_, ports.health, *ports.clock),
      window_(smallest_window_),
      pool_(
          options.parallelism, [this](Job& job, const std::stop_token& stop) { runner_.Run(job, stop); },
          [&lease, &options] {
            // A worker would otherwise go on with what waits for it until the coordinator wakes up.
            return !options.drain.stop_requested() && !options.abort.stop_requested() && lease.MayStart();
          }) {
  result_.outcomes.resize(plan_.graph.actions.size());
}

base::Result<ExecuteResult> Coordinator::Run() {
  // The callbacks only wake the loop; it looks at the tokens itself.
  const std::stop_callback on_drain(options_.drain, [this] { pool_.Wake(); });
  const std::stop_callback on_abort(options_.abort, [this] { pool_.Wake(); });
  if (auto status = Loop(); !status) {
    pool_.StopCalls();
    return tl::unexpected(std::move(status).error());
  }
  tally_.Close(&result_.done);
  for (std::uint32_t group = 0; group < plan_.groups.size(); ++group) {
    if (!guard_.Why(group).empty()) result_.failed_rollouts[group] = {guard_.Why(group), guard_.HadEnough(group)};
  }
  result_.changed_rows = recorder_.changes_rows();
  return std::move(result_);
}

base::Status Coordinator::Loop() {
  while (true) {
    bench_.now = ports_.clock->Now();
    TellOfTaken();
    TellOfHeard();
    TakeIn();
    LookForStop();
    if (!stopping_) {
      ReleaseDue();
      Admit();
    }
    if (auto status = recorder_.Commit(); !status) return status;
    base::FaultPoint("apply.outcome.after");
    if (!calls_.empty()) base::FaultPoint("apply.intent.after");
    pool_.Submit(calls_);
    calls_.clear();
    if (IsFinished()) return {};
    if (open_ == 0) continue;  // whatever started was done at once
    pool_.Collect(LongestWait(), &taken_, &finished_);
    base::FaultPoint("apply.outcome.before");
  }
}

// Intents are written ahead of the workers; an action has started when a worker has it. Only what no worker writes is
// read: the call may be running.
void Coordinator::TellOfTaken() {
  for (Job* job : taken_) {
    if (job->kind == JobKind::kGate || std::exchange(job->told, true)) continue;
    model::Event& event = bench_.Note(model::EventKind::kActionStarted, job->action, job->incarnation);
    event.instance_id = bench_.Action(job->action).instance_id;
    event.message = model::ActionKindName(bench_.Action(job->action).kind);
  }
  taken_.clear();
}

void Coordinator::TellOfHeard() {
  std::vector<Words> heard;
  {
    const std::lock_guard lock(heard_mutex_);
    heard.swap(heard_);
  }
  for (const Words& words : heard) {
    bench_.Note(model::EventKind::kLog, words.action, words.incarnation).message =
        bench_.Display(words.action) + ": " + words.text;
  }
}

void Coordinator::TakeIn() {
  if (options_.stop_on_error) {
    window_ = options_.parallelism;  // nothing ahead of the workers: it would still be started after a failure
  } else if (finished_.empty()) {
    // Says nothing about how fast calls are.
  } else if (finished_.size() * 2 >= window_) {
    window_ = std::min(window_ * 2, kLargestWindow);
  } else if (finished_.size() * 8 < window_) {
    window_ = std::max(window_ / 2, smallest_window_);
  }
  std::sort(finished_.begin(), finished_.end(), [this](const Job* left, const Job* right) {
    return frontier_.Rank(left->action) < frontier_.Rank(right->action);
  });
  for (Job* job : finished_) {
    if (job->refused && !stopping_) {
      result_.interrupted = true;
      StopStarting();
    }
    Follow(job, job->kind == JobKind::kGate && !job->refused ? gate_.Asked(*job) : finisher_.Finish(*job));
  }
  finished_.clear();
}

void Coordinator::LookForStop() {
  if (options_.abort.stop_requested() && !aborted_) {
    aborted_ = true;
    pool_.StopCalls();
  }
  const bool asked = aborted_ || options_.drain.stop_requested();
  const bool failed = options_.stop_on_error && result_.failed + result_.unknown > 0;
  if (stopping_ || !(asked || failed)) return;
  result_.interrupted = asked;
  StopStarting();
}

// Nothing more is called: what waits for a worker or for its next attempt is taken back.
void Coordinator::StopStarting() {
  stopping_ = true;
  for (Job* job : pool_.TakeBack()) Follow(job, finisher_.Abandon(*job));
  for (; !later_.empty(); later_.pop()) Follow(later_.top().second, finisher_.Abandon(*later_.top().second));
  for (Job* job : std::exchange(calls_, {})) Follow(job, finisher_.Abandon(*job));
}

void Coordinator::ReleaseDue() {
  if (later_.empty()) return;
  const base::Millis now = ports_.clock->Monotonic();
  while (!later_.empty() && later_.top().first <= now) {
    Job* job = later_.top().second;
    later_.pop();
    if (job->kind == JobKind::kGate) {
      Follow(job, gate_.Look(*job));
    } else {
      calls_.push_back(job);
    }
  }
}

void Coordinator::Admit() {
  while (open_ - gates_ < window_ && frontier_.HasReady()) {
    const model::ActionId action = frontier_.PopReady();
    if (guard_.Halts(action)) {
      Skip(action, "the rollout stops: " + guard_.Why(bench_.Action(action).group));
      SkipDependents(action);
      continue;
    }
    Job* job = FreshJob();
    ++open_;
    Follow(job, Start(action, *job));
    if (options_.stop_on_error && result_.failed > 0) return;
  }
}

Step Coordinator::Start(model::ActionId action, Job& job) {
  Step step = starter_.Start(action, job);
  job.action = action;
  if (bench_.Action(action).kind != model::ActionKind::kGate) return step;
  step = gate_.Open(action, job);
  if (job.kind == JobKind::kGate) ++gates_;
  return step;
}

void Coordinator::Follow(Job* job, const Step& step) {
  switch (step.verdict) {
    case Verdict::kCall:
    case Verdict::kLater:
      if (stopping_) {
        Follow(job, finisher_.Abandon(*job));
      } else if (step.verdict == Verdict::kCall) {
        calls_.push_back(job);
      } else {
        later_.emplace(ports_.clock->Monotonic() + step.delay, job);
      }
      return;
    case Verdict::kDone:
    case Verdict::kFailed:
    case Verdict::kUnknown:
    case Verdict::kNotStarted:
      Close(job->action, step);
      Recycle(job);
      return;
  }
}

void Coordinator::Close(model::ActionId action, const Step& step) {
  Outcome& outcome = result_.outcomes[action];
  outcome.message = step.message;
  switch (step.verdict) {
    case Verdict::kDone:
      outcome.kind = OutcomeKind::kDone;
      if (!step.uncounted) tally_.Done(action, &result_.done);
      frontier_.Done(action);
      return;
    case Verdict::kFailed:
      outcome.kind = OutcomeKind::kFailed;
      ++result_.failed;
      guard_.Failed(action, step.message);
      frontier_.ReleaseTurn(action);
      return SkipDependents(action);
    case Verdict::kUnknown:
      outcome.kind = OutcomeKind::kUnknown;
      ++result_.unknown;
      return SkipDependents(action);
    case Verdict::kNotStarted:
      outcome.kind = OutcomeKind::kNotStarted;
      return;
    case Verdict::kCall:
    case Verdict::kLater:
      return;
  }
}

void Coordinator::SkipDependents(model::ActionId action) {
  const std::vector<model::ActionId> skipped = frontier_.Fail(action);
  if (skipped.empty()) return;
  const std::string failed = bench_.Display(action);
  for (const model::ActionId dependent : skipped) {
    const std::string display = bench_.Display(dependent);
    // Both halves of a replacement have the node's name.
    const std::string why =
        display == failed ? "its " + std::string(model::ActionKindName(bench_.Action(action).kind)) + " did not succeed"
                          : "waits for " + failed + ", which did not succeed";
    Skip(dependent, why);
  }
}

void Coordinator::Skip(model::ActionId action, const std::string& why) {
  result_.outcomes[action] = {.kind = OutcomeKind::kSkipped, .message = why};
  // A gate is an order, nothing that a reader waits for.
  if (bench_.Action(action).kind == model::ActionKind::kGate) return;
  ++result_.skipped;
  model::Event& event = bench_.Note(model::EventKind::kActionSkipped, action, bench_.Action(action).incarnation);
  event.message = bench_.Display(action) + " skipped: " + why;
}

void Coordinator::Recycle(Job* job) {
  if (job->kind == JobKind::kGate) {
    gate_.Close(*job);
    --gates_;
  }
  --open_;
  free_.push_back(job);
}

Job* Coordinator::FreshJob() {
  if (free_.empty()) return &jobs_.emplace_back();
  Job* job = free_.back();
  free_.pop_back();
  return job;
}

base::Millis Coordinator::LongestWait() const {
  if (later_.empty()) return kLongestWait;
  return std::clamp(later_.top().first - ports_.clock->Monotonic(), base::Millis(0), kLongestWait);
}

}  // namespace kadende::apply
