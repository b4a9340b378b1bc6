// Step "order": the changes of a group -> actions and their edges, within maxSurge and maxUnavailable. Pure.
//
// Replacements run in lanes: launch-first has maxSurge lanes, each create, destroy, create, destroy, ...; destroy-first
// has maxUnavailable lanes, at least one, each destroy, create, ... A replacement waits for the one before it in its
// lane, so replacement i+k waits for i. What is provably gone is brought back without waiting.
//
// In groups with health checks or a bake time a gate stands behind each new node of a replacement: the old instance
// goes, and the lane goes on, once the new one is healthy and baked. What an earlier run replaced and has not gone yet
// takes up a lane until its successor is healthy. Groups that depend on the group wait for a gate of all its new nodes:
// for their health, not for the bake time.
//
// Blue-green and recreate have all replacements at once, with one gate between the new and the old ones. That gate, and
// one between two replacements of a lane where rollout.pause is set, is of the whole group with reason `replaced`: it
// waits for rollout.pause and for nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/manifest.h"
#include "engine/plan/action_graph.h"
#include "engine/plan/diff.h"

namespace kadende::plan {

struct ReplaceOrdering {
  bool destroy_first = false;
  std::string reason;  // why it is not the default; empty for the default
};
// `revision`: what new nodes are made from. Nodes with a logical id, with properties that name the node, or with
// properties that only one instance can have, can not exist twice.
[[nodiscard]] ReplaceOrdering DecideOrder(const model::GroupTarget& target, const model::RevisionRecord& revision,
                                          const model::Manifest& manifest);

struct GroupActions {
  std::vector<model::ActionId> creations;  // after these the group is as wanted by those that depend on it
  std::vector<model::ActionId> starters;   // these wait until what the group depends on is there
  std::vector<model::ActionId> removals;   // planned removals, in the reverse order of dependsOn
  // Over all orders in which the edges let the actions run; failures only make fewer of them happen.
  std::uint32_t lowest_live = 0;
  std::uint32_t highest_total = 0;
};

struct OrderOptions {
  bool destroy_first = false;
  // Healing has no gates: what is replaced stays until a later pass finds its successor healthy (judgement.h).
  bool heal_only = false;
};
[[nodiscard]] GroupActions AddGroup(GraphBuilder& builder, std::uint32_t group, const GroupDiff& diff,
                                    const model::GroupTarget& target, const OrderOptions& options);

// "`group` needs `others`": its starters wait for their creations, their removals for its own. One gate per group that
// is waited for keeps the edges linear in the number of nodes.
struct Dependency {
  std::uint32_t group = 0;
  std::vector<std::uint32_t> creates_after;  // groups whose creations come first
  std::vector<std::uint32_t> removes_after;  // groups whose removals come first
};
void AddDependencies(GraphBuilder& builder, const std::vector<GroupActions>& groups,
                     const std::vector<Dependency>& dependencies);

}  // namespace kadende::plan
