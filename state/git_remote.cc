#include "state/git_remote.h"

#include <unistd.h>

#include <utility>

#include "engine/base/text.h"
#include "state/git_claim.h"
#include "state/git_commit.h"
#include "state/git_layout.h"
#include "state/git_publisher.h"
#include "state/git_remote_link.h"
#include "state/git_run_ref.h"

namespace kadende::state {
namespace {

using base::ErrorCode;

constexpr int kRenewedMeanwhile = 5;  // a renewal may overtake a push more than once, but not for ever
constexpr int kMaxAncestry = 10'000;  // commits that others may have put on ours before we look

std::string At(const RefList& refs, const std::string& name) {
  const auto found = refs.find(name);
  return found == refs.end() ? std::string() : found->second;
}

// One ref of the remote with one pattern each: what matches nothing is no error, and one connection is enough. "*" can
// only stand for the letter that is missing.
std::vector<std::string> RefspecsOf(std::string_view cluster) {
  const std::string part = EncodePart(cluster);
  return {"+refs/heads/kadend*/" + part + ":refs/kadende/remot*/" + part,
          "+refs/kadende/ru*/" + part + ":refs/kadende/remote-ru*/" + part};
}

bool IsOnLine(const GitRepository& own, const std::string& tip, const std::string& commit) {
  std::optional<ObjectId> at = ObjectIdFromHex(tip);
  const std::optional<ObjectId> wanted = ObjectIdFromHex(commit);
  for (int i = 0; at && i < kMaxAncestry; ++i) {
    if (at == wanted) return true;
    const auto read = ReadCommit(own, *at);
    if (!read) return false;
    at = read->parent;
  }
  return false;
}

base::Result<ports::RemoteView> ViewOf(const GitRepository& own, const KnownRemote& known) {
  ports::RemoteView view{known.address, std::nullopt, std::nullopt, known.fetched_at};
  if (const auto tip = ObjectIdFromHex(known.tip)) {
    auto commit = ReadCommit(own, *tip);
    if (!commit) return Damaged(commit.error());
    view.tip = std::move(commit->summary);
  }
  if (const auto run = ObjectIdFromHex(known.claim)) {
    auto claim = ReadRunClaim(own, *run);
    if (!claim) return Damaged(base::Wrap(claim.error(), "the run ref at " + known.address).value());
    view.claim = std::move(*claim);
  }
  return view;
}

class GitRemote : public ports::Remote {
 public:
  explicit GitRemote(const GitRemoteOptions& options) : link_(options) {}

  base::Result<ports::RemoteView> Fetch(std::string_view cluster) override {
    auto own = link_.OpenOwn();
    if (!own) return tl::unexpected(own.error());
    auto network = link_.Connect(link_.limit());
    if (!network) return tl::unexpected(network.error());
    if (auto fetched = network->Fetch(RefspecsOf(cluster)); !fetched) return tl::unexpected(fetched.error());
    const auto tip = own->ReadRef(TrackedBranch(cluster));
    if (!tip) return tl::unexpected(tip.error());
    const auto run = own->ReadRef(TrackedRun(cluster));
    if (!run) return tl::unexpected(run.error());
    const KnownRemote known{network->shown(), *tip ? ToHex(**tip) : "", *run ? ToHex(**run) : "", link_.Now()};
    link_.Remember(cluster, known.address, known.tip, known.claim);
    return ViewOf(*own, known);
  }

  base::Result<std::optional<ports::RemoteView>> Known(std::string_view cluster) override {
    const auto own = GitRepository::Open(link_.path());
    if (!own) return tl::unexpected(own.error());
    if (!*own) return std::nullopt;
    const auto address = link_.Address();
    if (!address) return tl::unexpected(address.error());
    const auto known = ReadKnown(link_.path(), cluster);
    if (!known || known->address != address->shown) return std::nullopt;
    auto view = ViewOf(**own, *known);
    if (!view) return tl::unexpected(view.error());
    return std::optional<ports::RemoteView>(std::move(*view));
  }

  base::Result<ports::HistoricState> Read(std::string_view cluster, std::string_view commit) override {
    const auto own = GitRepository::Open(link_.path());
    if (!own) return tl::unexpected(own.error());
    const auto id = ObjectIdFromHex(commit);
    if (!*own || !id) {
      return base::Fail(ErrorCode::kNotFound, "no commit " + base::EscapeTerminal(commit) + " was fetched");
    }
    auto state = ReadAnyState(**own, *id);
    if (!state) return Damaged(base::Wrap(state.error(), base::EscapeTerminal(cluster)).value());
    return state;
  }

  base::Result<std::unique_ptr<ports::ClaimLease>> Claim(const ports::ClaimRequest& request) override {
    const std::string cluster = request.state->cluster.name;
    const std::string tip = request.tip.value_or(request.state->cluster.commit);
    auto own = link_.OpenOwn();
    if (!own) return tl::unexpected(own.error());
    auto network = link_.Connect(link_.limit());
    if (!network) return tl::unexpected(network.error());
    const auto writer = RunRefWriter::Make(*own, request, ObjectIdFromHex(tip));
    if (!writer) return Damaged(writer.error());
    const base::Millis asked_at = link_.Monotonic();
    auto claim = writer->Write(*own, link_.Now());
    if (!claim) return Damaged(claim.error());
    link_.NoteIssued(cluster, claim->commit, true);

    const std::string ref = RunRefOf(cluster);
    const PushReport report =
        network->Push({.updates = {{ref, request.expected, claim->commit}},
                       .took_effect = [&](const RefList& refs) { return At(refs, ref) == claim->commit; },
                       .fault_before = "remote.claim.before",
                       .fault_after = "remote.claim.after"});
    if (!report.status) return tl::unexpected(report.status.error());
    if (auto stands = CheckTip(*network, cluster, tip, claim->commit, request.expected); !stands) {
      return tl::unexpected(stands.error());
    }
    link_.Remember(cluster, network->shown(), tip, claim->commit);
    auto lease = GitClaim::Start(link_, cluster, *writer, std::move(*claim), asked_at);
    if (!lease) return tl::unexpected(lease.error());
    return std::unique_ptr<ports::ClaimLease>(std::move(*lease));
  }

  base::Status Push(std::string_view cluster, std::string_view from, std::string_view to,
                    std::string_view claim) override {
    auto network = link_.Connect(link_.limit());
    if (!network) return tl::unexpected(network.error());
    const RefUpdate branch{BranchOf(cluster), std::string(from), std::string(to)};
    if (claim.empty()) {
      if (auto free = CheckFree(*network, cluster); !free) return free;
    }
    base::Status pushed = PushAndClear(*network, cluster, branch, std::string(claim));
    if (!pushed && pushed.error().code == ErrorCode::kConflict && ArrivedBefore(cluster, branch, claim)) {
      return {};  // Fetch has noted what is there
    }
    if (pushed) link_.Remember(cluster, network->shown(), branch.to, std::string());
    return pushed;
  }

  base::Status Release(std::string_view cluster, std::string_view claim) override {
    auto network = link_.Connect(link_.limit());
    if (!network) return tl::unexpected(network.error());
    base::Status released = Delete(*network, cluster, std::string(claim));
    if (released) link_.Remember(cluster, network->shown(), std::nullopt, std::string());
    return released;
  }

 private:
  // The branch, now that nobody else moves it: before the run ref was ours, somebody may have come and gone.
  base::Status CheckTip(GitNetwork& network, const std::string& cluster, const std::string& tip,
                        const std::string& claim, const std::string& replaced) {
    const std::string branch = BranchOf(cluster);
    const auto refs = network.List({branch, RunRefOf(cluster)});
    base::Status stands;
    if (!refs) {
      stands = tl::unexpected(refs.error());
    } else if (At(*refs, RunRefOf(cluster)) != claim) {
      return base::Fail(ErrorCode::kConflict, RunRefOf(cluster) + " was taken away at " + network.shown());
    } else if (At(*refs, branch) != tip) {
      const std::string there = At(*refs, branch);
      stands = base::Fail(ErrorCode::kConflict, branch + " moved at " + network.shown() + ": it is at " +
                                                    (there.empty() ? "nothing" : there.substr(0, 12)) + " instead of " +
                                                    (tip.empty() ? "nothing" : tip.substr(0, 12)));
    }
    if (stands) return stands;
    if (const auto undone = GiveBack(network, cluster, claim, replaced); !undone) {
      stands.error().message += "; the run ref could not be put back: " + undone.error().message;
      stands.error().effect = base::Effect::kPossible;
    }
    return stands;
  }

  base::Status CheckFree(GitNetwork& network, std::string_view cluster) {
    const auto refs = network.List({RunRefOf(cluster)});
    if (!refs) return tl::unexpected(refs.error());
    if (refs->empty()) return {};
    return base::Fail(ErrorCode::kConflict, RunRefOf(cluster) + " is held by a run at " + network.shown());
  }

  // Deletes what `claim` holds, also where it was renewed meanwhile.
  base::Status Delete(GitNetwork& network, std::string_view cluster, std::string claim) {
    const std::string ref = RunRefOf(cluster);
    for (int i = 0;; ++i) {
      const PushReport report = network.Push({.updates = {{ref, claim, ""}},
                                              .took_effect = [&](const RefList& refs) { return !refs.contains(ref); },
                                              .fault_before = "remote.release.before",
                                              .fault_after = "remote.release.after"});
      if (i == kRenewedMeanwhile || !IsRenewed(cluster, claim, report)) return report.status;
      claim = At(*report.seen, ref);
    }
  }

  // As it was before the claim. What the claim took the place of may be all that tells of creates whose outcome is
  // open.
  base::Status GiveBack(GitNetwork& network, std::string_view cluster, const std::string& claim,
                        const std::string& replaced) {
    if (replaced.empty()) return Delete(network, cluster, claim);
    const std::string ref = RunRefOf(cluster);
    return network
        .Push({.updates = {{ref, claim, replaced}},
               .took_effect = [&](const RefList& refs) { return At(refs, ref) == replaced; },
               .fault_before = "remote.giveback.before",
               .fault_after = "remote.giveback.after"})
        .status;
  }

  // Whether the run ref is still what `claim` holds, under the name of a renewal that has overtaken us.
  [[nodiscard]] bool IsRenewed(std::string_view cluster, const std::string& claim, const PushReport& report) const {
    const std::string there = report.seen ? At(*report.seen, RunRefOf(cluster)) : std::string();
    return !report.status && there != claim && link_.IsSameClaim(cluster, claim, there);
  }

  base::Status PushAndClear(GitNetwork& network, std::string_view cluster, const RefUpdate& branch, std::string claim) {
    const std::string ref = RunRefOf(cluster);
    const auto arrived = [&](const RefList& refs) {
      const std::string there = At(refs, ref);
      const bool ours = there == claim || link_.IsSameClaim(cluster, claim, there);
      // Both at once: a branch that is at our commit tells of the run ref, too, and somebody may hold a new one.
      const bool told = branch.from != branch.to && !ours;
      return At(refs, branch.ref) == branch.to && (claim.empty() || there.empty() || told);
    };
    for (int i = 0;; ++i) {
      PushRequest request{.updates = {branch},
                          .took_effect = arrived,
                          .also_list = {ref},
                          .fault_before = "remote.push.before",
                          .fault_after = "remote.push.after"};
      if (!claim.empty()) request.updates.push_back({ref, claim, ""});
      const PushReport report = network.Push(request);
      if (i == kRenewedMeanwhile || !IsRenewed(cluster, claim, report)) return report.status;
      claim = At(*report.seen, ref);
    }
  }

  // A push whose end nobody saw, and others who went on from it since.
  bool ArrivedBefore(std::string_view cluster, const RefUpdate& branch, std::string_view claim) {
    const auto view = Fetch(cluster);
    const auto own = GitRepository::Open(link_.path());
    if (!view || !own || !*own || !view->tip) return false;
    const std::string run = view->claim ? view->claim->commit : std::string();
    const bool held = !run.empty() && (run == claim || link_.IsSameClaim(cluster, std::string(claim), run));
    return !held && branch.from != branch.to && IsOnLine(**own, view->tip->id, branch.to);
  }

  GitRemoteLink link_;
};

}  // namespace

std::unique_ptr<ports::Remote> OpenGitRemote(const GitRemoteOptions& options) {
  return std::make_unique<GitRemote>(options);
}

}  // namespace kadende::state
