// A run ref that this process holds, and its renewal in the background.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/ports/remote.h"
#include "state/git_remote_link.h"
#include "state/git_run_ref.h"

namespace kadende::state {

class GitClaim : public ports::ClaimLease {
 public:
  // `link` must outlive the claim. `asked_at`: CLOCK_BOOTTIME just before `claim` was made.
  [[nodiscard]] static base::Result<std::unique_ptr<GitClaim>> Start(GitRemoteLink& link, std::string cluster,
                                                                     RunRefWriter writer, ports::RunClaim claim,
                                                                     base::Millis asked_at);
  // A renewal that is under way is ended: a few seconds at most.
  ~GitClaim() override;

  [[nodiscard]] bool MayStart() override;
  [[nodiscard]] ports::RunClaim Current() const override;

 private:
  struct Attempt {
    ports::RunClaim claim;
    base::Millis asked_at{};
  };

  GitClaim(GitRemoteLink& link, std::string cluster, RunRefWriter writer, Attempt first);

  void Renew(const std::stop_token& stop);
  [[nodiscard]] base::Status RenewOnce(const std::stop_token& stop);
  // Waits as CLOCK_BOOTTIME goes: also a suspended machine's time counts.
  void WaitUntil(base::Millis when, const std::stop_token& stop);
  [[nodiscard]] bool Settle(const PushReport& report);

  // Constant after construction.
  GitRemoteLink& link_;
  const std::string cluster_;
  const RunRefWriter writer_;
  const base::Millis lifetime_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  Attempt current_;
  bool lost_ = false;

  std::vector<Attempt> attempts_;  // of the renewing thread: pushes whose end was not seen
  std::stop_source stop_;
  std::thread thread_;
};

}  // namespace kadende::state
