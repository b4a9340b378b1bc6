#include "engine/reconcile/unhealthy_brake.h"

#include <algorithm>

#include "engine/base/text.h"

namespace kadende::reconcile {
namespace {

std::string Failing(const Ailing& ailing) {
  return std::to_string(ailing.failing) + " of " + base::Count(ailing.live, "live node") +
         (ailing.failing == 1 ? " is" : " are") + " unhealthy, ";
}

std::string Unknown(const Ailing& ailing) {
  return ailing.unknown == 0 ? std::string() : "; " + std::to_string(ailing.unknown) + " unknown";
}

}  // namespace

std::optional<Hindrance> BrakeUnhealthy(const Ailing& ailing, const model::RemediationPolicy& policy) {
  const auto& range = policy.unhealthy_range;
  const std::uint32_t known = ailing.braked ? ailing.live : ailing.live - ailing.unknown;
  const std::uint32_t counted = ailing.braked ? ailing.failing + ailing.unknown : ailing.failing;
  const model::CountOrPercent& allowed = range ? range->max : policy.max_unhealthy;
  const std::uint32_t most = AtLeastOne(allowed, std::min(ailing.size, known));
  const std::uint32_t fewest = range ? range->min.RoundUp(ailing.size) : 0;
  const bool too_few = ailing.failing > 0 && ailing.failing < fewest;
  if (counted <= most && !too_few) return std::nullopt;
  if (!range) {
    return Hindrance{
        model::BrakeKind::kMaxUnhealthy, Failing(ailing) + LimitText(allowed, most) + " may be" + Unknown(ailing), {}};
  }
  return Hindrance{model::BrakeKind::kUnhealthyRange,
                   Failing(ailing) + LimitText(range->min, fewest) + " to " + LimitText(range->max, most) +
                       " are acted upon" + Unknown(ailing),
                   {}};
}

}  // namespace kadende::reconcile
