#include "engine/apply/compact.h"

#include <utility>

#include "engine/apply/holder.h"
#include "engine/apply/publish.h"
#include "engine/apply/shared_line.h"
#include "engine/base/fault.h"
#include "engine/base/text.h"

namespace kadende::apply {
namespace {

using base::ErrorCode;

constexpr const char* kReason = "compact";

class Compactor {
 public:
  Compactor(const CompactionRequest& request, const RunPorts& ports, ports::HistoryCare& care)
      : request_(request), ports_(ports), care_(care), line_(ports, {.actor = request.actor, .reason = kReason}) {}

  base::Result<Compaction> Go() {
    if (auto prepared = Prepare(); !prepared) return tl::unexpected(std::move(prepared).error());
    auto compaction = Compact();
    if (!compaction) line_.Release(state_);
    return compaction;
  }

 private:
  // One line here and at the remote, and where it is shared, the claim.
  base::Status Prepare() {
    const base::Millis deadline = ports_.clock->Monotonic() + request_.lock_wait;
    for (;;) {
      if (auto opened = Open(); !opened) return opened;
      if (line_.locked_by().empty()) {
        if (auto clear = CheckClear(); !clear || !line_.active()) return clear;
        model::ClusterState begun = state_;
        begun.cluster.run = model::Run{};
        begun.cluster.run->id = base::ToBase32(base::RandomBytes(16));
        begun.cluster.run->kind = model::RunKind::kEdit;
        begun.cluster.run->actor = request_.actor;
        begun.cluster.run->subject = "compact " + state_.cluster.name;
        begun.cluster.run->started_at = ports_.clock->Now();
        auto claimed = line_.Claim(begun, begun.cluster.run->id);
        if (!claimed) return tl::unexpected(std::move(claimed).error());
        if (*claimed) return {};
      }
      if (auto waited = line_.WaitForHolder(deadline); !waited) return waited;
    }
  }

  base::Status Open() {
    auto state = ports_.store->Load(request_.lineage);
    if (!state) return tl::unexpected(std::move(state).error());
    state_ = std::move(*state);
    if (auto opened = line_.Open(state_.cluster.name, state_); !opened) return opened;
    if (auto published = PublishPending(state_, ports_, request_.actor); !published) return published;
    return line_.Settle(state_);
  }

  // Creates that are open keep a claim from ending, and a dead run's are for a run that can settle them.
  base::Status CheckClear() const {
    if (!line_.active() || (!line_.takes_over() && state_.intents.empty())) return {};
    return base::Fail(ErrorCode::kConflict, "a run of " + base::EscapeTerminal(state_.cluster.name) +
                                                " did not come to its end: `kadende apply` goes on with it; nothing "
                                                "was left out before that");
  }

  base::Result<Compaction> Compact() {
    if (auto rest = PublishRest(); !rest) return tl::unexpected(std::move(rest).error());
    if (auto known = NoteEarlier(); !known) return tl::unexpected(std::move(known).error());
    const model::Published before{state_.cluster.serial, state_.cluster.commit};
    ports::CompactRequest compact;
    compact.name = state_.cluster.name;
    compact.expected = before.commit;
    compact.keep_from = request_.keep_from;
    compact.now = ports_.clock->Now();
    compact.actor = request_.actor;
    auto compacted = care_.Compact(compact);
    if (!compacted) return tl::unexpected(std::move(compacted).error());
    Compaction compaction{std::move(*compacted), {}};
    if (compaction.result.removed > 0) {
      base::FaultPoint("apply.compact.note.before");
      const model::Published after{compaction.result.published.serial, compaction.result.published.commit};
      if (auto noted = Note(after); !noted) return tl::unexpected(std::move(noted).error());
      base::FaultPoint("apply.compact.note.after");
    }
    auto pushed = line_.Push(state_);
    if (!pushed && pushed.error().code == ErrorCode::kDenied) return TakeBack(before, std::move(pushed).error());
    if (!pushed) compaction.push_error = std::move(pushed).error().message;
    return compaction;
  }

  // What the store has changed since goes out first, or it would count as published by what follows.
  base::Status PublishRest() {
    if (state_.IsPublished()) return {};
    Publication rest;
    rest.subject =
        "edit " + state_.cluster.name + ": what was noted since serial " + std::to_string(state_.cluster.serial);
    rest.actor = request_.actor;
    auto published = Publish(state_, ports_, rest);
    return published ? base::Status() : tl::unexpected(std::move(published).error());
  }

  // One that was killed before the store heard of it.
  base::Status NoteEarlier() {
    auto tip = ports_.history->Tip(state_.cluster.name);
    if (!tip) return tl::unexpected(std::move(tip).error());
    if (!*tip || !ports::IsCompactionOf(**tip, state_.cluster.commit)) return {};
    return Note({(*tip)->serial, (*tip)->id});
  }

  base::Status Note(const model::Published& published) {
    auto noted = ports_.store->Commit(request_.lineage, {published});
    if (noted) state_.Apply(published);
    return noted;
  }

  // A line that nobody else may ever have would part this machine from the others.
  tl::unexpected<base::Error> TakeBack(const model::Published& before, base::Error denied) {
    auto moved = ports_.lines->MoveTo(state_.cluster.name, before.commit);
    auto noted = moved ? Note(before) : base::Status(tl::unexpected(std::move(moved).error()));
    if (!noted) return tl::unexpected(std::move(noted).error());
    denied.message +=
        ". To leave versions out, the remote has to let the branch be replaced (a forced push); here "
        "all is as it was";
    return tl::unexpected(std::move(denied));
  }

  const CompactionRequest& request_;
  const RunPorts& ports_;
  ports::HistoryCare& care_;
  SharedLine line_;
  model::ClusterState state_;
};

}  // namespace

base::Result<Compaction> CompactHistory(const CompactionRequest& request, const RunPorts& ports,
                                        ports::HistoryCare& care) {
  // An empty list of groups: the whole cluster.
  auto lease =
      ports.leadership->Acquire(request.lineage, {}, MakeHolder(ports, request.actor, kReason), request.lock_wait);
  if (!lease) return tl::unexpected(std::move(lease).error());
  return Compactor(request, ports, care).Go();
}

}  // namespace kadende::apply
