// Trees of a repository: read as entries, changed along a few paths. A commit that touches one chunk of 100,000 nodes
// reads and writes the handful of trees on its path and takes all others over by id.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "state/git_repository.h"

namespace kadende::state {

struct TreeEntry {
  std::string name;
  ObjectId id;
  bool is_tree = false;
};

// In the tree's order. kCorrupt where the bytes are no tree.
[[nodiscard]] base::Result<std::vector<TreeEntry>> ReadTree(const GitRepository& repository, const ObjectId& id);

// The id of one entry, file or tree; nothing where there is none of that name.
[[nodiscard]] base::Result<std::optional<ObjectId>> FindEntry(const GitRepository& repository, const ObjectId& tree,
                                                              std::string_view name);

class TreeEditor {
 public:
  // Starts from `root`, or empty. `repository` must outlive the editor.
  TreeEditor(const GitRepository& repository, std::optional<ObjectId> root);
  ~TreeEditor();
  TreeEditor(const TreeEditor&) = delete;
  TreeEditor& operator=(const TreeEditor&) = delete;

  // Paths as "groups/web/group.json". A file of the same bytes changes nothing.
  [[nodiscard]] base::Status Put(std::string_view path, std::string bytes, ObjectBatch* batch);
  // A file, or a tree with all below it. Removing what is not there is not an error.
  [[nodiscard]] base::Status Remove(std::string_view path);

  // Adds the changed trees to `batch`, children first; empty ones vanish. The root's id.
  [[nodiscard]] ObjectId Write(ObjectBatch* batch);

 private:
  struct Node;
  struct Entry {
    ObjectId id;
    bool is_tree = false;
    std::unique_ptr<Node> node;  // a tree that was opened
  };
  struct Node {
    std::map<std::string, Entry, std::less<>> entries;
    bool changed = false;
  };

  [[nodiscard]] base::Status Load(const ObjectId& id, Node* node) const;
  // The tree that `path`'s last part is in; null where it is not there and `create` is false.
  [[nodiscard]] base::Result<Node*> Descend(std::string_view* path, bool create);
  // `before`: the tree's id in the parent; what is the same is not written again.
  [[nodiscard]] static std::optional<ObjectId> WriteNode(Node& node, const ObjectId& before, ObjectBatch* batch);

  const GitRepository& repository_;
  std::optional<ObjectId> root_id_;
  std::unique_ptr<Node> root_;
};

}  // namespace kadende::state
