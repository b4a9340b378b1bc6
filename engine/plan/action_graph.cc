#include "engine/plan/action_graph.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>

namespace kadende::plan {
namespace {

using model::ActionId;
using Edges = std::vector<std::pair<ActionId, ActionId>>;

// Edges sorted by their first half, as offsets into the second: the shape of ActionGraph itself.
struct Adjacency {
  std::vector<std::uint32_t> offsets;
  std::vector<ActionId> targets;
};

Adjacency Group(const Edges& edges, std::size_t count, bool by_second) {
  Adjacency result;
  result.offsets.assign(count + 1, 0);
  for (const auto& [action, before] : edges) ++result.offsets[(by_second ? before : action) + 1];
  std::partial_sum(result.offsets.begin(), result.offsets.end(), result.offsets.begin());
  result.targets.resize(edges.size());
  std::vector<std::uint32_t> next(result.offsets.begin(), result.offsets.end() - 1);
  for (const auto& [action, before] : edges) {
    result.targets[next[by_second ? before : action]++] = by_second ? action : before;
  }
  return result;
}

// Kahn's algorithm, always taking the lowest id that is free. Shorter than `count` where there is a circle.
std::vector<ActionId> Order(const Edges& edges, std::size_t count) {
  std::vector<ActionId> order(count);
  std::iota(order.begin(), order.end(), ActionId{0});
  const bool sorted = std::all_of(edges.begin(), edges.end(), [](const auto& e) { return e.second < e.first; });
  if (sorted) return order;
  order.clear();
  const Adjacency dependents = Group(edges, count, true);
  std::vector<std::uint32_t> open(count, 0);
  for (const auto& [action, before] : edges) ++open[action];
  std::priority_queue<ActionId, std::vector<ActionId>, std::greater<>> ready;
  for (ActionId id = 0; id < count; ++id) {
    if (open[id] == 0) ready.push(id);
  }
  while (!ready.empty()) {
    const ActionId id = ready.top();
    ready.pop();
    order.push_back(id);
    for (std::uint32_t i = dependents.offsets[id]; i < dependents.offsets[id + 1]; ++i) {
      if (--open[dependents.targets[i]] == 0) ready.push(dependents.targets[i]);
    }
  }
  return order;
}

}  // namespace

ActionId GraphBuilder::Add(model::Action action) {
  actions_.push_back(std::move(action));
  return static_cast<ActionId>(actions_.size() - 1);
}

base::Result<model::ActionGraph> GraphBuilder::Build() {
  const std::size_t count = actions_.size();
  const std::vector<ActionId> order = Order(edges_, count);
  if (order.size() != count) return base::Fail(base::ErrorCode::kInternal, "the actions of the plan wait in a circle");
  std::vector<ActionId> final_id(count);
  for (ActionId i = 0; i < count; ++i) final_id[order[i]] = i;
  for (auto& [action, before] : edges_) {
    action = final_id[action];
    before = final_id[before];
  }
  model::ActionGraph graph;
  graph.actions.reserve(count);
  for (const ActionId id : order) graph.actions.push_back(std::move(actions_[id]));
  Adjacency waits = Group(edges_, count, false);
  graph.offsets = std::move(waits.offsets);
  graph.waits_for = std::move(waits.targets);
  for (std::size_t i = 0; i < count; ++i) {
    std::sort(graph.waits_for.begin() + graph.offsets[i], graph.waits_for.begin() + graph.offsets[i + 1]);
  }
  actions_.clear();
  edges_.clear();
  return graph;
}

}  // namespace kadende::plan
