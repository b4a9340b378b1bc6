#include "engine/reconcile/pace.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"

namespace kadende::reconcile {
namespace {

constexpr base::Millis kMinute = std::chrono::minutes(1);
constexpr base::Millis kKept = std::chrono::hours(1) + kMinute;  // an entry stands for a minute

// SEMANTICS 3, blast cap: 25 % of a group or 10 nodes, whichever is smaller, but at least one.
constexpr model::CountOrPercent kUsualCap{25, true};
constexpr std::uint32_t kUsualMost = 10;

std::uint32_t CapOf(const model::RemediationPolicy& policy, std::uint32_t size) {
  if (policy.blast_cap) return AtLeastOne(*policy.blast_cap, size);
  return std::min(kUsualMost, AtLeastOne(kUsualCap, size));
}

std::uint32_t Sum(const std::vector<model::GivenUp>& entries) {
  std::uint32_t sum = 0;
  for (const model::GivenUp& entry : entries) sum += entry.nodes;
  return sum;
}

}  // namespace

Pace::Pace(model::GroupHealing healing, const model::RemediationPolicy& policy, std::uint32_t size, base::TimePoint now)
    : healing_(std::move(healing)),
      policy_(policy),
      burst_(AtLeastOne(policy.rate.count, size)),
      cap_(CapOf(policy, size)),
      now_(now) {
  healing_.rate_full_at = std::min(healing_.rate_full_at, now + policy.rate.per);
  for (model::GivenUp& entry : healing_.given_up) entry.at = std::min(entry.at, now);
  std::erase_if(healing_.given_up, [now](const model::GivenUp& entry) { return entry.at + kKept <= now; });
}

base::Millis Pace::Token() const {
  return std::max(base::Millis(1), policy_.rate.per / std::max<std::uint32_t>(1, burst_));
}

void Pace::Settle(const std::function<bool(const model::NodeRowKey&)>& came_to_nothing) {
  const auto undone = std::erase_if(healing_.promised, came_to_nothing);
  if (undone == 0) return;
  changed_ = true;
  healing_.rate_full_at -= Token() * static_cast<std::int64_t>(undone);
  if (healing_.given_up.empty()) return;  // an hour ago
  model::GivenUp& last = healing_.given_up.back();
  last.nodes -= std::min(last.nodes, static_cast<std::uint32_t>(undone));
  if (last.nodes == 0) healing_.given_up.pop_back();
}

std::optional<Hindrance> Pace::Check() const {
  if (auto cap = CheckCap()) return cap;
  return CheckRate();
}

std::optional<Hindrance> Pace::CheckRate() const {
  const std::string limit = LimitText(policy_.rate.count, burst_) + " per " + base::FormatDuration(policy_.rate.per);
  if (burst_ == 0) return Hindrance{model::BrakeKind::kRate, limit + " lets nothing go", {}};
  const base::TimePoint until = healing_.rate_full_at - Token() * (burst_ - 1);
  if (until <= now_) return std::nullopt;
  return Hindrance{model::BrakeKind::kRate, limit + " may be given up, and that is used up", until};
}

std::optional<Hindrance> Pace::CheckCap() const {
  std::uint32_t lately = Sum(healing_.given_up);
  if (lately < cap_) return std::nullopt;
  Hindrance hindrance{model::BrakeKind::kBlastCap,
                      base::Count(lately, "live node") + (lately == 1 ? " was" : " were") +
                          " given up within the last hour, " + std::to_string(cap_) + " may be",
                      {}};
  for (const model::GivenUp& entry : healing_.given_up) {
    lately -= entry.nodes;
    hindrance.until = entry.at + kKept;
    if (lately < cap_) break;
  }
  if (cap_ == 0) hindrance.until = {};
  return hindrance;
}

void Pace::Promise(const model::NodeRowKey& node) {
  if (!std::exchange(promised_, true)) healing_.promised.clear();
  changed_ = true;
  healing_.promised.push_back(node);
  healing_.rate_full_at = std::max(healing_.rate_full_at, now_) + Token();
  std::vector<model::GivenUp>& entries = healing_.given_up;
  if (entries.empty() || now_ - entries.back().at >= kMinute) entries.push_back({now_, 0});
  ++entries.back().nodes;
}

std::optional<Hindrance> CheckCapacity(const model::RemediationPolicy& policy, std::uint32_t size,
                                       std::uint32_t healthy, std::uint32_t work) {
  const std::uint32_t wanted = std::min(size, policy.min_capacity.RoundUp(size));
  if (work == 0 || healthy >= wanted) return std::nullopt;
  return Hindrance{model::BrakeKind::kMinCapacity,
                   std::to_string(healthy) + " of " + base::Count(size, "node") + (healthy == 1 ? " is" : " are") +
                       " healthy while " + base::Count(work, "replacement") + (work == 1 ? " is" : " are") +
                       " under way, " + LimitText(policy.min_capacity, wanted) + " should be",
                   {}};
}

}  // namespace kadende::reconcile
