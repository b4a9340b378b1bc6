#include "engine/apply/tally.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace kadende::apply {
namespace {

bool IsHalf(const model::Action& action) {
  return action.replace && (action.kind == model::ActionKind::kCreate || action.kind == model::ActionKind::kDestroy);
}

void AddPair(std::uint32_t created, std::uint32_t destroyed, model::ChangeCounts* counts) {
  const std::uint32_t replaced = std::min(created, destroyed);
  counts->replace += replaced;
  counts->create += created - replaced;
  counts->destroy += destroyed - replaced;
}

}  // namespace

Tally::Tally(const model::Plan& plan, const model::StateChanges& settled) : plan_(plan) {
  if (!settled.empty()) CountSettled(settled);
}

void Tally::CountSettled(const model::StateChanges& settled) {
  std::map<std::string_view, std::uint32_t> groups;
  const auto add = [&groups](std::string_view path) {
    return groups.try_emplace(path, static_cast<std::uint32_t>(groups.size())).first->second;
  };
  for (const model::PlanGroup& group : plan_.groups) add(group.path);
  // Settled under the old path, planned under the new one.
  for (std::uint32_t i = 0; i < plan_.groups.size(); ++i) {
    if (!plan_.groups[i].moved_from.empty()) groups.insert_or_assign(plan_.groups[i].moved_from, i);
  }
  for (const model::StateChange& change : settled) {
    if (const auto* created = std::get_if<model::NodeCreated>(&change)) {
      ++nodes_[Key(add(created->group), created->node.slot.ordinal)].created;
    } else if (const auto* gone = std::get_if<model::NodeGone>(&change)) {
      ++nodes_[Key(add(gone->group), gone->slot.ordinal)].destroyed;
    }
  }
}

void Tally::Done(model::ActionId id, model::ChangeCounts* counts) {
  const model::Action& action = plan_.graph.actions[id];
  const std::uint64_t key = Key(action.group, action.slot.ordinal);
  if (IsHalf(action)) {
    Halves& halves = nodes_[key];
    ++(action.kind == model::ActionKind::kCreate ? halves.created : halves.destroyed);
    return;
  }
  switch (action.kind) {
    case model::ActionKind::kCreate:
      ++counts->create;
      return;
    case model::ActionKind::kAdopt:
    case model::ActionKind::kHook:
    case model::ActionKind::kUpdate:
    case model::ActionKind::kRestart:
      ++counts->update;
      return;
    case model::ActionKind::kDestroy:
      // The old half of a replacement whose new one was found.
      if (action.reason == model::Reason::kReplaced) {
        if (const auto found = nodes_.find(key); found != nodes_.end()) {
          ++found->second.destroyed;
          return;
        }
      }
      ++counts->destroy;
      if (action.reason == model::Reason::kStray) ++counts->strays;
      return;
    case model::ActionKind::kGate:
    case model::ActionKind::kDrain:
    case model::ActionKind::kForget:
    case model::ActionKind::kSet:
      return;
  }
}

void Tally::Close(model::ChangeCounts* counts) const {
  for (const auto& [node, halves] : nodes_) AddPair(halves.created, halves.destroyed, counts);
}

model::ChangeCounts CountBetween(const model::ClusterState& before, const model::ClusterState& after) {
  model::ChangeCounts counts;
  std::unordered_map<model::Token, const model::NodeRecord*> old;
  for (const auto& [path, group] : before.groups) {
    for (const auto& [key, node] : group.nodes) {
      if (node.phase != model::NodePhase::kTombstone) old.emplace(node.token, &node);
    }
  }
  std::map<std::pair<std::string_view, std::uint32_t>, std::pair<std::uint32_t, std::uint32_t>> changed;
  for (const auto& [path, group] : after.groups) {
    for (const auto& [key, node] : group.nodes) {
      if (node.phase == model::NodePhase::kTombstone) continue;
      const auto same = old.find(node.token);
      if (same == old.end()) {
        ++changed[{path, key.ordinal}].first;
        continue;
      }
      if (same->second->revision != node.revision) ++counts.update;
      old.erase(same);
    }
  }
  // What is left is gone: from the slot of the same path, or of what the path was renamed to.
  for (const auto& [path, group] : before.groups) {
    const auto today = after.groups.find(path);
    const bool moved = today != after.groups.end() && !today->second.record.moved_to.empty();
    const std::string_view name = moved ? std::string_view(today->second.record.moved_to) : std::string_view(path);
    for (const auto& [key, node] : group.nodes) {
      if (node.phase != model::NodePhase::kTombstone && old.contains(node.token)) ++changed[{name, key.ordinal}].second;
    }
  }
  for (const auto& [node, halves] : changed) AddPair(halves.first, halves.second, &counts);
  return counts;
}

}  // namespace kadende::apply
