#include "state/git_path.h"

#include "engine/base/text.h"

namespace kadende::state {

PathFollower::PathFollower(const GitRepository& repository, std::string_view path) : repository_(repository) {
  for (std::string& part : base::Split(path, '/')) levels_.push_back({std::move(part), std::nullopt, std::nullopt});
}

base::Result<std::optional<ObjectId>> PathFollower::In(const ObjectId& root) {
  std::optional<ObjectId> at = root;
  for (Level& level : levels_) {
    if (!at) return std::nullopt;
    if (level.tree == at) {
      at = level.found;
      continue;
    }
    auto found = FindEntry(repository_, *at, level.name);
    if (!found) return found;
    level.tree = at;
    level.found = *found;
    at = *found;
  }
  return at;
}

}  // namespace kadende::state
