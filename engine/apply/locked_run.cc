#include "engine/apply/locked_run.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "engine/apply/abandon.h"
#include "engine/apply/approval.h"
#include "engine/apply/claim_state.h"
#include "engine/apply/has_work.h"
#include "engine/apply/holder.h"
#include "engine/apply/publish.h"
#include "engine/apply/recorder.h"
#include "engine/apply/run_secrets.h"
#include "engine/apply/shared_line.h"
#include "engine/apply/tally.h"
#include "engine/apply/targets.h"
#include "engine/apply/trailers.h"
#include "engine/base/fault.h"
#include "engine/base/text.h"
#include "engine/model/plan_compare.h"
#include "engine/model/plan_record.h"

namespace kadende::apply {
namespace {

using base::ErrorCode;
using model::EventKind;

std::string RandomId() {
  return base::ToBase32(base::RandomBytes(16));
}

LineOptions LineOptionsOf(const RunRequest& request) {
  LineOptions options;
  options.actor = request.execute.actor;
  options.reason = Purpose(request.kind);
  options.lazy = options.heals = request.plan.heal_only;
  return options;
}

// One run, step by step; members are what the steps hand on.
class LockedRun {
 public:
  LockedRun(const RunRequest& request, const RunPorts& ports, ports::Lease& lease)
      : request_(request),
        ports_(ports),
        lease_(lease),
        execute_(request.execute),
        lineage_(request.lineage),
        secrets_(ports.secrets),
        line_(ports, LineOptionsOf(request)) {
    if (execute_.run_id.empty()) execute_.run_id = RandomId();
    execute_.secrets = &secrets_;
  }

  base::Result<RunResult> Go();
  [[nodiscard]] model::ClusterState TakeState() { return std::move(planned_.state); }
  // After an error: a claim under which nothing was begun holds nobody up.
  void GiveUp() {
    if (!begun_ && !took_over_) line_.Release(planned_.state);
  }

 private:
  [[nodiscard]] base::Status Prepare();
  [[nodiscard]] base::Result<bool> Claim();
  [[nodiscard]] base::Status MakeLineage();
  void Share();
  [[nodiscard]] base::Result<model::ClusterState> Open();
  [[nodiscard]] base::Result<model::ClusterState> PublishLeftOver(model::ClusterState left);
  [[nodiscard]] base::Status PlanAgain(model::ClusterState state);
  [[nodiscard]] std::string Conclusion() const;
  [[nodiscard]] base::Status CommitJudged();
  [[nodiscard]] base::Status CommitSettled();
  [[nodiscard]] base::Status Refuse();
  [[nodiscard]] base::Status CheckFresh();
  [[nodiscard]] base::Status ReadSecrets();
  [[nodiscard]] bool HasWork() const { return apply::HasWork(planned_, request_.plan); }
  [[nodiscard]] bool HeaderChanges() const { return apply::HeaderChanges(planned_, request_.plan); }
  void NotPublished(base::Error error);
  void DescribeRun(const model::ChangeCounts& counts);
  [[nodiscard]] base::Status Begin();
  [[nodiscard]] base::Status Act();
  [[nodiscard]] bool IsQuiet() const;
  void Finish();
  [[nodiscard]] base::TimePoint Now() const { return ports_.clock->Now(); }
  [[nodiscard]] Recorder MakeRecorder() { return Recorder(planned_.state, ports_, execute_.run_id, execute_.actor); }

  const RunRequest& request_;
  const RunPorts& ports_;
  ports::Lease& lease_;
  ExecuteOptions execute_;
  model::Lineage lineage_;  // empty as long as the store does not have the cluster
  RunSecrets secrets_;
  std::unique_ptr<ports::Lease> new_lease_;  // of a lineage that this run makes
  plan::Planned planned_;
  std::optional<model::Run> pending_;  // an earlier run that could not be published yet
  SharedLine line_;
  model::Run run_;
  bool settled_rows_ = false;
  bool begun_ = false;      // the store has something of this run
  bool took_over_ = false;  // another machine's dead run
  RunResult result_;
};

base::Result<RunResult> LockedRun::Go() {
  if (auto prepared = Prepare(); !prepared) return tl::unexpected(std::move(prepared).error());
  if (!result_.locked_out.empty()) return std::move(result_);
  if (auto judged = CommitJudged(); !judged) return tl::unexpected(std::move(judged).error());
  if (auto settled = CommitSettled(); !settled) return tl::unexpected(std::move(settled).error());
  if (auto refused = line_.active() ? base::Status{} : Refuse(); !refused) {
    if (settled_rows_) Finish();
    return tl::unexpected(std::move(refused).error());
  }
  result_.lineage = planned_.state.cluster.lineage;
  const bool work = HasWork();
  result_.nothing_to_do = !work;
  // A new text that changes nothing is recorded without asking: nothing is done.
  result_.declined = work && request_.approve && !request_.approve(planned_.plan);
  if (result_.declined || (!work && !HeaderChanges() && !took_over_)) {
    if (planned_.state.cluster.run) Finish();
  } else {
    if (auto read = ReadSecrets(); !read) {
      if (planned_.state.cluster.run) Finish();
      return tl::unexpected(std::move(read).error());
    }
    if (auto begun = Begin(); !begun) return tl::unexpected(std::move(begun).error());
    if (auto acted = Act(); !acted) return tl::unexpected(std::move(acted).error());
    if (!IsQuiet()) Finish();
  }
  Share();
  result_.plan = std::move(planned_.plan);
  return std::move(result_);
}

// Looks and plans. Where the state is shared and there is something to do, also takes the claim; all over again as long
// as others are faster.
base::Status LockedRun::Prepare() {
  const base::Millis deadline = ports_.clock->Monotonic() + request_.lock_wait;
  for (;;) {
    auto state = Open();
    if (!state) return tl::unexpected(std::move(state).error());
    bool claimed = line_.locked_by().empty();
    if (claimed) {
      if (auto planned = PlanAgain(std::move(*state)); !planned) return planned;
      auto tried = Claim();
      if (!tried) return tl::unexpected(std::move(tried).error());
      claimed = *tried;
    }
    if (claimed) return {};
    if (line_.locked_by().empty() && line_.NoLongerLazy()) continue;
    auto waited = line_.WaitForHolder(deadline);
    if (waited) continue;
    if (request_.kind != model::RunKind::kWatch || waited.error().code != ErrorCode::kConflict) return waited;
    result_.locked_out = std::move(waited).error().message;
    return {};
  }
}

// True also where there is nothing to do. Nothing has changed before, in the store or elsewhere.
base::Result<bool> LockedRun::Claim() {
  if (!line_.active()) return true;
  if (auto refused = Refuse(); !refused) return tl::unexpected(std::move(refused).error());
  const bool begins = HasWork() || HeaderChanges();
  if (!begins && planned_.view.settled.empty() && Conclusion().empty() && !line_.takes_over() &&
      !planned_.state.cluster.run)
    return true;
  if (!line_.fresh()) return false;
  took_over_ = line_.takes_over();
  new_lease_.reset();
  if (auto made = MakeLineage(); !made) return tl::unexpected(std::move(made).error());
  DescribeRun(planned_.plan.counts);
  auto claimed = line_.Claim(ClaimState(planned_, request_.plan, run_, begins, Now()), run_.id);
  if (!claimed || !*claimed) return claimed;
  if (auto taken = line_.TakeOver(planned_.state.cluster.lineage); !taken) {
    return tl::unexpected(std::move(taken).error());
  }
  return true;
}

// What a killed run left unpublished is published under that run's own name, before anything new is looked at.
base::Result<model::ClusterState> LockedRun::Open() {
  auto state =
      lineage_.empty() ? base::Result<model::ClusterState>(model::ClusterState{}) : ports_.store->Load(lineage_);
  if (!state) return state;
  const std::string& name = state->IsNew() ? request_.spec->name : state->cluster.name;
  if (auto opened = line_.Open(name, *state); !opened) return tl::unexpected(std::move(opened).error());
  lineage_ = state->cluster.lineage;  // it may have come from the remote just now
  state = PublishLeftOver(std::move(*state));
  if (!state) return state;
  if (auto settled = line_.Settle(*state); !settled) return tl::unexpected(std::move(settled).error());
  return state;
}

base::Result<model::ClusterState> LockedRun::PublishLeftOver(model::ClusterState left) {
  base::Result<model::ClusterState> state = std::move(left);
  auto published = PublishPending(*state, ports_, execute_.actor);
  if (published) return state;
  // A history that cannot be written does not keep machines from being healed: it is tried again at the end. What the
  // store has decides, for the error may have been its own.
  NotPublished(std::move(published).error());
  state = ports_.store->Load(state->cluster.lineage);
  if (state) pending_ = state->cluster.run;
  return state;
}

base::Status LockedRun::PlanAgain(model::ClusterState state) {
  plan::PlanOptions options = request_.plan;
  if (request_.compare_secrets) CompareSecrets(secrets_, lineage_, options);
  options.refresh.stop = execute_.drain;
  auto planned = plan::MakePlan(request_.spec, std::move(state), *ports_.providers, options, Now());
  if (!planned) return tl::unexpected(std::move(planned).error());
  planned_ = std::move(*planned);
  if (planned_.plan.abandons_run && !RestoreSpec(planned_.state, *ports_.history, &planned_.desired)) {
    planned_.plan.notes.emplace_back("no earlier file is in the history; the abandoned one stays recorded");
  }
  return {};
}

// A rollout that a pass found finished, or takes back, moves current or target: everybody else has to know.
std::string LockedRun::Conclusion() const {
  for (const model::StateChange& change : planned_.view.judged) {
    const auto* recorded = std::get_if<model::EventRecorded>(&change);
    if (recorded == nullptr) continue;
    const EventKind kind = recorded->event.kind;
    if (kind == EventKind::kRolloutFinished || kind == EventKind::kRolloutTakenBack) return recorded->event.message;
  }
  return {};
}

// Brakes and their events: working state, which goes out with the next version. A conclusion is a version of its own.
base::Status LockedRun::CommitJudged() {
  model::StateChanges changes = planned_.view.judged;
  if (changes.empty() || planned_.state.IsNew()) return {};
  if (const std::string conclusion = Conclusion(); !conclusion.empty()) {
    DescribeRun({});
    run_.subject = std::string(Purpose(request_.kind)) + " " + planned_.state.cluster.name + ": " + conclusion;
    planned_.state.cluster.run = run_;
    changes.emplace_back(model::ClusterRecorded{planned_.state.cluster});
    planned_.state.Apply(changes.back());
    begun_ = settled_rows_ = true;
  }
  base::FaultPoint("apply.judged.before");
  auto status = ports_.store->Commit(planned_.state.cluster.lineage, changes);
  base::FaultPoint("apply.judged.after");
  if (!status || ports_.observer == nullptr) return status;
  for (const model::StateChange& change : changes) {
    if (const auto* recorded = std::get_if<model::EventRecorded>(&change)) ports_.observer->OnEvent(recorded->event);
  }
  return {};
}

// The plan was made on a state in which what the listing settled is settled: make it so in the store. Where instances
// were found or are gone, that is a run, open until it is published.
base::Status LockedRun::CommitSettled() {
  if (planned_.view.settled.empty() || planned_.state.IsNew()) return {};
  model::StateChanges changes = planned_.view.settled;
  Tally(planned_.plan, changes).Close(&result_.execution.done);
  settled_rows_ = settled_rows_ || std::any_of(changes.begin(), changes.end(), ChangesRows);
  if (settled_rows_) {
    DescribeRun(result_.execution.done);
    planned_.state.cluster.run = run_;
    changes.emplace_back(model::ClusterRecorded{planned_.state.cluster});
    planned_.state.Apply(changes.back());
  }
  model::Event event;
  event.time = Now();
  event.kind = EventKind::kIntentSettled;
  event.cluster = planned_.state.cluster.name;
  event.run_id = execute_.run_id;
  event.actor = execute_.actor;
  event.message = base::Count(planned_.view.settled.size(), "outcome") + " of earlier runs found by listing";
  changes.emplace_back(model::EventRecorded{event});
  begun_ = true;
  base::FaultPoint("apply.settled.before");
  auto status = ports_.store->Commit(planned_.state.cluster.lineage, changes);
  base::FaultPoint("apply.settled.after");
  if (status && ports_.observer != nullptr) ports_.observer->OnEvent(event);
  return status;
}

// Everything that can be known before the first side effect.
base::Status LockedRun::Refuse() {
  if (planned_.plan.diagnostics.HasErrors()) {
    return base::Fail(ErrorCode::kInvalid, base::Render(planned_.plan.diagnostics));
  }
  // Found out later, it would keep this cluster from ever being published again.
  if (!planned_.plan.renamed_from.empty()) {
    if (line_.active()) {
      return base::Fail(ErrorCode::kInvalid,
                        "a cluster whose state is shared cannot be renamed: other machines look for it under its name. "
                        "Keep the name " +
                            planned_.plan.renamed_from +
                            "; or, while nobody else acts, `kadende apply --state-remote none` renames it here, "
                            "`kadende state push --state-remote REMOTE` shares it under the new name, and the old "
                            "branch is yours to delete");
    }
    auto free = CheckNewName(planned_.plan.cluster, planned_.state.cluster.lineage, *ports_.history);
    if (!free) return free;
  }
  if (auto fresh = CheckFresh(); !fresh) return fresh;
  return CheckApproval(planned_.plan, request_.approved);
}

// Nodes that were healed since the review are the same nodes; they are named in the plan, and so in the history.
base::Status LockedRun::CheckFresh() {
  if (request_.reviewed == nullptr) return {};
  model::PlanComparison compared = model::ComparePlans(*request_.reviewed, planned_.plan);
  if (!compared.differences.empty()) {
    return base::Fail(ErrorCode::kConflict, "the world moved since the plan was made; plan again:\n  " +
                                                base::Join(compared.differences, "\n  "));
  }
  auto& notes = planned_.plan.notes;
  std::move(compared.rebound.begin(), compared.rebound.end(), std::back_inserter(notes));
  return {};
}

// Before the first side effect, and no more of them than the plan needs. One group that lacks its secrets must not keep
// watch from healing the others; of that group nothing is touched, for what would be destroyed could not come back.
base::Status LockedRun::ReadSecrets() {
  auto problems = secrets_.Gather(planned_, *ports_.providers);
  if (problems.empty()) return {};
  if (request_.plan.heal_only) {
    for (model::PlanGroup& group : planned_.plan.groups) {
      const auto problem = problems.find(group.path);
      if (problem != problems.end() && group.frozen.empty()) group.frozen = problem->second;
    }
    execute_.blocked = std::move(problems);
    return {};
  }
  std::string message = "secrets that this run needs cannot be had; nothing was done:";
  for (const auto& [path, problem] : problems) message += "\n  group `" + path + "`: " + problem;
  return base::Fail(ErrorCode::kInvalid, std::move(message));
}

// The run keeps the id of one that is still to be published: only by that id the history knows again a commit that the
// store did not hear of.
void LockedRun::DescribeRun(const model::ChangeCounts& counts) {
  const std::optional<model::Run>& open = planned_.state.cluster.run;
  run_.id = open ? open->id : execute_.run_id;
  run_.kind = request_.kind;
  run_.actor = execute_.actor;
  run_.started_at = Now();
  run_.plan = model::PlanRecord(planned_.plan);
  run_.subject =
      Subject(request_.kind, planned_.desired.cluster_name, counts, kSettingsOnly, RollbackSerial(planned_.plan));
  if (request_.describe) run_.plan_text = request_.describe(planned_.plan);
  if (pending_) run_.plan_text += "\nWith what an earlier run left unpublished: " + pending_->subject + "\n";
}

// In memory alone; the lineage's lock is taken where so far only the name's is held.
base::Status LockedRun::MakeLineage() {
  model::ClusterState& state = planned_.state;
  if (state.IsNew()) state.cluster.lineage = model::NewLineage();
  if (request_.lineage.empty() && !new_lease_) {
    auto lease = ports_.leadership->Acquire(state.cluster.lineage, {}, MakeHolder(ports_, execute_.actor, "apply"),
                                            request_.lock_wait);
    if (!lease) return tl::unexpected(std::move(lease).error());
    new_lease_ = std::move(*lease);
  }
  if (state.cluster.id.empty()) state.cluster.id = RandomId();
  result_.lineage = state.cluster.lineage;
  return {};
}

// Lineage, id, open run, targets: one commit, before the first side effect.
base::Status LockedRun::Begin() {
  if (auto made = MakeLineage(); !made) return made;
  model::ClusterState& state = planned_.state;
  DescribeRun(planned_.plan.counts);
  Recorder recorder = MakeRecorder();
  RecordOpening(planned_, request_.plan, run_, run_.started_at, recorder, state);
  begun_ = true;
  base::FaultPoint("apply.target.before");
  auto status = recorder.Commit();
  base::FaultPoint("apply.target.after");
  return status;
}

base::Status LockedRun::Act() {
  const std::unique_ptr<ports::Lease> guard = line_.Guard(lease_);
  auto executed = Execute(planned_, ports_, *guard, execute_);
  if (!executed) return tl::unexpected(std::move(executed).error());
  result_.execution = std::move(*executed);
  const base::TimePoint now = Now();
  Recorder recorder = MakeRecorder();
  RecordClosing(planned_, request_.plan, result_.execution, now, recorder, planned_.state);
  const bool complete = result_.execution.Complete();
  run_.subject = Subject(request_.kind, planned_.state.cluster.name, result_.execution.done,
                         complete ? kSettingsOnly : kNothingDone, RollbackSerial(planned_.plan));
  if (!complete) run_.subject += " (unfinished)";
  recorder.Note(result_.execution.interrupted ? EventKind::kRunInterrupted : EventKind::kRunFinished, now).message =
      run_.subject;
  if (IsQuiet()) {
    model::ClusterRecord closed = planned_.state.cluster;
    closed.run.reset();
    recorder.Add(model::ClusterRecorded{std::move(closed)});
  }
  base::FaultPoint("apply.close.before");
  auto status = recorder.Commit();
  base::FaultPoint("apply.close.after");
  return status;
}

// A pass of watch that came to nothing is in the events; what it noted beside goes out with the next version.
bool LockedRun::IsQuiet() const {
  const ExecuteResult& came = result_.execution;
  return request_.plan.heal_only && !pending_ && !settled_rows_ && !took_over_ && !came.changed_rows &&
         !came.done.Any();
}

// What was published goes to the remote, and the claim ends. What could not be published stays ours to push.
void LockedRun::Share() {
  if (!line_.claimed() && !result_.published) return;
  if (!result_.publish_error.empty() || (took_over_ && !result_.published)) return;
  if (auto pushed = line_.Push(planned_.state); !pushed) result_.push_error = std::move(pushed).error().message;
}

void LockedRun::NotPublished(base::Error error) {
  result_.history_damaged = error.code == ErrorCode::kCorrupt;
  result_.publish_error = std::move(error.message);
}

// The run itself succeeded or failed before this; what goes wrong here is said beside, and mended by the next run.
void LockedRun::Finish() {
  if (run_.id.empty() && pending_) {
    if (auto published = PublishPending(planned_.state, ports_, execute_.actor); published) {
      result_.publish_error.clear();
    } else {
      NotPublished(std::move(published).error());
    }
    return;
  }
  auto published = Publish(planned_.state, ports_,
                           {.subject = run_.subject,
                            .body = run_.plan_text,
                            .actor = execute_.actor,
                            .plan = run_.plan,
                            .run_id = execute_.run_id,
                            .trailers = TrailersOf(planned_.plan)});
  if (published) {
    result_.published = std::move(*published);
    result_.publish_error.clear();
  } else {
    NotPublished(std::move(published).error());
  }
}

}  // namespace

base::Result<RunResult> RunLocked(const RunRequest& request, const RunPorts& ports, ports::Lease& lease,
                                  model::ClusterState* after) {
  LockedRun run(request, ports, lease);
  auto result = run.Go();
  if (!result) run.GiveUp();
  if (after != nullptr) *after = run.TakeState();
  return result;
}

}  // namespace kadende::apply
