// Where machines that share nothing else meet: a git remote with the published lines of commits and with run refs,
// which are the locks and the intents of the runs under way (DESIGN 7). Implementation: state/git_remote, by the git
// program. Contract suite: tests/contract/remote_contract.h.
//
// Thread-safety: any method from any thread; those of one cluster one after the other.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/cluster_state.h"
#include "engine/ports/history.h"
#include "engine/ports/leadership.h"

namespace kadende::ports {

// What a run ref says of the run that holds it.
struct RunClaim {
  std::string commit;  // of the run ref, hex: what a compare-and-swap goes by
  std::string base;    // the branch's tip that the run was planned on, hex; empty: none yet
  std::string run_id;
  std::string lineage;
  std::string host;
  Holder holder;
  base::TimePoint renewed{};  // by the holder's wall clock
  base::Millis lifetime{0};   // from `renewed` on; then anybody may take it over

  // Judged by the reader's wall clock. The holder stops at two thirds of the lifetime, so that clocks may differ by a
  // third.
  [[nodiscard]] bool IsExpired(base::TimePoint now) const { return now >= renewed + lifetime; }
};

// A remote as it was at one moment.
struct RemoteView {
  std::string address;               // as git prints it, without credentials
  std::optional<CommitSummary> tip;  // of the cluster's branch
  std::optional<RunClaim> claim;
  base::TimePoint fetched_at{};
};

struct ClaimRequest {
  // As it will be once the run has begun: targets written, serial and commit those of the branch's tip. Its create
  // intents are what the run may create: every slot with the highest incarnation that it may issue.
  const model::ClusterState* state = nullptr;
  Holder holder;
  std::string run_id;
  std::string expected;  // commit of the run ref that is taken over or replaced; empty: there must be none
  // What the branch has to be at, hex; empty: it must not exist. Unset: the commit that `state` names. They differ
  // where a new cluster begins on the line of a former one of its name.
  std::optional<std::string> tip = std::nullopt;
  base::Millis lifetime = std::chrono::minutes(10);
};

// A claim that this process holds: renewed in the background at a third of its lifetime. MayStart is false once two
// thirds have passed unrenewed by CLOCK_BOOTTIME (a suspended machine's time counts), and for ever once the run ref is
// somebody else's. Destroying it stops renewing and leaves the run ref as it is.
class ClaimLease : public Lease {
 public:
  // As it is now; renewals change the commit.
  [[nodiscard]] virtual RunClaim Current() const = 0;
};

class Remote {
 public:
  virtual ~Remote() = default;

  // Asks the remote, and brings what is new of the cluster's branch and run ref into the history's own repository.
  // kUnavailable: it cannot be reached, or did not answer in time. kDenied: it does not let us in. kInvalid: there is
  // no remote of that name. kCorrupt: objects are damaged, here or there. Both refs are of one moment.
  [[nodiscard]] virtual base::Result<RemoteView> Fetch(std::string_view cluster) = 0;

  // What the last Fetch or push of this state directory found, without the network. nullopt: there was none.
  [[nodiscard]] virtual base::Result<std::optional<RemoteView>> Known(std::string_view cluster) = 0;

  // The state at a commit that Fetch brought: a version (serial and commit are its own), or a run ref (its targets and
  // create intents; serial and commit are those of the version that it stands on, `run` is open with its run_id).
  [[nodiscard]] virtual base::Result<HistoricState> Read(std::string_view cluster, std::string_view commit) = 0;

  // Makes, replaces or takes over the run ref, by compare-and-swap. kConflict: somebody else was faster, or the branch
  // is not where it has to be, which is looked at once the run ref is ours (fetch again to see); then what it took the
  // place of is put back. The push of an unclear end is looked up before this returns; Effect::kPossible where that
  // failed: the run ref may be ours until it expires.
  [[nodiscard]] virtual base::Result<std::unique_ptr<ClaimLease>> Claim(const ClaimRequest& request) = 0;

  // Advances the branch from `from` (empty: there must be none) to the local commit `to`, and deletes the run ref that
  // `claim` holds (empty: there must be none), in one atomic push. kConflict: either has moved; nothing was changed. A
  // claim that its lease has renewed meanwhile is still that claim. kDenied: a hook or a rule of the remote refuses.
  [[nodiscard]] virtual base::Status Push(std::string_view cluster, std::string_view from, std::string_view to,
                                          std::string_view claim) = 0;

  // Deletes the run ref if it still is `claim`; gone already is success. kConflict: it is another's by now.
  [[nodiscard]] virtual base::Status Release(std::string_view cluster, std::string_view claim) = 0;
};

}  // namespace kadende::ports
