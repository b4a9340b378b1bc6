// The user's repository around the configuration, found again before each use and opened once: opening is what costs,
// and libgit2 1.5 loses about 140 KB at each opening of a repository of format version 1 (`extensions`), which is what
// partial clones and sparse work trees are. A watch publishes for months.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "state/git_repository.h"

namespace kadende::state {

// Not thread-safe.
class RepositoryAround {
 public:
  // `folder`: where to look, as git does; empty: there is none.
  explicit RepositoryAround(std::string folder) : folder_(std::move(folder)) {}

  // Null where there is none; valid until the next call. Opened again where another repository is there now, or the
  // same one with other settings; until then an error stays the same error, too.
  [[nodiscard]] base::Result<GitRepository*> Find();

  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  const std::string folder_;
  std::string seen_;  // what was there when `opened_` was made; see Fingerprint
  std::optional<base::Result<GitRepository>> opened_;
};

}  // namespace kadende::state
