#include "engine/plan/requests.h"

#include <algorithm>
#include <optional>

#include "engine/base/text.h"

namespace kadende::plan {
namespace {

constexpr std::size_t kMaxCandidates = 10;

bool HasNodes(const model::GroupState& group) {
  return std::any_of(group.nodes.begin(), group.nodes.end(),
                     [](const auto& row) { return row.second.phase != model::NodePhase::kTombstone; });
}

bool IsInForce(const model::GroupState& group) {
  const model::GroupRecord& record = group.record;
  return !record.current.revision.IsZero() || !record.target.revision.IsZero() || HasNodes(group);
}

std::string Candidates(const std::string& word, const std::vector<std::string>& all) {
  if (all.empty()) return "there are none yet";
  if (auto nearest = base::Nearest(word, all)) return "did you mean `" + *nearest + "`?";
  std::vector<std::string> some(all.begin(),
                                all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), kMaxCandidates)));
  std::string text = "there are " + base::Join(some, ", ");
  if (all.size() > some.size()) text += " and " + std::to_string(all.size() - some.size()) + " more";
  return text;
}

struct Found {
  std::string path;
  model::Slot slot;
};

class NodeFinder {
 public:
  NodeFinder(const model::ClusterState& state, const Moves& moves) {
    std::map<std::string, std::string> today;
    for (const auto& [to, from] : moves) today[from] = to;
    for (const auto& [path, group] : state.groups) {
      auto moved = today.find(path);
      groups_[moved == today.end() ? path : moved->second] = &group;
    }
  }

  std::optional<Found> Find(const std::string& text) const {
    const model::NodeQuery query = model::ParseNodeQuery(text);
    if (!query.group.empty()) return FindSlot(query.group, query.slot_key);
    for (const auto& [path, group] : groups_) {
      std::string prefix = path + "-";
      std::replace(prefix.begin(), prefix.end(), '/', '-');
      if (!query.name.starts_with(prefix)) continue;
      if (auto found = FindSlot(path, query.name.substr(prefix.size()))) return found;
    }
    return std::nullopt;
  }

  std::vector<std::string> All() const {
    std::vector<std::string> all;
    for (const auto& [path, group] : groups_) {
      for (const auto& [key, row] : group->nodes) {
        if (row.phase == model::NodePhase::kLive) all.push_back(model::NodeAddress{path, row.slot}.Display());
      }
    }
    return all;
  }

 private:
  std::optional<Found> FindSlot(const std::string& path, const std::string& key) const {
    auto group = groups_.find(path);
    if (group == groups_.end()) return std::nullopt;
    if (auto ordinal = base::ParseInt(key); ordinal && *ordinal >= 0 && *ordinal <= UINT32_MAX) {
      const auto* live = group->second->Live(static_cast<std::uint32_t>(*ordinal));
      if (live != nullptr && live->slot.Key() == key) return Found{path, live->slot};
    }
    for (const auto& [row_key, row] : group->second->nodes) {
      const bool same = !row.slot.logical_id.empty() && row.slot.logical_id == key;
      if (same && row.phase == model::NodePhase::kLive) return Found{path, row.slot};
    }
    return std::nullopt;
  }

  std::map<std::string, const model::GroupState*> groups_;
};

// The group of that path, or all below a folder.
std::vector<std::string> GroupsAt(const std::string& path, const std::set<std::string>& paths) {
  std::vector<std::string> found;
  if (paths.contains(path)) found.push_back(path);
  const std::string folder = path + "/";
  for (auto below = paths.lower_bound(folder); below != paths.end() && below->starts_with(folder); ++below) {
    found.push_back(*below);
  }
  return found;
}

// Per group those that have to be done with it.
std::map<std::string, std::vector<std::string>> Needed(
    const std::set<std::string>& paths, const std::map<std::string, std::vector<std::string>>& depends_on,
    Direction direction) {
  std::map<std::string, std::vector<std::string>> needed;
  for (const auto& [path, entries] : depends_on) {
    for (const std::string& entry : entries) {
      for (const std::string& other : GroupsAt(entry, paths)) {
        if (other == path) continue;
        direction == Direction::kCreate ? needed[path].push_back(other) : needed[other].push_back(path);
      }
    }
  }
  return needed;
}

}  // namespace

base::Result<Moves> FindMoves(const model::ClusterState& state, const Desired& desired) {
  Moves moves;
  std::set<std::string> sources;
  for (const auto& [path, group] : desired.groups) {
    if (group.moved_from.empty() || group.moved_from == path || desired.groups.contains(group.moved_from)) continue;
    auto from = state.groups.find(group.moved_from);
    if (from == state.groups.end() || !from->second.record.moved_to.empty() || !IsInForce(from->second)) continue;
    if (auto to = state.groups.find(path); to != state.groups.end() && IsInForce(to->second)) {
      return base::Fail(base::ErrorCode::kInvalid,
                        "group `" + path + "`: movedFrom names `" + group.moved_from +
                            "`, but both have nodes; remove movedFrom, or one of them first");
    }
    if (!sources.insert(group.moved_from).second) {
      return base::Fail(base::ErrorCode::kInvalid,
                        "group `" + path + "`: another group has `movedFrom: " + group.moved_from + "` too");
    }
    moves[path] = group.moved_from;
  }
  return moves;
}

bool IsTargeted(const std::vector<std::string>& targets, const std::string& path) {
  if (targets.empty()) return true;
  return std::any_of(targets.begin(), targets.end(), [&](const std::string& target) {
    return path == target || (path.starts_with(target) && path[target.size()] == '/');
  });
}

base::Status CheckTargets(const std::vector<std::string>& targets, const std::set<std::string>& paths) {
  for (const std::string& target : targets) {
    const std::vector<std::string> one{target};
    if (std::any_of(paths.begin(), paths.end(), [&](const auto& path) { return IsTargeted(one, path); })) continue;
    return base::Fail(base::ErrorCode::kInvalid,
                      "no group `" + target + "` to target; " + Candidates(target, {paths.begin(), paths.end()}));
  }
  return {};
}

Selection SelectGroups(const std::vector<std::string>& targets, const std::set<std::string>& paths,
                       const std::map<std::string, std::vector<std::string>>& depends_on, Direction direction) {
  Selection selection;
  std::vector<std::string> open;
  for (const std::string& path : paths) {
    if (IsTargeted(targets, path)) open.push_back(path);
  }
  selection.paths.insert(open.begin(), open.end());
  if (targets.empty()) return selection;
  const auto needed = Needed(paths, depends_on, direction);
  while (!open.empty()) {
    const std::string by = std::move(open.back());
    open.pop_back();
    const auto found = needed.find(by);
    if (found == needed.end()) continue;
    for (const std::string& path : found->second) {
      if (!selection.paths.insert(path).second) continue;
      selection.added[path] = by;
      open.push_back(path);
    }
  }
  return selection;
}

base::Result<Replaces> FindReplaces(const std::vector<std::string>& nodes, const model::ClusterState& state,
                                    const Moves& moves) {
  Replaces replaces;
  const NodeFinder finder(state, moves);
  for (const std::string& node : nodes) {
    auto found = finder.Find(node);
    if (!found) {
      return base::Fail(base::ErrorCode::kInvalid,
                        "no node `" + node + "` to replace; " + Candidates(node, finder.All()));
    }
    if (!replaces.by_group[found->path].insert(found->slot.ordinal).second) continue;
    replaces.display.push_back(model::NodeAddress{found->path, found->slot}.Display());
  }
  std::sort(replaces.display.begin(), replaces.display.end());
  return replaces;
}

}  // namespace kadende::plan
