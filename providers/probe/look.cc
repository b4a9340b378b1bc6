#include "providers/probe/look.h"

#include <algorithm>
#include <utility>

namespace kadende::providers::probe {
namespace {

constexpr base::Millis kHeldUp(1000);

}  // namespace

std::optional<Outcome> HeldUp(Clock::time_point due) {
  const auto late = std::chrono::duration_cast<base::Millis>(Clock::now() - due);
  if (late < kHeldUp) return std::nullopt;
  return Outcome{model::Finding::kUnknown, "kadende itself was held up for " + base::FormatDuration(late)};
}

NetworkLook::NetworkLook(Loop& loop, Resolver& resolver, base::Millis timeout, Finish finish)
    : loop_(loop), resolver_(resolver), timeout_(timeout), finish_(std::move(finish)) {}

NetworkLook::~NetworkLook() {
  if (question_ != 0) resolver_.Cancel(question_);
  loop_.Cancel(&timer_);
}

void NetworkLook::Connect(const std::string& host, const std::string& port) {
  host_ = host;
  deadline_ = Clock::now() + timeout_;
  if (const auto numeric = NumericEndpoint(host, port)) return Found({{*numeric}, {}});
  question_ = resolver_.Ask({host, port}, [this](const Resolved& resolved) {
    question_ = 0;
    Found(resolved);
  });
}

void NetworkLook::Found(const Resolved& resolved) {
  if (resolved.endpoints.empty()) {
    // That a name is not known says nothing of the node: it is this side that could not look.
    return Finished({model::Finding::kUnknown, Shorten(host_ + " cannot be looked up: " + resolved.error)});
  }
  if (std::any_of(resolved.endpoints.begin(), resolved.endpoints.end(), IsMetadataService)) {
    return Finished({model::Finding::kUnknown,
                     Shorten("refused: " + host_ + " is a cloud's metadata service, which no check may ask")});
  }
  endpoints_ = resolved.endpoints;
  TryNext();
}

void NetworkLook::TryNext() {
  loop_.Cancel(&timer_);
  if (next_ == endpoints_.size()) return Finished(failure_);
  const std::size_t left = endpoints_.size() - next_;
  if (left > 1) {
    const auto now = Clock::now();
    const auto part = std::max(deadline_ - now, Clock::duration::zero()) / static_cast<Clock::rep>(left);
    timer_ = loop_.At(now + part, [this, due = now + part] {
      timer_ = Loop::kNoTimer;
      if (auto held_up = HeldUp(due)) return Finished(std::move(*held_up));
      LeaveAddress();
      AddressFailed(TimedOut(timeout_));
    });
  }
  TryAddress(endpoints_[next_++]);
}

void NetworkLook::AddressFailed(Outcome failure) {
  // A machine without IPv6 cannot reach the first address of many a name; what the reachable one said counts.
  const bool telling = failure.finding == model::Finding::kFail || failure_.finding == model::Finding::kUnknown;
  if (telling) failure_ = std::move(failure);
  TryNext();
}

void NetworkLook::Connected() {
  loop_.Cancel(&timer_);
}

void NetworkLook::Finished(Outcome outcome) {
  loop_.Cancel(&timer_);
  finish_(std::move(outcome));
}

Outcome NetworkLook::Expire() {
  if (question_ == 0) return TimedOut(timeout_);
  return {model::Finding::kUnknown, Shorten(host_ + " was not looked up within " + base::FormatDuration(timeout_))};
}

}  // namespace kadende::providers::probe
