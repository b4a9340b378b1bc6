#include "engine/apply/shared_line.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/apply/difference.h"
#include "engine/apply/holder.h"
#include "engine/apply/line_refusals.h"
#include "engine/apply/merge.h"
#include "engine/apply/publish.h"
#include "engine/base/fault.h"
#include "engine/base/text.h"

namespace kadende::apply {
namespace {

using base::ErrorCode;

// Between the attempts of a push that the network did not take. What is not pushed then stays for the next run.
constexpr std::array<base::Millis, 3> kPushPauses = {base::Millis(250), base::Millis(1000), base::Millis(3000)};
constexpr base::Millis kLongestPause = std::chrono::seconds(2);  // between two looks at a holder
constexpr std::uint32_t kNewestEvents = 1000;

bool HasOpenCreates(const model::ClusterState& state) {
  return std::any_of(state.intents.begin(), state.intents.end(),
                     [](const auto& entry) { return entry.second.kind == model::IntentKind::kCreate; });
}

// The local lock and the claim, both.
class JointLease : public ports::Lease {
 public:
  JointLease(ports::Lease& local, ports::ClaimLease* claim) : local_(local), claim_(claim) {}
  bool MayStart() override { return local_.MayStart() && (claim_ == nullptr || claim_->MayStart()); }

 private:
  ports::Lease& local_;
  ports::ClaimLease* claim_;
};

}  // namespace

base::Result<LineSides> SidesOf(const model::ClusterState& state, const std::optional<ports::CommitSummary>& tip,
                                ports::Lines& lines) {
  LineSides sides;
  sides.lineage = state.cluster.lineage;
  sides.serial = state.cluster.serial;
  sides.commit = state.cluster.commit;
  sides.tip = tip;
  auto marked = lines.Marked(state.cluster.name);
  if (!marked) return tl::unexpected(std::move(marked).error());
  sides.marked = std::move(*marked);
  if (!tip || tip->id == sides.commit) {
    if (!tip || !sides.marked || sides.marked->id == tip->id) return sides;
  }
  const std::uint64_t lowest = std::min(sides.serial, sides.marked ? sides.marked->serial : sides.serial);
  auto theirs = lines.Line(tip->id, lowest);
  if (!theirs) return tl::unexpected(std::move(theirs).error());
  sides.theirs = std::move(*theirs);
  if (sides.commit.empty()) return sides;
  auto ours = lines.Line(sides.commit, tip->serial);
  if (!ours) return tl::unexpected(std::move(ours).error());
  sides.ours = std::move(*ours);
  return sides;
}

base::Status SharedLine::Look() {
  const base::TimePoint now = ports_.clock->Now();
  locked_by_.clear();
  replaces_.clear();
  taken_over_.clear();
  lost_.reset();
  fresh_ = false;
  std::optional<ports::RemoteView> known;
  if (options_.lazy) {
    auto last = ports_.remote->Known(cluster_);
    if (last) known = std::move(*last);
    // A claim may have gone since: that is looked at again.
    if (known && !known->claim && now >= known->fetched_at && now - known->fetched_at < kFreshFor) {
      view_ = std::move(*known);
      return {};
    }
  }
  auto fetched = ports_.remote->Fetch(cluster_);
  if (fetched) {
    view_ = std::move(*fetched);
    fresh_ = true;
    return {};
  }
  const bool bear_it = options_.lazy || (ports_.unclaimed_when_lost && base::IsRetryable(fetched.error().code));
  if (!bear_it) {
    return base::Wrap(std::move(fetched).error(),
                      "the state is shared, and its remote cannot be asked; nothing was done (`kadende plan` shows "
                      "what is known)");
  }
  lost_ = std::move(fetched).error();
  if (!known) {
    if (auto last = ports_.remote->Known(cluster_)) known = std::move(*last);
  }
  view_ = known ? std::move(*known) : ports::RemoteView{};
  return {};
}

base::Status SharedLine::Open(const std::string& cluster, model::ClusterState& state) {
  if (!active()) return {};
  cluster_ = cluster;
  if (auto looked = Look(); !looked) return looked;
  if (lost_ && view_.fetched_at == base::TimePoint{}) return {};  // nothing was ever known of it
  if (state.IsNew()) return view_.tip ? TakeTheirs(state) : base::Status{};
  auto sides = SidesOf(state, view_.tip, *ports_.lines);
  if (!sides) return tl::unexpected(std::move(sides).error());
  relation_ = Relate(*sides);
  switch (relation_) {
    case Relation::kSame:
      if (auto back = BringBack(); !back) return back;
      return sides->marked ? base::Status{} : ports_.lines->Mark(cluster_, view_.tip->id);
    case Relation::kAbsent:
    case Relation::kAhead:
      return {};
    case Relation::kBehind:
    case Relation::kMoved:
      return TakeTheirs(state);
    case Relation::kRewound:
      if (options_.take_remote && view_.tip) return TakeTheirs(state);
      return Rewound(view_.address, *sides);
    case Relation::kForeign:
      break;
  }
  return Foreign(cluster_, view_.address, *sides);
}

// A history that was lost here is what was fetched; else the next version would begin the line anew.
base::Status SharedLine::BringBack() {
  auto here = ports_.history->Tip(cluster_);
  if (!here) return tl::unexpected(std::move(here).error());
  if (*here) return {};
  auto moved = ports_.lines->MoveTo(cluster_, view_.tip->id);
  base::FaultPoint("apply.bringback.after");
  return moved ? base::Status() : tl::unexpected(std::move(moved).error());
}

// What nothing is known of here may be a cluster that has another name here.
base::Status SharedLine::CheckUnknown(const model::ClusterState& theirs) const {
  auto clusters = ports_.store->Clusters();
  if (!clusters) return tl::unexpected(std::move(clusters).error());
  for (const ports::ClusterSummary& cluster : *clusters) {
    if (cluster.lineage != theirs.cluster.lineage) continue;
    return base::Fail(ErrorCode::kConflict,
                      "the cluster " + base::EscapeTerminal(cluster_) + " on " + view_.address +
                          " is the one that this state knows as " + base::EscapeTerminal(cluster.name) +
                          ": it was renamed elsewhere. Move the state directory away; the next plan reads it anew");
  }
  return {};
}

// The remote's version becomes ours. The branch moves before the store hears of it: killed in between, all of this is
// found again and done again.
base::Status SharedLine::TakeTheirs(model::ClusterState& state) {
  auto theirs = ports_.remote->Read(cluster_, view_.tip->id);
  if (!theirs) return tl::unexpected(std::move(theirs).error());
  if (state.IsNew()) {
    if (auto unknown = CheckUnknown(theirs->state); !unknown) return unknown;
  }
  Merged merged = Merge(state, theirs->state, ports_.clock->Now());
  if (merged.Loses()) {
    const bool gives_way = options_.take_remote || (options_.heals && merged.leaving.empty());
    if (!gives_way) return Lost(merged, view_.address);
    // Kept as a commit, so that a person can look at it.
    if (auto published = PublishPending(state, ports_, options_.actor); !published) return published;
  }
  base::FaultPoint("apply.pull.before");
  auto stranded = ports_.lines->MoveTo(cluster_, view_.tip->id);
  if (!stranded) return tl::unexpected(std::move(stranded).error());
  base::FaultPoint("apply.pull.branch.after");
  model::StateChanges changes = ReplaceBy(state, theirs->state);
  std::move(merged.changes.begin(), merged.changes.end(), std::back_inserter(changes));
  model::Event event;
  event.time = ports_.clock->Now();
  event.kind = model::EventKind::kStatePulled;
  event.cluster = cluster_;
  event.actor = options_.actor;
  event.message = "went on from " + Describe(*view_.tip) + " of " + view_.address;
  if (!stranded->empty()) event.message += "; our own line is kept as " + *stranded;
  changes.emplace_back(model::EventRecorded{event});
  const model::Lineage& lineage = theirs->state.cluster.lineage;
  if (auto status = ports_.store->Commit(lineage, changes); !status) return status;
  base::FaultPoint("apply.pull.after");
  if (ports_.observer != nullptr) ports_.observer->OnEvent(event);
  for (const model::StateChange& change : changes) state.Apply(change);
  return ports_.lines->Mark(cluster_, view_.tip->id);
}

SharedLine::Own SharedLine::OwnRun(const ports::RunClaim& claim, const model::ClusterState& state) const {
  if (claim.run_id.empty()) return Own::kNo;
  if (state.cluster.run && state.cluster.run->id == claim.run_id) return Own::kBegun;
  for (const auto& [key, intent] : state.intents) {
    if (intent.run_id == claim.run_id) return Own::kBegun;
  }
  // Noted before the claim was made: its process may have died at once.
  ports::EventQuery query;
  query.lineage = claim.lineage;
  query.limit = kNewestEvents;
  const auto events = ports_.store->Events(query);
  Own own = Own::kNo;
  if (!events) return own;
  for (const model::Event& event : *events) {
    if (event.run_id != claim.run_id) continue;
    if (event.kind != model::EventKind::kRunClaimed) return Own::kBegun;
    own = Own::kAsked;
  }
  return own;
}

// Our run that died before the store heard anything of it: what it had taken over from another is in its claim alone.
// What it would have created itself was not begun.
base::Status SharedLine::Remember(const ports::RunClaim& claim, model::ClusterState& state) {
  auto held = ports_.remote->Read(cluster_, claim.commit);
  if (!held) return tl::unexpected(std::move(held).error());
  std::erase_if(held->state.intents, [&](const auto& entry) { return entry.second.run_id == claim.run_id; });
  taken_over_ = Merge(held->state, state, ports_.clock->Now()).changes;
  for (const model::StateChange& change : taken_over_) state.Apply(change);
  return {};
}

base::Status SharedLine::JudgeClaim(model::ClusterState& state) {
  if (!view_.claim) return {};
  const ports::RunClaim& claim = *view_.claim;
  if (const Own own = OwnRun(claim, state); own != Own::kNo) {
    replaces_ = claim.commit;
    return own == Own::kBegun ? base::Status() : Remember(claim, state);
  }
  if (!claim.IsExpired(ports_.clock->Now())) {
    locked_by_ = HeldBy(cluster_, claim);
    return {};
  }
  auto held = ports_.remote->Read(cluster_, claim.commit);
  if (!held) return tl::unexpected(std::move(held).error());
  replaces_ = claim.commit;
  const bool same_base = claim.base == state.cluster.commit;
  held->state.cluster.run.reset();  // its run id is its holder's, who may only have been asleep
  if (same_base) {
    held->state.cluster.serial = state.cluster.serial;
    held->state.cluster.commit = state.cluster.commit;
  }
  taken_over_ = same_base ? Difference(state, held->state) : Merge(held->state, state, ports_.clock->Now()).changes;
  model::Event event;
  event.time = ports_.clock->Now();
  event.kind = model::EventKind::kRunTakenOver;
  event.cluster = cluster_;
  event.run_id = claim.run_id;
  event.actor = options_.actor;
  event.message = "took over the run of " + claim.holder.actor + " on " + claim.host + ", whose lock expired at " +
                  base::FormatRfc3339(claim.renewed + claim.lifetime);
  taken_over_.emplace_back(model::EventRecorded{std::move(event)});
  for (const model::StateChange& change : taken_over_) state.Apply(change);
  return {};
}

base::Status SharedLine::Settle(model::ClusterState& state) {
  if (!active()) return {};
  if (auto judged = JudgeClaim(state); !judged) return judged;
  // A claim that is taken over is replaced by ours: what is ahead goes out with the outcome.
  if (lost_ || !locked_by_.empty() || takes_over() || state.IsNew()) return {};
  if (HasOpenCreates(state) || !fresh_) return {};
  if (state.cluster.commit == TipId() && replaces_.empty()) return {};
  if (state.cluster.commit == TipId()) {
    if (auto released = ports_.remote->Release(cluster_, replaces_); !released) return released;
    replaces_.clear();
    return {};
  }
  if (state.cluster.commit.empty() || state.cluster.run) return {};  // could not be published: with the outcome
  auto pushed = Push(state);
  return pushed ? pushed
                : base::Wrap(std::move(pushed).error(), "what an earlier run did has to be known to the remote first");
}

base::Result<bool> SharedLine::Claim(const model::ClusterState& begun, const std::string& run_id) {
  if (!active()) return true;
  if (lost_) {
    if (ports_.unclaimed_when_lost) return true;
    return base::Wrap(*lost_, "there is something to do, but the state is shared and its remote cannot be asked");
  }
  const base::TimePoint now = ports_.clock->Now();
  model::Event event;
  event.time = now;
  event.kind = model::EventKind::kRunClaimed;
  event.cluster = cluster_;
  event.run_id = run_id;
  event.actor = options_.actor;
  event.message = "asks " + view_.address + " for the lock";
  if (auto noted = ports_.store->Commit(begun.cluster.lineage, {model::EventRecorded{event}}); !noted) {
    return tl::unexpected(std::move(noted).error());
  }
  ports::ClaimRequest request;
  request.state = &begun;
  request.holder = MakeHolder(ports_, options_.actor, options_.reason);
  request.run_id = run_id;
  request.expected = replaces_;
  request.tip = TipId();
  request.lifetime = ports_.run_lifetime;
  base::FaultPoint("apply.claim.before");
  auto claim = ports_.remote->Claim(request);
  if (!claim && claim.error().code == ErrorCode::kConflict) {
    LookWhoWasFaster();
    return false;
  }
  if (!claim) return tl::unexpected(std::move(claim).error());
  base::FaultPoint("apply.claim.after");
  claim_ = std::move(*claim);
  return true;
}

// For whoever is refused or waits. Nobody may hold it any more: then the other has come and gone.
void SharedLine::LookWhoWasFaster() {
  const auto seen = ports_.remote->Fetch(cluster_);
  if (seen && seen->claim && !seen->claim->IsExpired(ports_.clock->Now())) locked_by_ = HeldBy(cluster_, *seen->claim);
}

base::Status SharedLine::TakeOver(const model::Lineage& lineage) {
  if (taken_over_.empty()) return {};
  base::FaultPoint("apply.takeover.before");
  auto status = ports_.store->Commit(lineage, taken_over_);
  base::FaultPoint("apply.takeover.after");
  if (!status) return status;
  if (ports_.observer != nullptr) {
    for (const model::StateChange& change : taken_over_) {
      if (const auto* recorded = std::get_if<model::EventRecorded>(&change)) ports_.observer->OnEvent(recorded->event);
    }
  }
  taken_over_.clear();
  return {};
}

base::Status SharedLine::WaitForHolder(base::Millis deadline) {
  const std::string why = locked_by_.empty() ? "cluster " + base::EscapeTerminal(cluster_) +
                                                   " is busy: other runs took its lock each time it was asked for"
                                             : locked_by_;
  const base::Millis left = deadline - ports_.clock->Monotonic();
  if (left <= base::Millis(0) || !ports_.pause || !ports_.pause(std::min(left, pause_), why)) {
    return base::Fail(ErrorCode::kConflict, why);
  }
  pause_ = std::min(pause_ * 2, kLongestPause);
  return {};
}

std::unique_ptr<ports::Lease> SharedLine::Guard(ports::Lease& local) const {
  return std::make_unique<JointLease>(local, claim_.get());
}

base::Status SharedLine::Push(const model::ClusterState& state) {
  if (!active()) return {};
  if (HasOpenCreates(state)) {
    // The run ref is where others find them; it stays until they are settled, here or by whoever takes it over.
    claim_.reset();
    return base::Fail(ErrorCode::kUnavailable,
                      "creates whose outcome is open keep the lock until they are settled or it expires");
  }
  if (state.cluster.commit == TipId()) {
    Release(state);
    return {};
  }
  if (lost_) return tl::unexpected<base::Error>(*lost_);
  base::FaultPoint("apply.push.before");
  const auto push = [&] {
    return ports_.remote->Push(cluster_, TipId(), state.cluster.commit, claim_ ? claim_->Current().commit : replaces_);
  };
  base::Status pushed = push();
  for (const base::Millis pause : kPushPauses) {
    if (pushed || !base::IsRetryable(pushed.error().code) || !ports_.pause) break;
    if (!ports_.pause(pause, "the state could not be pushed: " + pushed.error().message)) break;
    pushed = push();
  }
  base::FaultPoint("apply.push.after");
  // The run ref, where it is left, stays until it expires or we come back. A definite no leaves the claim ours.
  if (pushed || pushed.error().code != ErrorCode::kDenied) claim_.reset();
  if (!pushed) return pushed;
  replaces_.clear();
  ports::CommitSummary tip;
  tip.id = state.cluster.commit;
  tip.serial = state.cluster.serial;
  tip.lineage = state.cluster.lineage;
  view_.tip = std::move(tip);
  auto marked = ports_.lines->Mark(cluster_, state.cluster.commit);
  base::FaultPoint("apply.pushed.after");
  return marked;
}

void SharedLine::Release(const model::ClusterState& state) {
  if (!claim_) return;
  if (HasOpenCreates(state)) return claim_.reset();
  // Where that fails, it expires.
  [[maybe_unused]] const auto released = ports_.remote->Release(cluster_, claim_->Current().commit);
  claim_.reset();
}

}  // namespace kadende::apply
