#include "engine/reconcile/quorum.h"

#include <algorithm>

#include "engine/base/text.h"

namespace kadende::reconcile {

std::optional<Hindrance> CheckQuorum(std::uint32_t size, std::uint32_t healthy) {
  const std::uint32_t away = size - std::min(size, healthy);
  const std::uint32_t spare = size == 0 ? 0 : (size - 1) / 2;
  if (away <= spare) return std::nullopt;
  return Hindrance{model::BrakeKind::kQuorum,
                   std::to_string(away) + " of " + base::Count(size, "member") + (away == 1 ? " is" : " are") +
                       " not healthy, the quorum allows " + std::to_string(spare),
                   {}};
}

}  // namespace kadende::reconcile
