// A run's side towards the machines that share its cluster through a git remote (DESIGN 7, "Opening" and "Locks"):
// brings the two lines of commits together before anything else, takes the claim before the first side effect, pushes
// what came of it. Without a remote every step succeeds and does nothing.
//
// Steps in order: Open, (publish what was left), Settle, Claim, TakeOver, Push or Release. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/apply/relate.h"
#include "engine/apply/run.h"

namespace kadende::apply {

// What a look at the remote may be old for a pass of watch that finds nothing to do.
inline constexpr base::Millis kFreshFor = std::chrono::seconds(30);

struct LineOptions {
  std::string actor;
  std::string reason;        // "apply", "watch"
  bool lazy = false;         // what was fetched a moment ago will do, until there is something to do
  bool take_remote = false;  // where both moved: ours gives way, whatever is destroyed by that
  bool heals = false;        // a watch: ours gives way where nothing is destroyed by it
};

// How our line and the remote's stand to each other, by what the last Fetch brought.
[[nodiscard]] base::Result<LineSides> SidesOf(const model::ClusterState& state,
                                              const std::optional<ports::CommitSummary>& tip, ports::Lines& lines);

class SharedLine {
 public:
  // `ports` must outlive this.
  SharedLine(const RunPorts& ports, LineOptions options) : ports_(ports), options_(std::move(options)) {}

  [[nodiscard]] bool active() const { return ports_.remote != nullptr; }
  // Whether what is known is good enough to act on.
  [[nodiscard]] bool fresh() const { return fresh_ || (lost_ && ports_.unclaimed_when_lost); }
  // From now on the remote is asked. False: so it was before.
  bool NoLongerLazy() { return std::exchange(options_.lazy, false); }

  // Asks the remote. Where it is ahead, store and `state` become what it has; where both moved, ours gives way if
  // nothing that only ours knows is lost by it, else kConflict with the remedy. `state` is what the store has, or new.
  [[nodiscard]] base::Status Open(const std::string& cluster, model::ClusterState& state);

  // Once nothing is left to publish: pushes what the remote lacks, and looks at who holds the cluster. What an expired
  // claim of another tells is applied to `state`, and written to the store by TakeOver.
  [[nodiscard]] base::Status Settle(model::ClusterState& state);

  // Who holds the cluster, where since when and until when; empty: nobody else.
  [[nodiscard]] const std::string& locked_by() const { return locked_by_; }
  [[nodiscard]] bool takes_over() const { return !taken_over_.empty(); }
  // Waits a little for the holder, or for whoever was faster. kConflict, with who it is: `deadline` (CLOCK_BOOTTIME)
  // has passed.
  [[nodiscard]] base::Status WaitForHolder(base::Millis deadline);

  // False: somebody else was faster (locked_by tells who, if it still holds the cluster); nothing has changed, and all
  // begins anew. `begun`: claim_state.h.
  [[nodiscard]] base::Result<bool> Claim(const model::ClusterState& begun, const std::string& run_id);
  [[nodiscard]] bool claimed() const { return claim_ != nullptr; }
  [[nodiscard]] base::Status TakeOver(const model::Lineage& lineage);

  // Good while `local` and the claim are.
  [[nodiscard]] std::unique_ptr<ports::Lease> Guard(ports::Lease& local) const;

  // What was published goes to the remote, and the claim with it; while creates are open it stays. An error is for
  // people: state is ahead of the remote until the next run. kDenied: the remote does not take it; nothing has changed.
  [[nodiscard]] base::Status Push(const model::ClusterState& state);
  // Nothing was done under the claim. It stays where creates of an earlier run are open: it took the place of the run
  // ref that told of them.
  void Release(const model::ClusterState& state);

 private:
  [[nodiscard]] base::Status Look();
  [[nodiscard]] base::Status TakeTheirs(model::ClusterState& state);
  [[nodiscard]] base::Status BringBack();
  [[nodiscard]] base::Status CheckUnknown(const model::ClusterState& theirs) const;
  [[nodiscard]] base::Status JudgeClaim(model::ClusterState& state);
  void LookWhoWasFaster();
  enum class Own : std::uint8_t { kNo, kAsked, kBegun };  // whether a claim is our own run's, and how far that came
  [[nodiscard]] Own OwnRun(const ports::RunClaim& claim, const model::ClusterState& state) const;
  [[nodiscard]] base::Status Remember(const ports::RunClaim& claim, model::ClusterState& state);
  [[nodiscard]] std::string TipId() const { return view_.tip ? view_.tip->id : std::string(); }

  const RunPorts& ports_;
  LineOptions options_;
  std::string cluster_;
  ports::RemoteView view_;
  Relation relation_ = Relation::kSame;
  bool fresh_ = false;
  std::optional<base::Error> lost_;  // why the remote could not be asked
  std::string locked_by_;
  base::Millis pause_{250};         // before the next look at a holder
  std::string replaces_;            // commit of the run ref that our claim takes the place of
  model::StateChanges taken_over_;  // of another's expired claim, not yet in the store
  std::unique_ptr<ports::ClaimLease> claim_;
};

}  // namespace kadende::apply
