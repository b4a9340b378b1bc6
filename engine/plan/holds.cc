#include "engine/plan/holds.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"

namespace kadende::plan {
namespace {

constexpr base::TimePoint kNever{};

bool BySlot(const model::Hold& a, const model::Hold& b) {
  return a.slot_key < b.slot_key;
}

model::StateChange Lapsed(const model::ClusterState& state, const std::string& group, const model::Hold& hold,
                          base::TimePoint now) {
  model::Event event;
  event.time = now;
  event.kind = model::EventKind::kHoldLapsed;
  event.cluster = state.cluster.name;
  event.group = group;
  event.slot_key = hold.slot_key;
  event.message = HeldName(group, hold) + " is no longer held: the order of " + hold.owner + " ended at " +
                  base::FormatRfc3339(hold.until);
  return model::EventRecorded{std::move(event)};
}

}  // namespace

bool IsInForce(const model::Hold& hold, base::TimePoint now) {
  return hold.until == kNever || now < hold.until;
}

std::string HeldName(const std::string& group, const model::Hold& hold) {
  return hold.slot_key.empty() ? group : group + "[" + hold.slot_key + "]";
}

std::string HoldSentence(const model::Hold& hold) {
  std::string text = hold.only.empty() ? "held" : "held (" + base::Join(model::ProcessNames(hold.only), ", ") + ")";
  text += " by " + (hold.owner.empty() ? "a person" : hold.owner);
  if (hold.since != kNever) text += " since " + base::FormatRfc3339(hold.since);
  text += hold.until == kNever ? ", without an end" : ", until " + base::FormatRfc3339(hold.until);
  return hold.reason.empty() ? text : text + ": " + hold.reason;
}

bool Forbids(const model::Hold& hold, model::Processes does) {
  return hold.only.empty() || (hold.only.bits & does.bits) != 0;
}

Holds::Holds(const model::GroupRecord* record, base::TimePoint now) {
  if (record == nullptr || record->holds.empty()) return;
  std::copy_if(record->holds.begin(), record->holds.end(), std::back_inserter(in_force_),
               [now](const model::Hold& hold) { return IsInForce(hold, now); });
  std::stable_sort(in_force_.begin(), in_force_.end(), BySlot);
}

const model::Hold* Holds::On(const model::Slot& slot, model::Processes does) const {
  if (in_force_.empty()) return nullptr;
  model::Hold wanted;
  wanted.slot_key = slot.Key();
  const auto own = std::lower_bound(in_force_.begin(), in_force_.end(), wanted, BySlot);
  if (own != in_force_.end() && own->slot_key == wanted.slot_key && Forbids(*own, does)) return &*own;
  const model::Hold& first = in_force_.front();
  return first.slot_key.empty() && Forbids(first, does) ? &first : nullptr;
}

std::set<std::uint32_t> Holds::Ordinals() const {
  std::set<std::uint32_t> ordinals;
  for (const model::Hold& hold : in_force_) {
    if (!Forbids(hold, {model::Processes::Bit(model::Process::kCreate)})) continue;
    const auto ordinal = base::ParseInt(hold.slot_key);
    if (ordinal && *ordinal >= 0 && *ordinal <= UINT32_MAX) ordinals.insert(static_cast<std::uint32_t>(*ordinal));
  }
  return ordinals;
}

model::StateChanges LapseHolds(const model::ClusterState& state, base::TimePoint now) {
  model::StateChanges changes;
  for (const auto& [path, group] : state.groups) {
    const std::vector<model::Hold>& holds = group.record.holds;
    const auto in_force = [now](const model::Hold& hold) { return IsInForce(hold, now); };
    if (std::all_of(holds.begin(), holds.end(), in_force)) continue;
    model::GroupRecord record = group.record;
    for (const model::Hold& hold : holds) {
      if (!in_force(hold)) changes.push_back(Lapsed(state, path, hold, now));
    }
    std::erase_if(record.holds, [&](const model::Hold& hold) { return !in_force(hold); });
    changes.emplace_back(model::GroupRecorded{std::move(record)});
  }
  return changes;
}

}  // namespace kadende::plan
