// A Remote in memory: one per clone, over the clone's own repository and the one where clones meet. It behaves as
// state/git_remote does, in as many exchanges with the other side, each of which may be lost on its way there or back.
// Passes the contract suite of remotes.
//
//   MemoryRepository server, own;
//   MemoryRemote remote(own, server, clock, "laptop");
//   remote.on_wire = [](std::string_view what) { return what == "push" ? Wire::kUnheard : Wire::kThrough; };
//
// Nothing happens in the background: Beat renews what is due, and a machine that does not beat is suspended.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/clock.h"
#include "engine/ports/remote.h"
#include "tests/support/memory_repository.h"

namespace kadende::test {

enum class Wire : std::uint8_t {
  kThrough,
  kLost,     // it does not get there
  kUnheard,  // it gets there and has its effect; the answer does not come back
  kDenied,   // the other side does not let us
};

class MemoryClaim;

class MemoryRemote : public ports::Remote {
 public:
  // All must outlive this.
  MemoryRemote(MemoryRepository& own, MemoryRepository& server, ports::Clock& clock, std::string host)
      : own_(own), server_(server), clock_(clock), host_(std::move(host)) {}

  base::Result<ports::RemoteView> Fetch(std::string_view cluster) override;
  base::Result<std::optional<ports::RemoteView>> Known(std::string_view cluster) override;
  base::Result<ports::HistoricState> Read(std::string_view cluster, std::string_view commit) override;
  base::Result<std::unique_ptr<ports::ClaimLease>> Claim(const ports::ClaimRequest& request) override;
  base::Status Push(std::string_view cluster, std::string_view from, std::string_view to,
                    std::string_view claim) override;
  base::Status Release(std::string_view cluster, std::string_view claim) override;

  // Asked before each exchange: "fetch", "list", "claim", "renew", "push", "release". May be empty. May block, throw,
  // or change the world.
  std::function<Wire(std::string_view what)> on_wire;

  // Renews the claims of this process that have not been renewed for a third of their lifetime.
  void Beat();
  // Claims of this process that it may act under at this moment.
  [[nodiscard]] int Trusted() const;

 private:
  friend class MemoryClaim;
  using Updates = std::vector<MemoryRepository::Update>;
  struct Report {
    base::Status status;
    std::optional<MemoryRepository::Refs> seen;  // where the push was not clear
  };
  using TookEffect = std::function<bool(const MemoryRepository::Refs&)>;

  [[nodiscard]] Wire Ask(std::string_view what) const { return on_wire ? on_wire(what) : Wire::kThrough; }
  [[nodiscard]] base::Result<MemoryRepository::Refs> List(const std::vector<std::string>& refs) const;
  [[nodiscard]] Report Send(std::string_view what, const Updates& updates, std::vector<std::string> also,
                            const TookEffect& took_effect);
  [[nodiscard]] base::Status CheckTip(const std::string& cluster, const std::string& tip, const std::string& claim,
                                      const std::string& replaced);
  [[nodiscard]] base::Status Delete(std::string_view cluster, std::string claim);
  [[nodiscard]] base::Status GiveBack(std::string_view cluster, const std::string& claim, const std::string& replaced);
  [[nodiscard]] base::Status PushAndClear(std::string_view cluster, const MemoryRepository::Update& branch,
                                          std::string claim);
  [[nodiscard]] bool ArrivedBefore(std::string_view cluster, const MemoryRepository::Update& branch,
                                   std::string_view claim);
  void Remember(std::string_view cluster, const std::optional<std::string>& tip, const std::string& claim);
  [[nodiscard]] ports::RemoteView ViewOf(const std::string& tip, const std::string& claim, base::TimePoint at) const;

  void NoteIssued(std::string_view cluster, const std::string& commit, bool first);
  [[nodiscard]] bool IsSameClaim(std::string_view cluster, const std::string& a, const std::string& b) const;
  [[nodiscard]] bool IsRenewed(std::string_view cluster, const std::string& claim, const Report& report) const;

  MemoryRepository& own_;
  MemoryRepository& server_;
  ports::Clock& clock_;
  const std::string host_;
  mutable std::mutex mutex_;
  std::map<std::string, std::set<std::string>, std::less<>> issued_;  // by cluster: one claim's; guarded by mutex_
  std::set<MemoryClaim*> claims_;                                     // guarded by mutex_
};

// A clone's claim; MayStart goes by the clock alone, and Beat renews.
class MemoryClaim : public ports::ClaimLease {
 public:
  MemoryClaim(MemoryRemote& remote, std::string cluster, MemoryCommit commit, base::Millis asked_at);
  ~MemoryClaim() override;
  MemoryClaim(const MemoryClaim&) = delete;
  MemoryClaim& operator=(const MemoryClaim&) = delete;

  [[nodiscard]] bool MayStart() override;
  [[nodiscard]] ports::RunClaim Current() const override;
  void RenewIfDue();

 private:
  MemoryRemote& remote_;
  const std::string cluster_;
  mutable std::mutex mutex_;
  MemoryCommit commit_;    // guarded by mutex_
  base::Millis asked_at_;  // guarded by mutex_
  bool lost_ = false;      // guarded by mutex_
  // Of Beat's thread: renewals whose end was not seen.
  std::map<std::string, std::pair<MemoryCommit, base::Millis>> attempts_;
};

}  // namespace kadende::test
