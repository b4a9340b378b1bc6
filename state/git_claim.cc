#include "state/git_claim.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/thread.h"

namespace kadende::state {
namespace {

using base::ErrorCode;

constexpr base::Millis kLongestWait = std::chrono::seconds(5);  // a suspended machine looks at the clock again
constexpr base::Millis kLongestRetry = std::chrono::seconds(20);

}  // namespace

GitClaim::GitClaim(GitRemoteLink& link, std::string cluster, RunRefWriter writer, Attempt first)
    : link_(link),
      cluster_(std::move(cluster)),
      writer_(std::move(writer)),
      lifetime_(first.claim.lifetime),
      current_(std::move(first)) {}

base::Result<std::unique_ptr<GitClaim>> GitClaim::Start(GitRemoteLink& link, std::string cluster, RunRefWriter writer,
                                                        ports::RunClaim claim, base::Millis asked_at) {
  std::unique_ptr<GitClaim> lease(
      new GitClaim(link, std::move(cluster), std::move(writer), {std::move(claim), asked_at}));
  auto thread = base::StartQuietThread([raw = lease.get()] { raw->Renew(raw->stop_.get_token()); });
  if (!thread) return tl::unexpected(thread.error());
  lease->thread_ = std::move(*thread);
  return lease;
}

GitClaim::~GitClaim() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
}

bool GitClaim::MayStart() {
  const std::lock_guard lock(mutex_);
  return !lost_ && (link_.Monotonic() - current_.asked_at) * 3 < lifetime_ * 2;
}

ports::RunClaim GitClaim::Current() const {
  const std::lock_guard lock(mutex_);
  return current_.claim;
}

void GitClaim::WaitUntil(base::Millis when, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested() && link_.Monotonic() < when) {
    const base::Millis wait = std::clamp<base::Millis>(when - link_.Monotonic(), base::Millis(1), kLongestWait);
    never.wait_for(lock, stop, wait, [] { return false; });
  }
}

void GitClaim::Renew(const std::stop_token& stop) {
  base::Millis next = current_.asked_at + lifetime_ / 3;
  for (;;) {
    WaitUntil(next, stop);
    if (stop.stop_requested()) return;
    const base::Millis asked_at = link_.Monotonic();
    const base::Status renewed = RenewOnce(stop);
    if (!renewed && renewed.error().code == ErrorCode::kConflict) {
      const std::lock_guard lock(mutex_);
      lost_ = true;
      return;
    }
    next = renewed ? asked_at + lifetime_ / 3 : link_.Monotonic() + std::min(kLongestRetry, lifetime_ / 30);
  }
}

base::Status GitClaim::RenewOnce(const std::stop_token& stop) {
  auto network = link_.Connect(std::min(link_.limit(), lifetime_ / 3), stop);
  if (!network) return tl::unexpected(network.error());
  auto own = link_.OpenOwn();
  if (!own) return tl::unexpected(own.error());
  const base::Millis asked_at = link_.Monotonic();
  auto claim = writer_.Write(*own, link_.Now());
  if (!claim) return tl::unexpected(claim.error());
  attempts_.push_back({*claim, asked_at});
  link_.NoteIssued(cluster_, claim->commit, false);

  const std::string ref = RunRefOf(cluster_);
  const PushReport report = network->Push(
      {.updates = {{ref, current_.claim.commit, claim->commit}},
       .took_effect = [&](const RefList& refs) { return refs.contains(ref) && refs.at(ref) == claim->commit; },
       .fault_before = "remote.renew.before",
       .fault_after = "remote.renew.after"});
  if (!Settle(report)) return report.status;
  link_.Remember(cluster_, network->shown(), std::nullopt, Current().commit);
  return {};
}

// Whether the run ref is one of ours, as this push says or as the listing after it shows.
bool GitClaim::Settle(const PushReport& report) {
  std::string there;
  if (report.status) there = attempts_.back().claim.commit;
  if (!report.status && report.seen) {
    const auto found = report.seen->find(RunRefOf(cluster_));
    if (found != report.seen->end()) there = found->second;
  }
  const auto ours = std::find_if(attempts_.begin(), attempts_.end(),
                                 [&](const Attempt& attempt) { return attempt.claim.commit == there; });
  if (ours == attempts_.end()) return false;
  const std::lock_guard lock(mutex_);
  current_ = *ours;
  attempts_.clear();
  return true;
}

}  // namespace kadende::state
