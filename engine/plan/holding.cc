#include "engine/plan/holding.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/plan/create_backoff.h"
#include "engine/plan/group_facts.h"

namespace kadende::plan {
namespace {

std::string Sentence(std::uint32_t count, const char* what, const model::CreateBackoff& backoff) {
  return base::Count(count, what) + " held back until " + base::FormatRfc3339(backoff.next_at) + " after " +
         base::Count(backoff.failures, "failure") + ": " + backoff.last_error;
}

}  // namespace

bool Holding::MayCreateNow(const model::RevisionRecord& revision) {
  if (!Heals() ||
      MayCreate(in_.prior->record.backoff, revision.id, in_.prior->record.target.policy.backoff_max, in_.now))
    return true;
  ++creates_;
  return false;
}

bool Holding::MayDestroyNow() {
  if (!Heals() || MayDestroy(in_.prior->record.destroy_backoff, LastPolicy(in_.prior->record).backoff_max, in_.now))
    return true;
  ++destroys_;
  return false;
}

// Healing leaves a slot alone while nobody can decide what became of its create: it can not be repeated, no listing has
// it, and it is younger than its time limit. A pass that only looked again would change nothing and be recorded.
bool Holding::MayStillLand(const std::vector<const model::Intent*>& creates, const model::GroupPolicy& policy) {
  if (!Heals() || in_.manifest == nullptr || in_.manifest->idempotent_tokens) return false;
  base::TimePoint until{};
  for (const model::Intent* intent : creates) {
    const model::RevisionRecord* revision = in_.prior->Revision(intent->revision);
    if (revision == nullptr || revision->provider.name != in_.manifest->name) continue;
    until = std::max(until, intent->written_at + policy.timeouts.create);
  }
  if (until <= in_.now) return false;
  landing_until_ = std::max(landing_until_, until);
  ++landing_;
  return true;
}

void Holding::Note(std::vector<std::string>& notes) const {
  if (creates_ > 0) notes.push_back(Sentence(creates_, "create", in_.prior->record.backoff));
  if (destroys_ > 0) notes.push_back(Sentence(destroys_, "destroy", in_.prior->record.destroy_backoff));
  if (landing_ > 0) {
    notes.push_back(base::Count(landing_, "create") + " of earlier runs may still land; waiting until " +
                    base::FormatRfc3339(landing_until_));
  }
}

}  // namespace kadende::plan
