// One path followed through the trees of many commits: what is the same as in the commit before is not read again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "state/git_repository.h"
#include "state/git_tree.h"

namespace kadende::state {

class PathFollower {
 public:
  // `repository` must outlive the follower; `path` as "groups/web/group.json".
  PathFollower(const GitRepository& repository, std::string_view path);

  // The id of what is at the path in `root`, file or tree; nothing where there is none.
  [[nodiscard]] base::Result<std::optional<ObjectId>> In(const ObjectId& root);

 private:
  struct Level {
    std::string name;
    std::optional<ObjectId> tree;  // in which it was looked for last
    std::optional<ObjectId> found;
  };
  const GitRepository& repository_;
  std::vector<Level> levels_;
};

}  // namespace kadende::state
