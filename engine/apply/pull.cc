#include "engine/apply/pull.h"

#include <utility>

#include "engine/apply/holder.h"
#include "engine/apply/merge.h"
#include "engine/apply/publish.h"
#include "engine/apply/shared_line.h"
#include "engine/base/text.h"

namespace kadende::apply {
namespace {

using base::ErrorCode;

constexpr base::Millis kOver{1};  // the lifetime of a lock that was broken

base::Result<std::unique_ptr<ports::Lease>> Lock(const std::string& lineage, const std::string& cluster,
                                                 const std::string& actor, const char* reason, base::Millis wait,
                                                 const RunPorts& ports) {
  return ports.leadership->Acquire(lineage.empty() ? "new:" + cluster : lineage, {}, MakeHolder(ports, actor, reason),
                                   wait);
}

base::Result<model::ClusterState> Load(const std::string& lineage, const RunPorts& ports) {
  if (lineage.empty()) return model::ClusterState{};
  return ports.store->Load(lineage);
}

void TellOfClaim(const ports::RunClaim& claim, base::TimePoint now, SharedLook& look) {
  const std::string who = base::EscapeTerminal(claim.holder.actor) + " on " + base::EscapeTerminal(claim.host) + " (" +
                          base::EscapeTerminal(claim.holder.reason) + ")";
  look.notes.push_back(claim.IsExpired(now)
                           ? "a run of " + who + ", begun " + base::FormatRfc3339(claim.holder.since) +
                                 ", did not come to its end: the next run takes it over"
                           : "a run of " + who + " has been under way since " +
                                 base::FormatRfc3339(claim.holder.since) + "; this is what it is moving to");
}

// What a claim is about, as it stands on the branch's tip by now.
base::Result<model::ClusterState> HeldOnTip(const std::string& cluster, const ports::RemoteView& view,
                                            const RunPorts& ports) {
  auto held = ports.remote->Read(cluster, view.claim->commit);
  if (!held) return tl::unexpected(std::move(held).error());
  if (!view.tip || view.claim->base == view.tip->id) return std::move(held->state);
  auto tip = ports.remote->Read(cluster, view.tip->id);
  if (!tip) return tl::unexpected(std::move(tip).error());
  for (const model::StateChange& change : Merge(held->state, tip->state, ports.clock->Now()).changes) {
    tip->state.Apply(change);
  }
  return std::move(tip->state);
}

}  // namespace

base::Result<PullResult> Pull(const PullRequest& request, const RunPorts& ports) {
  auto lease = Lock(request.lineage, request.cluster, request.actor, "pull", request.lock_wait, ports);
  if (!lease) return tl::unexpected(std::move(lease).error());
  auto state = Load(request.lineage, ports);
  if (!state) return tl::unexpected(std::move(state).error());
  const std::string before = state->cluster.commit;
  LineOptions options;
  options.actor = request.actor;
  options.reason = "pull";
  options.take_remote = request.take_remote;
  SharedLine line(ports, options);
  const std::string name = state->IsNew() ? request.cluster : state->cluster.name;
  if (auto opened = line.Open(name, *state); !opened) return tl::unexpected(std::move(opened).error());
  return PullResult{state->cluster.lineage, state->cluster.commit != before, state->cluster.serial};
}

base::Result<bool> PushShared(const PushRequest& request, const RunPorts& ports) {
  auto lease = Lock(request.lineage, {}, request.actor, "push", request.lock_wait, ports);
  if (!lease) return tl::unexpected(std::move(lease).error());
  auto state = Load(request.lineage, ports);
  if (!state) return tl::unexpected(std::move(state).error());
  auto view = ports.remote->Fetch(state->cluster.name);
  if (!view) return tl::unexpected(std::move(view).error());
  const std::string tip = view->tip ? view->tip->id : "";
  LineOptions options;
  options.actor = request.actor;
  options.reason = "push";
  auto sides = SidesOf(*state, view->tip, *ports.lines);
  if (!sides) return tl::unexpected(std::move(sides).error());
  if (Relate(*sides) == Relation::kRewound && request.force_rewound) {
    if (view->tip && view->tip->lineage != state->cluster.lineage) {
      return base::Fail(ErrorCode::kConflict, "the branch there is another cluster's by now; nothing was pushed");
    }
    if (auto published = PublishPending(*state, ports, request.actor); !published) {
      return tl::unexpected(std::move(published).error());
    }
    auto pushed = ports.remote->Push(state->cluster.name, tip, state->cluster.commit, {});
    if (pushed) pushed = ports.lines->Mark(state->cluster.name, state->cluster.commit);
    if (!pushed) return tl::unexpected(std::move(pushed).error());
    return true;
  }
  SharedLine line(ports, options);
  if (auto opened = line.Open(state->cluster.name, *state); !opened) return tl::unexpected(std::move(opened).error());
  if (auto published = PublishPending(*state, ports, request.actor); !published) {
    return tl::unexpected(std::move(published).error());
  }
  if (auto settled = line.Settle(*state); !settled) return tl::unexpected(std::move(settled).error());
  if (!line.locked_by().empty()) return base::Fail(ErrorCode::kConflict, line.locked_by());
  return state->cluster.commit != tip && !line.takes_over();
}

base::Result<bool> Unlock(const std::string& cluster, const ports::RemoteView& view, const std::string& actor,
                          const RunPorts& ports) {
  auto held = HeldOnTip(cluster, view, ports);
  if (!held) return tl::unexpected(std::move(held).error());
  // What it has beyond that version (targets, their revisions) is not marked as changed: all of it is written.
  held->cluster.commit.clear();
  const ports::RunClaim& claim = *view.claim;
  ports::ClaimRequest request;
  request.state = &*held;
  request.tip = view.tip ? view.tip->id : "";
  request.holder = claim.holder;
  request.holder.reason += ", unlocked by " + actor;
  request.run_id = claim.run_id + "-unlocked";  // its holder, should it still live, must not take it for its own
  request.expected = claim.commit;
  request.lifetime = kOver;
  auto broken = ports.remote->Claim(request);
  if (!broken && broken.error().code == ErrorCode::kConflict) return false;
  if (!broken) return tl::unexpected(std::move(broken).error());
  return true;
}

base::Result<SharedLook> LookShared(const std::string& cluster, model::ClusterState state,
                                    const ports::RemoteView& view, const RunPorts& ports) {
  SharedLook look;
  look.state = std::move(state);
  look.view = view;
  const base::TimePoint now = ports.clock->Now();
  if (view.tip) {
    if (look.state.IsNew()) {
      look.relation = Relation::kBehind;
    } else {
      auto sides = SidesOf(look.state, view.tip, *ports.lines);
      if (!sides) return tl::unexpected(std::move(sides).error());
      look.relation = Relate(*sides);
    }
  } else {
    look.relation = Relation::kAbsent;
  }
  if (look.relation == Relation::kBehind || look.relation == Relation::kMoved) {
    auto theirs = ports.remote->Read(cluster, view.tip->id);
    if (!theirs) return tl::unexpected(std::move(theirs).error());
    const Merged merged = Merge(look.state, theirs->state, now);
    look.state = std::move(theirs->state);
    for (const model::StateChange& change : merged.changes) look.state.Apply(change);
  }
  if (!view.claim || view.claim->run_id.empty()) return look;
  if (look.state.cluster.run && look.state.cluster.run->id == view.claim->run_id) return look;  // our own
  auto held = ports.remote->Read(cluster, view.claim->commit);
  if (!held) return tl::unexpected(std::move(held).error());
  TellOfClaim(*view.claim, now, look);
  held->state.cluster.run.reset();
  if (view.claim->base == look.state.cluster.commit) {
    held->state.cluster.serial = look.state.cluster.serial;
    held->state.cluster.commit = look.state.cluster.commit;
    look.state = std::move(held->state);
  } else {
    for (const model::StateChange& change : Merge(held->state, look.state, now).changes) look.state.Apply(change);
  }
  return look;
}

}  // namespace kadende::apply
