#include "engine/plan/strays.h"

#include <algorithm>
#include <utility>

namespace kadende::plan {
namespace {

// Slots that are to be filled, and which of them adoptions fill.
class FreePlaces {
 public:
  explicit FreePlaces(std::vector<model::Slot>& slots) : slots_(slots), filled_(slots.size(), false) {}

  // Into its own slot only: its token was made for that one.
  bool Take(const model::Slot& wanted) {
    const auto slot = std::lower_bound(slots_.begin(), slots_.end(), wanted);
    if (slot == slots_.end() || !(*slot == wanted)) return false;
    const auto place = static_cast<std::size_t>(slot - slots_.begin());
    if (filled_[place]) return false;
    return filled_[place] = true;
  }

  void TakeOutFilled() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (!filled_[i]) std::swap(slots_[kept++], slots_[i]);
    }
    slots_.resize(kept);
  }

 private:
  std::vector<model::Slot>& slots_;
  std::vector<bool> filled_;
};

NodeChange DestroyOf(const model::Instance& instance, std::uint16_t revision) {
  NodeChange change;
  change.kind = ChangeKind::kDestroy;
  change.reason = model::Reason::kStray;
  change.slot = instance.owner.slot;
  change.incarnation = instance.owner.incarnation;
  change.instance_id = instance.id;
  change.old_exists = true;
  change.from_revision = revision;
  return change;
}

}  // namespace

Strays HandleStrays(const std::vector<UnrecordedInstance>& strays, model::OrphanPolicy policy,
                    std::vector<model::Slot>& added, const std::function<std::uint16_t(const base::Digest&)>& index) {
  Strays found;
  FreePlaces places(added);
  for (const UnrecordedInstance& stray : strays) {
    const model::Ownership& owner = stray.instance.owner;
    found.drift.push_back({0, owner.slot, owner.incarnation, model::Reason::kStray, stray.instance.id,
                           std::string(model::InstanceStatusName(stray.instance.status))});
    NodeChange change = DestroyOf(stray.instance, index(owner.revision));
    const bool adopts = policy == model::OrphanPolicy::kAdopt;
    if (adopts && change.from_revision != model::kNoRevision && places.Take(change.slot)) {
      change.kind = ChangeKind::kAdopt;
      change.to_revision = change.from_revision;
    } else if (policy != model::OrphanPolicy::kDestroy) {
      found.notes.push_back("stray instance " + stray.instance.id +
                            " is left alone (orphans: " + (adopts ? "adopt, no free place)" : "report)"));
      continue;
    }
    found.changes.push_back(std::move(change));
  }
  places.TakeOutFilled();
  return found;
}

}  // namespace kadende::plan
