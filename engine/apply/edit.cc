// A person's change of state; its face is in run.h.
#include <utility>

#include "engine/apply/holder.h"
#include "engine/apply/publish.h"
#include "engine/apply/recorder.h"
#include "engine/apply/shared_line.h"
#include "engine/base/fault.h"

namespace kadende::apply {
namespace {

using MaybePublished = std::optional<ports::PublishResult>;

class Editor {
 public:
  Editor(const EditRequest& request, const RunPorts& ports)
      : request_(request), ports_(ports), line_(ports, {.actor = request.actor, .reason = "edit"}) {
    run_.id = base::ToBase32(base::RandomBytes(16));
    run_.kind = model::RunKind::kEdit;
    run_.actor = request.actor;
    run_.subject = request.subject;
  }

  base::Result<MaybePublished> Go() {
    if (auto ready = Prepare(); !ready) return tl::unexpected(std::move(ready).error());
    if (changes_.empty()) return MaybePublished();
    auto published = Record();
    if (!published) return tl::unexpected(std::move(published).error());
    if (auto pushed = line_.Push(state_); !pushed) {
      published->warnings.push_back("published here, but not pushed: " + pushed.error().message +
                                    "; the next run pushes it");
    }
    return MaybePublished(std::move(*published));
  }

 private:
  // What is to be changed, and where the state is shared, the claim.
  base::Status Prepare() {
    const base::Millis deadline = ports_.clock->Monotonic() + request_.lock_wait;
    for (;;) {
      if (auto opened = Open(); !opened) return opened;
      if (line_.locked_by().empty()) {
        auto changes = request_.change(state_);
        if (!changes) return tl::unexpected(std::move(changes).error());
        changes_ = std::move(*changes);
        if (changes_.empty() || !line_.active()) return {};
        auto claimed = Claim();
        if (!claimed) return tl::unexpected(std::move(claimed).error());
        if (*claimed) return line_.TakeOver(request_.lineage);
      }
      if (auto waited = line_.WaitForHolder(deadline); !waited) return waited;
    }
  }

  base::Status Open() {
    auto state = ports_.store->Load(request_.lineage);
    if (!state) return tl::unexpected(std::move(state).error());
    state_ = std::move(*state);
    if (auto opened = line_.Open(state_.cluster.name, state_); !opened) return opened;
    // Not a reason to refuse: what is left over goes out with the edit.
    pending_ = !PublishPending(state_, ports_, request_.actor);
    return line_.Settle(state_);
  }

  base::Result<bool> Claim() {
    run_.started_at = ports_.clock->Now();
    model::ClusterState begun = state_;
    for (const model::StateChange& change : changes_) begun.Apply(change);
    begun.cluster.run = run_;
    return line_.Claim(begun, run_.id);
  }

  base::Result<ports::PublishResult> Record() {
    run_.started_at = ports_.clock->Now();
    Recorder recorder(state_, ports_, run_.id, request_.actor);
    if (!pending_) {
      model::ClusterRecord record = state_.cluster;
      record.run = run_;
      recorder.Add(model::ClusterRecorded{std::move(record)});
    }
    for (model::StateChange& change : changes_) recorder.Add(std::move(change));
    base::FaultPoint("apply.edit.before");
    if (auto status = recorder.Commit(); !status) return tl::unexpected(std::move(status).error());
    base::FaultPoint("apply.edit.after");
    if (auto acted = Act(recorder); !acted) return tl::unexpected(std::move(acted).error());
    return Publish(state_, ports_,
                   {.subject = request_.subject, .body = {}, .actor = request_.actor, .run_id = run_.id});
  }

  // What came of it is durable before it is published, or, with an error, before that is told; then the run is closed
  // without a version of its own, and an open intent keeps the claim until the next run has settled it.
  base::Status Act(Recorder& recorder) {
    if (!request_.act) return {};
    EditRequest::Acted acted = request_.act(state_);
    for (model::StateChange& change : acted.changes) recorder.Add(std::move(change));
    if (acted.error && state_.cluster.run && state_.cluster.run->id == run_.id) {
      model::ClusterRecord closed = state_.cluster;
      closed.run.reset();
      recorder.Add(model::ClusterRecorded{std::move(closed)});
    }
    base::FaultPoint("apply.edit.acted.before");
    if (auto status = recorder.Commit(); !status) return status;
    base::FaultPoint("apply.edit.acted.after");
    if (!acted.error) return {};
    if (state_.intents.empty()) line_.Release(state_);
    return tl::unexpected(std::move(*acted.error));
  }

  const EditRequest& request_;
  const RunPorts& ports_;
  SharedLine line_;
  model::Run run_;
  model::ClusterState state_;
  model::StateChanges changes_;
  bool pending_ = false;  // an earlier run is still to be published
};

}  // namespace

base::Result<std::optional<ports::PublishResult>> Edit(const EditRequest& request, const RunPorts& ports) {
  // An empty list of groups: the whole cluster.
  auto lease = ports.leadership->Acquire(
      request.lineage, {}, MakeHolder(ports, request.actor, Purpose(model::RunKind::kEdit)), request.lock_wait);
  if (!lease) return tl::unexpected(std::move(lease).error());
  return Editor(request, ports).Go();
}

}  // namespace kadende::apply
