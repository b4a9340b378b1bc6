#include "tests/support/memory_remote.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace kadende::test {
namespace {

using base::ErrorCode;
using Refs = MemoryRepository::Refs;

constexpr const char* kAddress = "memory://team";

std::string At(const Refs& refs, const std::string& name) {
  const auto found = refs.find(name);
  return found == refs.end() ? std::string() : found->second;
}

std::string TrackedBranch(std::string_view cluster) {
  return "refs/kadende/remote/" + std::string(cluster);
}
std::string TrackedRun(std::string_view cluster) {
  return "refs/kadende/remote-run/" + std::string(cluster);
}
std::string KnownNote(std::string_view cluster) {
  return "known/" + std::string(cluster);
}

tl::unexpected<base::Error> Unreachable(base::Effect effect = base::Effect::kNone) {
  return base::Fail(ErrorCode::kUnavailable, std::string("cannot reach ") + kAddress, effect);
}

tl::unexpected<base::Error> Moved(const std::string& ref) {
  return base::Fail(ErrorCode::kConflict, ref + " moved at " + kAddress);
}

}  // namespace

base::Result<Refs> MemoryRemote::List(const std::vector<std::string>& refs) const {
  const Wire wire = Ask("list");
  if (wire == Wire::kDenied) return base::Fail(ErrorCode::kDenied, "not let in");
  if (wire != Wire::kThrough) return Unreachable();
  Refs found;
  for (const std::string& ref : refs) {
    if (std::string commit = server_.Ref(ref); !commit.empty()) found.emplace(ref, std::move(commit));
  }
  return found;
}

// As git_network does it: what was pushed without a clear end is looked up before anything is believed.
MemoryRemote::Report MemoryRemote::Send(std::string_view what, const Updates& updates, std::vector<std::string> also,
                                        const TookEffect& took_effect) {
  const Wire wire = Ask(what);
  if (wire == Wire::kDenied) return {base::Fail(ErrorCode::kDenied, "a rule of the remote refuses"), {}};
  bool moved = false;
  if (wire != Wire::kLost) {
    for (const auto& update : updates) server_.Take(own_, update.to);
    moved = server_.Move(updates);
  }
  if (wire == Wire::kThrough && moved) return {};
  for (const auto& update : updates) also.push_back(update.ref);
  auto seen = List(also);
  if (!seen) return {Unreachable(base::Effect::kPossible), {}};
  if (took_effect(*seen)) return {{}, std::move(*seen)};
  for (const auto& update : updates) {
    if (At(*seen, update.ref) != update.from) return {Moved(update.ref), std::move(*seen)};
  }
  return {Unreachable(), std::move(*seen)};
}

ports::RemoteView MemoryRemote::ViewOf(const std::string& tip, const std::string& claim, base::TimePoint at) const {
  ports::RemoteView view{kAddress, std::nullopt, std::nullopt, at};
  if (const auto commit = own_.Find(tip)) view.tip = commit->summary;
  if (const auto run = own_.Find(claim)) view.claim = run->claim;
  return view;
}

void MemoryRemote::Remember(std::string_view cluster, const std::optional<std::string>& tip, const std::string& claim) {
  const std::string branch = TrackedBranch(cluster);
  const std::string run = TrackedRun(cluster);
  if (tip) own_.Move(branch, own_.Ref(branch), *tip);
  own_.Move(run, own_.Ref(run), claim);
  own_.Note(KnownNote(cluster), std::to_string(base::ToUnixMillis(clock_.Now())));
}

base::Result<ports::RemoteView> MemoryRemote::Fetch(std::string_view cluster) {
  const Wire wire = Ask("fetch");
  if (wire == Wire::kDenied) return base::Fail(ErrorCode::kDenied, "not let in");
  if (wire != Wire::kThrough) return Unreachable();
  const std::string tip = server_.Ref(MemoryBranch(cluster));
  const std::string claim = server_.Ref(MemoryRunRef(cluster));
  own_.Take(server_, tip);
  own_.Take(server_, claim);
  Remember(cluster, tip, claim);
  return ViewOf(tip, claim, clock_.Now());
}

base::Result<std::optional<ports::RemoteView>> MemoryRemote::Known(std::string_view cluster) {
  const auto at = own_.Noted(KnownNote(cluster));
  if (!at) return std::nullopt;
  return std::optional(
      ViewOf(own_.Ref(TrackedBranch(cluster)), own_.Ref(TrackedRun(cluster)), base::FromUnixMillis(std::stoll(*at))));
}

base::Result<ports::HistoricState> MemoryRemote::Read(std::string_view /*cluster*/, std::string_view commit) {
  const auto found = own_.Find(commit);
  if (!found) return base::Fail(ErrorCode::kNotFound, "no commit " + std::string(commit) + " was fetched");
  for (const auto& [key, intent] : found->state.intents) {
    const auto group = found->state.groups.find(intent.node.group);
    if (group != found->state.groups.end() && group->second.Revision(intent.revision) != nullptr) continue;
    return base::Fail(ErrorCode::kCorrupt, intent.node.Display() + ": bad value of \"revision\"");
  }
  return MemoryVersion(*found);
}

base::Result<std::unique_ptr<ports::ClaimLease>> MemoryRemote::Claim(const ports::ClaimRequest& request) {
  const model::ClusterState& state = *request.state;
  const std::string& cluster = state.cluster.name;
  const std::string tip = request.tip.value_or(state.cluster.commit);
  const base::Millis asked_at = clock_.Monotonic();
  MemoryCommit commit;
  const auto below = own_.Find(state.cluster.commit);
  commit.state = MemoryTree(below ? &below->state : nullptr, state);
  commit.state.intents = state.intents;
  commit.state.cluster.run = state.cluster.run;
  commit.parent = tip;
  commit.summary.serial = state.cluster.serial;
  commit.summary.lineage = state.cluster.lineage;
  commit.plan = state.cluster.run ? state.cluster.run->plan : "";
  commit.claim = ports::RunClaim{
      "", tip, request.run_id, state.cluster.lineage, host_, request.holder, clock_.Now(), request.lifetime};
  commit.nonce = model::NewLineage();
  const std::string id = own_.Put(commit);
  NoteIssued(cluster, id, true);

  const std::string ref = MemoryRunRef(cluster);
  const Report report =
      Send("claim", {{ref, request.expected, id}}, {}, [&](const Refs& refs) { return At(refs, ref) == id; });
  if (!report.status) return tl::unexpected(report.status.error());
  if (auto stands = CheckTip(cluster, tip, id, request.expected); !stands)
    return tl::unexpected(std::move(stands).error());
  Remember(cluster, tip, id);
  return std::unique_ptr<ports::ClaimLease>(std::make_unique<MemoryClaim>(*this, cluster, *own_.Find(id), asked_at));
}

// The branch, now that nobody else moves it: before the run ref was ours, somebody may have come and gone.
base::Status MemoryRemote::CheckTip(const std::string& cluster, const std::string& tip, const std::string& claim,
                                    const std::string& replaced) {
  const auto refs = List({MemoryBranch(cluster), MemoryRunRef(cluster)});
  if (refs && At(*refs, MemoryRunRef(cluster)) != claim) return Moved(MemoryRunRef(cluster));
  base::Status stands;
  if (!refs) stands = tl::unexpected(refs.error());
  if (refs && At(*refs, MemoryBranch(cluster)) != tip) stands = Moved(MemoryBranch(cluster));
  if (stands) return stands;
  if (!GiveBack(cluster, claim, replaced)) stands.error().effect = base::Effect::kPossible;
  return stands;
}

base::Status MemoryRemote::GiveBack(std::string_view cluster, const std::string& claim, const std::string& replaced) {
  if (replaced.empty()) return Delete(cluster, claim);
  const std::string ref = MemoryRunRef(cluster);
  return Send("release", {{ref, claim, replaced}}, {}, [&](const Refs& refs) { return At(refs, ref) == replaced; })
      .status;
}

base::Status MemoryRemote::Push(std::string_view cluster, std::string_view from, std::string_view to,
                                std::string_view claim) {
  const MemoryRepository::Update branch{MemoryBranch(cluster), std::string(from), std::string(to)};
  if (claim.empty()) {
    const auto refs = List({MemoryRunRef(cluster)});
    if (!refs) return tl::unexpected(refs.error());
    if (!refs->empty()) return base::Fail(ErrorCode::kConflict, MemoryRunRef(cluster) + " is held by a run");
  }
  base::Status pushed = PushAndClear(cluster, branch, std::string(claim));
  const bool conflict = !pushed && pushed.error().code == ErrorCode::kConflict;
  if (conflict && ArrivedBefore(cluster, branch, claim)) return {};
  if (pushed) Remember(cluster, branch.to, "");
  return pushed;
}

base::Status MemoryRemote::PushAndClear(std::string_view cluster, const MemoryRepository::Update& branch,
                                        std::string claim) {
  const std::string ref = MemoryRunRef(cluster);
  const auto arrived = [&](const Refs& refs) {
    const std::string there = At(refs, ref);
    const bool ours = there == claim || IsSameClaim(cluster, claim, there);
    const bool told = branch.from != branch.to && !ours;
    return At(refs, branch.ref) == branch.to && (claim.empty() || there.empty() || told);
  };
  for (;;) {
    Updates updates = {branch};
    if (!claim.empty()) updates.push_back({ref, claim, ""});
    const Report report = Send("push", updates, {ref}, arrived);
    if (!IsRenewed(cluster, claim, report)) return report.status;
    claim = At(*report.seen, ref);
  }
}

// A push whose end nobody saw, and others who went on from it since.
bool MemoryRemote::ArrivedBefore(std::string_view cluster, const MemoryRepository::Update& branch,
                                 std::string_view claim) {
  const auto view = Fetch(cluster);
  if (!view || !view->tip || branch.from == branch.to) return false;
  const std::string run = view->claim ? view->claim->commit : std::string();
  if (!run.empty() && (run == claim || IsSameClaim(cluster, std::string(claim), run))) return false;
  const auto line = own_.Line(view->tip->id);
  return std::any_of(line.begin(), line.end(), [&](const auto& commit) { return commit.summary.id == branch.to; });
}

base::Status MemoryRemote::Release(std::string_view cluster, std::string_view claim) {
  base::Status released = Delete(cluster, std::string(claim));
  if (released) Remember(cluster, std::nullopt, "");
  return released;
}

base::Status MemoryRemote::Delete(std::string_view cluster, std::string claim) {
  const std::string ref = MemoryRunRef(cluster);
  for (;;) {
    const Report report =
        Send("release", {{ref, claim, ""}}, {}, [&](const Refs& refs) { return !refs.contains(ref); });
    if (!IsRenewed(cluster, claim, report)) return report.status;
    claim = At(*report.seen, ref);
  }
}

void MemoryRemote::NoteIssued(std::string_view cluster, const std::string& commit, bool first) {
  const std::lock_guard lock(mutex_);
  std::set<std::string>& issued = issued_[std::string(cluster)];
  if (first) issued.clear();
  issued.insert(commit);
}

bool MemoryRemote::IsSameClaim(std::string_view cluster, const std::string& a, const std::string& b) const {
  const std::lock_guard lock(mutex_);
  const auto issued = issued_.find(cluster);
  return issued != issued_.end() && issued->second.contains(a) && issued->second.contains(b);
}

bool MemoryRemote::IsRenewed(std::string_view cluster, const std::string& claim, const Report& report) const {
  const std::string there = report.seen ? At(*report.seen, MemoryRunRef(cluster)) : std::string();
  return !report.status && there != claim && IsSameClaim(cluster, claim, there);
}

void MemoryRemote::Beat() {
  std::set<MemoryClaim*> claims;
  {
    const std::lock_guard lock(mutex_);
    claims = claims_;
  }
  for (MemoryClaim* claim : claims) claim->RenewIfDue();
}

int MemoryRemote::Trusted() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(
      std::count_if(claims_.begin(), claims_.end(), [](MemoryClaim* claim) { return claim->MayStart(); }));
}

MemoryClaim::MemoryClaim(MemoryRemote& remote, std::string cluster, MemoryCommit commit, base::Millis asked_at)
    : remote_(remote), cluster_(std::move(cluster)), commit_(std::move(commit)), asked_at_(asked_at) {
  const std::lock_guard lock(remote_.mutex_);
  remote_.claims_.insert(this);
}

MemoryClaim::~MemoryClaim() {
  const std::lock_guard lock(remote_.mutex_);
  remote_.claims_.erase(this);
}

bool MemoryClaim::MayStart() {
  const std::lock_guard lock(mutex_);
  return !lost_ && (remote_.clock_.Monotonic() - asked_at_) * 3 < commit_.claim->lifetime * 2;
}

ports::RunClaim MemoryClaim::Current() const {
  const std::lock_guard lock(mutex_);
  return *commit_.claim;
}

void MemoryClaim::RenewIfDue() {
  MemoryCommit next;
  const base::Millis asked_at = remote_.clock_.Monotonic();
  {
    const std::lock_guard lock(mutex_);
    if (lost_ || (asked_at - asked_at_) * 3 < commit_.claim->lifetime) return;
    next = commit_;
  }
  const std::string before = next.summary.id;
  next.claim->renewed = remote_.clock_.Now();
  next.nonce = model::NewLineage();
  const std::string id = remote_.own_.Put(next);
  attempts_.insert_or_assign(id, std::pair(*remote_.own_.Find(id), asked_at));
  remote_.NoteIssued(cluster_, id, false);
  const std::string ref = MemoryRunRef(cluster_);
  const auto report =
      remote_.Send("renew", {{ref, before, id}}, {}, [&](const Refs& refs) { return At(refs, ref) == id; });
  std::string there = report.status ? id : std::string();
  if (!report.status && report.seen) there = At(*report.seen, ref);
  const std::lock_guard lock(mutex_);
  if (const auto ours = attempts_.find(there); ours != attempts_.end()) {
    std::tie(commit_, asked_at_) = ours->second;
    attempts_.clear();
  } else if (!report.status && report.status.error().code == ErrorCode::kConflict) {
    lost_ = true;
  }
}

}  // namespace kadende::test
