#include "engine/apply/frontier.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

namespace kadende::apply {
namespace {

constexpr std::uint32_t kDead = std::numeric_limits<std::uint32_t>::max();

bool SharesIntent(const model::Action& a, const model::Action& b) {
  return a.kind == model::ActionKind::kDestroy && b.kind == a.kind && a.group == b.group && a.slot == b.slot &&
         a.incarnation == b.incarnation;
}

}  // namespace

Frontier::Frontier(const model::ActionGraph& graph) : graph_(graph) {
  const auto count = static_cast<std::uint32_t>(graph.actions.size());
  pending_.assign(count, 0);
  offsets_.assign(count + 1, 0);
  dependents_.resize(graph.waits_for.size());
  for (const model::ActionId before : graph.waits_for) ++offsets_[before + 1];
  std::partial_sum(offsets_.begin(), offsets_.end(), offsets_.begin());
  std::vector<std::uint32_t> next(offsets_.begin(), offsets_.end() - 1);
  for (std::uint32_t action = 0; action < count; ++action) {
    pending_[action] = graph.offsets[action + 1] - graph.offsets[action];
    for (std::uint32_t edge = graph.offsets[action]; edge < graph.offsets[action + 1]; ++edge) {
      dependents_[next[graph.waits_for[edge]]++] = action;
    }
  }

  by_rank_.resize(count);
  std::iota(by_rank_.begin(), by_rank_.end(), 0);
  std::sort(by_rank_.begin(), by_rank_.end(), [&graph](model::ActionId a, model::ActionId b) {
    const model::Action& left = graph.actions[a];
    const model::Action& right = graph.actions[b];
    return std::tie(left.group, left.slot.ordinal, a) < std::tie(right.group, right.slot.ordinal, b);
  });
  rank_.resize(count);
  for (std::uint32_t rank = 0; rank < count; ++rank) rank_[by_rank_[rank]] = rank;
  for (std::uint32_t rank = 0; rank < count; ++rank) {
    if (pending_[by_rank_[rank]] == 0) ready_.push(rank);
  }
}

template <class Visit>
void Frontier::ForEachDependent(model::ActionId action, Visit visit) const {
  for (std::uint32_t edge = offsets_[action]; edge < offsets_[action + 1]; ++edge) visit(dependents_[edge]);
}

model::ActionId Frontier::PopReady() {
  const model::ActionId action = by_rank_[ready_.top()];
  ready_.pop();
  return action;
}

void Frontier::Done(model::ActionId action) {
  ForEachDependent(action, [this](model::ActionId dependent) {
    if (pending_[dependent] != kDead && --pending_[dependent] == 0) ready_.push(rank_[dependent]);
  });
}

void Frontier::ReleaseTurn(model::ActionId id) {
  const model::Action& action = graph_.actions[id];
  for (std::uint32_t edge = offsets_[id]; edge < offsets_[id + 1]; ++edge) {
    const model::ActionId dependent = dependents_[edge];
    if (dependent == id || !SharesIntent(action, graph_.actions[dependent])) continue;
    if (pending_[dependent] != kDead && --pending_[dependent] == 0) ready_.push(rank_[dependent]);
    dependents_[edge] = id;  // no dependent any more
  }
}

std::vector<model::ActionId> Frontier::Fail(model::ActionId action) {
  std::vector<model::ActionId> dead;
  std::vector<model::ActionId> open{action};
  while (!open.empty()) {
    const model::ActionId failed = open.back();
    open.pop_back();
    ForEachDependent(failed, [&](model::ActionId dependent) {
      if (dependent == failed || pending_[dependent] == kDead) return;
      pending_[dependent] = kDead;
      dead.push_back(dependent);
      open.push_back(dependent);
    });
  }
  std::sort(dead.begin(), dead.end());
  return dead;
}

}  // namespace kadende::apply
