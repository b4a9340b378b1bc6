// Reads one loose object. libgit2 1.5 spins for ever on one that was cut short (its inflate loop makes no progress), so
// loose objects are read here, where the end of the input is an end.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "state/git_repository.h"

namespace kadende::state {

// The loose objects of one repository. Most objects are in packs, so its 256 folders are listed, each when it is first
// asked for, instead of looking for every object. What came later is found by libgit2; what went is not there.
// Not thread-safe.
class LooseObjects {
 public:
  // `folder` is the repository's `objects`.
  explicit LooseObjects(std::string folder) : folder_(std::move(folder)) {}

  // Nothing where there is no such loose object (it may be in a pack). kCorrupt: it does not read as an object of this
  // id.
  [[nodiscard]] base::Result<std::optional<std::string>> Read(const ObjectId& id, ObjectKind kind);
  // After some were written.
  void Forget() { listed_ = {}; }

 private:
  using Names = std::vector<std::string>;  // without the first two digits; sorted

  [[nodiscard]] bool Has(const std::string& hex, std::uint8_t first);

  std::string folder_;
  std::array<std::optional<Names>, 256> listed_;
};

}  // namespace kadende::state
