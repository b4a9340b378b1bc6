#include "engine/reconcile/census.h"

#include <algorithm>
#include <utility>

#include "engine/plan/group_facts.h"

namespace kadende::reconcile {
namespace {

using model::NodeRecord;
using model::NodeRowKey;

class Taker {
 public:
  Taker(const RemediationInput& input, const model::GroupPolicy& policy) : in_(input), policy_(policy) {}

  // Rows, sights and health have the same order: one walk over all three.
  Census Run() {
    for (const model::Intent* intent : in_.intents) {
      const NodeRowKey key{intent->node.slot.ordinal, intent->incarnation};
      if (intent->kind == model::IntentKind::kCreate) {
        census_.creating.insert(key.ordinal);
      } else {
        census_.destroying.emplace(key, intent->instance_id);
      }
    }
    static const std::vector<model::NodeHealth> nothing;
    const std::vector<model::NodeHealth>& health = in_.health == nullptr ? nothing : *in_.health;
    auto known = health.begin();
    auto sight = in_.view->nodes.begin();
    for (const auto& [key, row] : in_.group->nodes) {
      if (row.phase == model::NodePhase::kTombstone) continue;
      while (sight != in_.view->nodes.end() && sight->first < key) ++sight;
      while (known != health.end() && KeyOf(*known) < key) ++known;
      const bool seen = sight != in_.view->nodes.end() && sight->first == key;
      const bool looked = known != health.end() && KeyOf(*known) == key;
      static const plan::NodeSight unseen;
      AddRow(key, row, seen ? sight->second : unseen, looked ? &*known : nullptr);
    }
    return std::move(census_);
  }

 private:
  void AddRow(const NodeRowKey& key, const NodeRecord& row, const plan::NodeSight& sight,
              const model::NodeHealth* known) {
    const auto destroy = census_.destroying.find(key);
    const bool going = destroy != census_.destroying.end() && destroy->second == row.instance_id;
    if (row.phase == model::NodePhase::kLeaving || going) {
      if (!plan::IsGone(sight)) census_.leaving.push_back(&row);
      return;
    }
    ++census_.members;
    if (plan::IsGone(sight)) {
      census_.gone.insert(key.ordinal);
      if (row.incarnation > 1) AddShortLived(row, known);
      return;
    }
    Patient patient{&row, JudgeNode({row, sight, known, policy_, in_.watching_since, in_.now, in_.shortest_grace}),
                    known != nullptr};
    census_.healthy += patient.verdict.health.state == model::HealthState::kHealthy ? 1 : 0;
    census_.failing += patient.verdict.failing ? 1 : 0;
    census_.unknown += patient.verdict.IsUnknown() ? 1 : 0;
    census_.patients.push_back(std::move(patient));
  }

  // A node that has run for long, of which this process merely knows nothing, is none.
  void AddShortLived(const NodeRecord& row, const model::NodeHealth* known) {
    if (known == nullptr || known->joined_at == base::TimePoint{}) {
      if (in_.now < row.created_at + policy_.timeouts.join) census_.short_lived.push_back({&row, std::nullopt});
      return;
    }
    const auto lived = std::chrono::duration_cast<base::Millis>(in_.now - known->joined_at);
    if (lived >= base::Millis(0) && lived < policy_.backoff_max) census_.short_lived.push_back({&row, lived});
  }

  const RemediationInput& in_;
  const model::GroupPolicy& policy_;
  Census census_;
};

}  // namespace

bool Census::HasFormer(std::uint32_t ordinal) const {
  auto found = std::lower_bound(leaving.begin(), leaving.end(), ordinal,
                                [](const NodeRecord* row, std::uint32_t slot) { return row->slot.ordinal < slot; });
  return found != leaving.end() && (*found)->slot.ordinal == ordinal;
}

Census TakeCensus(const RemediationInput& input, const model::GroupPolicy& policy) {
  return Taker(input, policy).Run();
}

}  // namespace kadende::reconcile
