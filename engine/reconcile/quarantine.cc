#include "engine/reconcile/quarantine.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"

namespace kadende::reconcile {
namespace {

using model::SlotTrouble;

constexpr base::TimePoint kNever{};
constexpr std::size_t kMaxNamed = 5;

auto Place(auto& troubles, std::uint32_t ordinal) {
  return std::ranges::lower_bound(troubles, ordinal, {}, &SlotTrouble::ordinal);
}

}  // namespace

Quarantine::Quarantine(const model::GroupState& group, const model::RemediationPolicy& policy,
                       base::TimePoint released_at, base::TimePoint now)
    : group_(group), policy_(policy), now_(now), troubles_(group.record.healing.troubles) {
  const auto over = [&](const SlotTrouble& trouble) {
    if (trouble.quarantined_at != kNever && trouble.quarantined_at <= released_at) return true;
    const model::NodeRecord* live = group_.Live(trouble.ordinal);
    return live != nullptr && live->revision != trouble.revision;
  };
  changed_ = std::erase_if(troubles_, over) > 0;
}

bool Quarantine::Lasted(const Patient& patient) const {
  const model::NodeHealth& health = patient.verdict.health;
  const base::TimePoint end = patient.verdict.failing ? health.since : now_;
  return patient.verdict.Joined() && end - health.joined_at >= policy_.retry.lasts_after;
}

void Quarantine::Watch(const Patient& patient, bool counts, model::PassMemory& memory) {
  const Verdict& verdict = patient.verdict;
  if (!verdict.Joined() || verdict.IsUnknown()) return;
  if (std::exchange(memory.failing, verdict.failing) == verdict.failing || !counts) return;
  if (memory.changes == 0 || now_ - memory.changing_since > policy_.flapping.within) {
    memory.changes = 0;
    memory.changing_since = now_;
  }
  ++memory.changes;
  if (policy_.flapping.changes == 0 || memory.changes < policy_.flapping.changes) return;
  Put(patient, "it changed " + base::Count(memory.changes, "time") + " between healthy and unhealthy since " +
                   base::FormatRfc3339(memory.changing_since));
  memory.changes = 0;
}

const SlotTrouble* Quarantine::On(std::uint32_t ordinal) const {
  const auto found = Place(troubles_, ordinal);
  const bool held = found != troubles_.end() && found->ordinal == ordinal && found->quarantined_at != kNever;
  return held ? &*found : nullptr;
}

std::uint32_t Quarantine::WellButHeld(const Census& census) const {
  if (troubles_.empty()) return 0;
  const auto held = std::ranges::count_if(census.patients, [this](const Patient& patient) {
    return !patient.verdict.failing && !patient.verdict.IsUnknown() && On(patient.row->slot.ordinal) != nullptr;
  });
  return static_cast<std::uint32_t>(held);
}

std::optional<Hindrance> Quarantine::Brake() const {
  std::vector<std::string> names;
  std::size_t all = 0;
  for (const SlotTrouble& trouble : troubles_) {
    if (trouble.quarantined_at == kNever || ++all > kMaxNamed) continue;
    const model::NodeRecord* live = group_.Live(trouble.ordinal);
    const model::Slot slot = live == nullptr ? model::Slot{trouble.ordinal, ""} : live->slot;
    names.push_back(model::NodeAddress{group_.record.path, slot}.Display() + ": " + trouble.why);
  }
  if (all == 0) return std::nullopt;
  std::string detail = base::Join(names, "; ");
  if (all > names.size()) detail += "; and " + std::to_string(all - names.size()) + " more";
  return Hindrance{model::BrakeKind::kQuarantine, std::move(detail), {}};
}

base::TimePoint Quarantine::Wait(const Patient& patient) {
  const auto found = Place(troubles_, patient.row->slot.ordinal);
  if (found == troubles_.end() || found->ordinal != patient.row->slot.ordinal || Lasted(patient)) return kNever;
  if (found->tries >= policy_.retry.max && found->incarnation != patient.row->incarnation) {
    Put(patient, base::Count(found->tries, "replacement") + " in a row did not last");
    return kNever;
  }
  const base::TimePoint next = std::min(found->last_at, now_) + policy_.retry.period;
  return found->incarnation != patient.row->incarnation && now_ < next ? next : kNever;
}

void Quarantine::Tried(const Patient& patient) {
  SlotTrouble& trouble = Of(patient);
  if (trouble.incarnation == patient.row->incarnation) return;
  if (Lasted(patient)) trouble.tries = 0;
  trouble.incarnation = patient.row->incarnation;
  ++trouble.tries;
  trouble.last_at = now_;
  changed_ = true;
}

void Quarantine::Put(const Patient& patient, std::string why) {
  SlotTrouble& trouble = Of(patient);
  if (trouble.quarantined_at != kNever) return;
  trouble.quarantined_at = now_;
  trouble.why = std::move(why);
  changed_ = true;
}

SlotTrouble& Quarantine::Of(const Patient& patient) {
  const std::uint32_t ordinal = patient.row->slot.ordinal;
  const auto found = Place(troubles_, ordinal);
  if (found != troubles_.end() && found->ordinal == ordinal) return *found;
  SlotTrouble trouble;
  trouble.ordinal = ordinal;
  trouble.revision = patient.row->revision;
  return *troubles_.insert(found, std::move(trouble));
}

}  // namespace kadende::reconcile
