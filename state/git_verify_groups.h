// The groups of one version after the other, oldest first: every tree and file that the version before did not have is
// read and taken apart, lines of nodes that did not change once only. Used by git_verify alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/record.h"
#include "engine/ports/history_care.h"
#include "state/git_repository.h"
#include "state/git_tree.h"

namespace kadende::state {

// What is wrong with something that was read: where it is in the tree, and what to do.
using TreeFault = std::optional<ports::HistoryFault>;

extern const char* const kRestoreHistory;  // remedies
extern const char* const kForeignVersion;

// Objects as a check reads them, each counted once.
class CheckedObjects {
 public:
  explicit CheckedObjects(const GitRepository& repository) : repository_(repository) {}

  [[nodiscard]] base::Result<std::string> Blob(const ObjectId& id);
  [[nodiscard]] bool IsNew(const ObjectId& id) const { return !seen_.contains(id); }
  [[nodiscard]] const std::unordered_set<ObjectId, ObjectIdHash>& seen() const { return seen_; }
  [[nodiscard]] const GitRepository& repository() const { return repository_; }

  // The entries of the tree at a place, and of the one that was there in the version before (`before`; null: none was,
  // or it does not matter; unreadable: said when it was looked at).
  struct Step {
    std::vector<TreeEntry> now;
    std::vector<TreeEntry> before;

    // Of `before`, by name; quick where it is asked in the order of `now`. Null: there was none.
    [[nodiscard]] const TreeEntry* Before(std::string_view name);

   private:
    std::size_t next_ = 0;
  };
  [[nodiscard]] base::Result<Step> Tree(const std::string& place, const ObjectId& id, const ObjectId* before);

 private:
  struct Last {
    ObjectId id;
    std::vector<TreeEntry> entries;
  };

  const GitRepository& repository_;
  std::unordered_set<ObjectId, ObjectIdHash> seen_;
  std::map<std::string, Last> last_;  // by place
};

[[nodiscard]] const TreeEntry* FindIn(const std::vector<TreeEntry>& entries, std::string_view name);

class GroupsCheck {
 public:
  explicit GroupsCheck(CheckedObjects& objects) : objects_(objects) {}

  // The tree "groups" of a version; `before`: of the version before, null where that was another cluster's.
  [[nodiscard]] TreeFault Check(const ObjectId& groups, const ObjectId* before) { return Folder(groups, before, {}); }

 private:
  struct Header {
    ObjectId id;
    model::GroupRecord record;
  };
  struct Chunk {
    ObjectId id;
    ObjectId header;  // that its lines were read under
    std::string text;
  };

  [[nodiscard]] TreeFault Folder(const ObjectId& tree, const ObjectId* before, const std::string& folder);
  [[nodiscard]] TreeFault ReadHeader(const ObjectId& id, const std::string& folder, const Header*& header);
  [[nodiscard]] TreeFault Nodes(const ObjectId& tree, const ObjectId* before, const Header& header,
                                const std::string& place);
  [[nodiscard]] TreeFault CheckChunk(const ObjectId& id, const ObjectId* before, const Header& header,
                                     const std::string& place);

  CheckedObjects& objects_;
  std::map<std::string, Header> headers_;  // by folder
  std::map<std::string, Chunk> chunks_;    // by place
};

}  // namespace kadende::state
