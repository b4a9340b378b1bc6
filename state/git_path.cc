#include "state/git_path.h"

#include <cstring>

#include "engine/base/text.h"

namespace kadende::state {

base::Result<std::optional<ObjectId>> FindEntry(const GitRepository& repository, const ObjectId& tree,
                                                std::string_view name) {
  const auto bytes = repository.Read(tree, ObjectKind::kTree);
  if (!bytes) return tl::unexpected(bytes.error());
  std::string_view rest = *bytes;
  while (!rest.empty()) {
    const std::size_t blank = rest.find(' ');
    const std::size_t zero = rest.find('\0');
    if (blank == std::string_view::npos || zero == std::string_view::npos || blank > zero ||
        rest.size() < zero + 1 + sizeof(ObjectId)) {
      return base::Fail(base::ErrorCode::kCorrupt, "git tree " + ToHex(tree) + " is damaged");
    }
    if (rest.substr(blank + 1, zero - blank - 1) == name) {
      ObjectId id;
      std::memcpy(id.bytes.data(), rest.data() + zero + 1, id.bytes.size());
      return std::optional(id);
    }
    rest.remove_prefix(zero + 1 + sizeof(ObjectId));
  }
  return std::nullopt;
}

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
