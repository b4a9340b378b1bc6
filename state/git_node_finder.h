// Which node a query means, in one version after the other. Used by git_node_history alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/identity.h"
#include "state/git_path.h"
#include "state/git_repository.h"

namespace kadende::state {

// The lines of one slot in a chunk file: each begins with its slot (FORMAT.md), and they stand together.
[[nodiscard]] std::string SlotLines(std::string_view chunk, std::uint32_t ordinal);

// Cost: the trees on the way to a chunk, of each version; files only where they differ from those of the version
// before. For logical ids also every node file of the first version that is asked for, and later those of versions
// whose header names the id.
class NodeFinder {
 public:
  // Both must outlive the finder.
  NodeFinder(const GitRepository& repository, const model::NodeQuery& query) : repository_(repository), query_(query) {}

  // The node in the version with this tree. `thorough`: looks for a logical id also where no header names it: asked for
  // the newest and the oldest version, it finds rows that outlived the list which they were named in.
  [[nodiscard]] base::Result<std::optional<model::NodeAddress>> In(const ObjectId& root, bool thorough);

 private:
  using Found = base::Result<std::optional<model::NodeAddress>>;

  // A group that the query may mean, with what was looked at last.
  struct Candidate {
    PathFollower header;
    PathFollower nodes;
    std::string key;                    // of the slot
    std::optional<std::uint32_t> slot;  // where the key is a number
    std::optional<PathFollower> chunk;  // of that slot
    std::optional<ObjectId> last_chunk;
    std::optional<ObjectId> last_header;
    bool named = false;  // `last_header` has the key
  };

  [[nodiscard]] base::Status ListGroups(const ObjectId& tree, const std::string& folder);
  void AddCandidate(const std::string& path, std::string_view key);
  [[nodiscard]] Found InGroup(const ObjectId& root, const std::string& path, Candidate& group, bool thorough);
  [[nodiscard]] Found ByNumber(const ObjectId& root, const std::string& path, Candidate& group);
  [[nodiscard]] Found ById(const ObjectId& tree, const std::string& path, const std::string& id);
  [[nodiscard]] base::Result<bool> IsNamed(const ObjectId& root, Candidate& group);

  const GitRepository& repository_;
  const model::NodeQuery& query_;
  std::map<std::string, Candidate> groups_;  // by path
  std::unordered_set<ObjectId, ObjectIdHash> seen_;
};

}  // namespace kadende::state
