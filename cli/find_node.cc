#include "cli/find_node.h"

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kMostListed = 20;
constexpr std::size_t kSuggestFrom = 10'000;  // nodes among which a misspelt one is looked for

bool Means(const model::NodeQuery& query, const std::string& group, const model::NodeRecord& node) {
  if (node.phase != model::NodePhase::kLive) return false;
  if (!query.group.empty()) return group == query.group && node.slot.Key() == query.slot_key;
  return model::NodeName(group, node.slot) == query.name;
}

}  // namespace

base::Result<FoundNode> FindNode(const model::ClusterState& state, std::string_view text) {
  const model::NodeQuery query = model::ParseNodeQuery(text);
  std::vector<std::string> names;
  for (const auto& [path, group] : state.groups) {
    for (const auto& [key, node] : group.nodes) {
      if (Means(query, path, node)) return FoundNode{path, node};
      if (node.phase != model::NodePhase::kLive || names.size() >= kSuggestFrom) continue;
      const model::NodeAddress address{path, node.slot};
      names.push_back(query.group.empty() ? model::NodeName(path, node.slot) : address.Display());
    }
  }
  std::string message = "cluster `" + state.cluster.name + "` has no node `" + std::string(text) + "`";
  if (auto nearest = base::Nearest(text, names)) {
    message += "; did you mean `" + *nearest + "`?";
  } else {
    message += "; `kadende nodes` lists them";
  }
  return base::Fail(base::ErrorCode::kNotFound, std::move(message));
}

bool IsInForce(const model::GroupRecord& record) {
  return record.moved_to.empty() && !record.target.revision.IsZero();
}

base::Error NoGroup(const model::ClusterState& state, std::string_view path) {
  std::vector<std::string> paths;
  for (const auto& [known, group] : state.groups) {
    if (IsInForce(group.record)) paths.push_back(known);
  }
  std::string message = "cluster `" + state.cluster.name + "` has no group `" + std::string(path) + "`";
  if (auto nearest = base::Nearest(path, paths)) {
    message += "; did you mean `" + *nearest + "`?";
  } else if (paths.size() > kMostListed) {
    message += "; `kadende nodes` lists them";
  } else if (!paths.empty()) {
    message += "; there is " + base::Join(paths, ", ");
  }
  return base::Error{base::ErrorCode::kNotFound, std::move(message), base::Effect::kNone, std::nullopt};
}

}  // namespace kadende::cli
