#include "engine/plan/create_backoff.h"

#include <algorithm>
#include <utility>

namespace kadende::plan {

model::CreateBackoff AfterFailure(const model::CreateBackoff& before, const base::Digest& revision,
                                  const model::GroupPolicy& policy, std::string error, base::TimePoint now) {
  model::CreateBackoff after;
  after.failures = before.revision == revision ? before.failures + 1 : 1;
  after.revision = revision;
  after.last_error = std::move(error);
  base::Millis delay = std::min(policy.backoff_base, policy.backoff_max);
  // Doubling stops at the cap, so the number of failures can not overflow it.
  for (std::uint32_t i = 1; i < after.failures && delay < policy.backoff_max && delay.count() > 0; ++i) {
    delay = std::min(delay * 2, policy.backoff_max);
  }
  after.next_at = now + delay;
  return after;
}

model::CreateBackoff AfterSuccess() {
  return {};
}

bool MayCreate(const model::CreateBackoff& backoff, const base::Digest& revision, base::Millis longest,
               base::TimePoint now) {
  return backoff.revision != revision || MayDestroy(backoff, longest, now);
}

bool MayDestroy(const model::CreateBackoff& backoff, base::Millis longest, base::TimePoint now) {
  return backoff.failures == 0 || now >= backoff.next_at || backoff.next_at - now > longest;
}

}  // namespace kadende::plan
