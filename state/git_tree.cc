#include "state/git_tree.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kadende::state {
namespace {

constexpr std::string_view kFileMode = "100644";
constexpr std::string_view kTreeMode = "40000";

// git sorts trees as if their names ended with a slash.
bool GitLess(const std::pair<std::string_view, bool>& a, const std::pair<std::string_view, bool>& b) {
  const std::size_t common = std::min(a.first.size(), b.first.size());
  const int order = a.first.substr(0, common).compare(b.first.substr(0, common));
  if (order != 0) return order < 0;
  const auto next = [&](const std::pair<std::string_view, bool>& entry) -> unsigned {
    if (entry.first.size() > common) return static_cast<unsigned char>(entry.first[common]);
    return entry.second ? '/' : 0;
  };
  return next(a) < next(b);
}

// One entry after the other, as they stand in a tree's bytes: mode, blank, name, zero, id.
class TreeScanner {
 public:
  explicit TreeScanner(std::string_view bytes) : rest_(bytes) {}

  // False at the end, and where the bytes are no tree.
  bool Next() {
    const std::size_t zero = rest_.find('\0');
    const std::size_t blank = rest_.substr(0, zero).find(' ');
    if (zero == std::string_view::npos || blank == std::string_view::npos ||
        rest_.size() < zero + 1 + sizeof(ObjectId)) {
      return false;
    }
    mode_ = rest_.substr(0, blank);
    name_ = rest_.substr(blank + 1, zero - blank - 1);
    std::memcpy(id_.bytes.data(), rest_.data() + zero + 1, id_.bytes.size());
    rest_.remove_prefix(zero + 1 + sizeof(ObjectId));
    return true;
  }
  // After Next was false.
  [[nodiscard]] bool is_damaged() const { return !rest_.empty(); }

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] const ObjectId& id() const { return id_; }
  [[nodiscard]] bool is_tree() const { return mode_ == kTreeMode; }

 private:
  std::string_view rest_;
  std::string_view mode_;
  std::string_view name_;
  ObjectId id_;
};

tl::unexpected<base::Error> DamagedTree(const ObjectId& id) {
  return base::Fail(base::ErrorCode::kCorrupt, "git tree " + ToHex(id) + " is damaged");
}

}  // namespace

base::Result<std::vector<TreeEntry>> ReadTree(const GitRepository& repository, const ObjectId& id) {
  const auto bytes = repository.Read(id, ObjectKind::kTree);
  if (!bytes) return tl::unexpected(bytes.error());
  std::vector<TreeEntry> entries;
  TreeScanner scanner(*bytes);
  while (scanner.Next()) entries.push_back({std::string(scanner.name()), scanner.id(), scanner.is_tree()});
  if (scanner.is_damaged()) return DamagedTree(id);
  return entries;
}

base::Result<std::optional<ObjectId>> FindEntry(const GitRepository& repository, const ObjectId& tree,
                                                std::string_view name) {
  const auto bytes = repository.Read(tree, ObjectKind::kTree);
  if (!bytes) return tl::unexpected(bytes.error());
  TreeScanner scanner(*bytes);
  while (scanner.Next()) {
    if (scanner.name() == name) return std::optional(scanner.id());
  }
  if (scanner.is_damaged()) return DamagedTree(tree);
  return std::nullopt;
}

TreeEditor::TreeEditor(const GitRepository& repository, std::optional<ObjectId> root)
    : repository_(repository), root_id_(root) {}
TreeEditor::~TreeEditor() = default;

base::Status TreeEditor::Load(const ObjectId& id, Node* node) const {
  auto entries = ReadTree(repository_, id);
  if (!entries) return tl::unexpected(entries.error());
  for (auto& entry : *entries) node->entries.emplace(std::move(entry.name), Entry{entry.id, entry.is_tree, nullptr});
  return {};
}

base::Result<TreeEditor::Node*> TreeEditor::Descend(std::string_view* path, bool create) {
  if (!root_) {
    auto root = std::make_unique<Node>();
    if (root_id_) {
      if (auto loaded = Load(*root_id_, root.get()); !loaded) return tl::unexpected(loaded.error());
    }
    root_ = std::move(root);
  }
  Node* node = root_.get();
  for (std::size_t slash = path->find('/'); slash != std::string_view::npos; slash = path->find('/')) {
    const std::string_view name = path->substr(0, slash);
    path->remove_prefix(slash + 1);
    if (create) node->changed = true;
    auto found = node->entries.find(name);
    if (found == node->entries.end() || !found->second.is_tree) {
      if (!create) return nullptr;
      found = node->entries.insert_or_assign(std::string(name), Entry{{}, true, std::make_unique<Node>()}).first;
    }
    Entry& entry = found->second;
    if (!entry.node) {
      auto opened = std::make_unique<Node>();
      if (auto loaded = Load(entry.id, opened.get()); !loaded) return tl::unexpected(loaded.error());
      entry.node = std::move(opened);
    }
    node = entry.node.get();
  }
  return node;
}

base::Status TreeEditor::Put(std::string_view path, std::string bytes, ObjectBatch* batch) {
  std::string_view name = path;
  const auto node = Descend(&name, true);
  if (!node) return tl::unexpected(node.error());
  Entry& entry = (*node)->entries[std::string(name)];
  ObjectBatch probe;  // only to learn the id: what the parent has is not written again
  const ObjectId id = probe.Add(ObjectKind::kBlob, std::move(bytes));
  if (!entry.is_tree && entry.id == id) return {};
  (*node)->changed = true;
  batch->Take(&probe);
  entry = Entry{id, false, nullptr};
  return {};
}

base::Status TreeEditor::Remove(std::string_view path) {
  std::string_view name = path;
  const auto parent = Descend(&name, false);
  if (!parent) return tl::unexpected(parent.error());
  if (*parent == nullptr || (*parent)->entries.find(name) == (*parent)->entries.end()) return {};
  // Known to be there: mark the way to it.
  name = path;
  const auto node = Descend(&name, true);
  if (!node) return tl::unexpected(node.error());
  (*node)->changed = true;
  (*node)->entries.erase((*node)->entries.find(name));
  return {};
}

std::optional<ObjectId> TreeEditor::WriteNode(Node& node, const ObjectId& before, ObjectBatch* batch) {
  for (auto at = node.entries.begin(); at != node.entries.end();) {
    Entry& entry = at->second;
    if (entry.node && entry.node->changed) {
      const auto id = WriteNode(*entry.node, entry.id, batch);
      if (!id) {
        at = node.entries.erase(at);
        continue;
      }
      entry.id = *id;
    }
    ++at;
  }
  if (node.entries.empty()) return std::nullopt;
  std::vector<std::pair<std::string_view, const Entry*>> sorted;
  sorted.reserve(node.entries.size());
  for (const auto& [name, entry] : node.entries) sorted.emplace_back(name, &entry);
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return GitLess({a.first, a.second->is_tree}, {b.first, b.second->is_tree});
  });
  std::string bytes;
  for (const auto& [name, entry] : sorted) {
    bytes.append(entry->is_tree ? kTreeMode : kFileMode).append(" ").append(name).push_back('\0');
    bytes.append(reinterpret_cast<const char*>(entry->id.bytes.data()), entry->id.bytes.size());
  }
  ObjectBatch probe;
  const ObjectId id = probe.Add(ObjectKind::kTree, std::move(bytes));
  if (id != before) batch->Take(&probe);
  return id;
}

ObjectId TreeEditor::Write(ObjectBatch* batch) {
  if (!root_ || !root_->changed) {
    if (root_id_) return *root_id_;
    return batch->Add(ObjectKind::kTree, {});
  }
  const auto id = WriteNode(*root_, root_id_.value_or(ObjectId{}), batch);
  return id ? *id : batch->Add(ObjectKind::kTree, {});
}

}  // namespace kadende::state
