#include "state/git_node_finder.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "engine/model/cluster_state.h"
#include "state/git_layout.h"
#include "state/git_tree.h"

namespace kadende::state {
namespace {

using model::NodeAddress;

constexpr std::int64_t kLargestOrdinal = 0xffffffff;

std::optional<std::uint32_t> OrdinalOf(std::string_view text) {
  const auto number = base::ParseInt(text);
  if (!number || *number < 0 || *number > kLargestOrdinal) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

// What a node's name starts with in this group: path with `-`, and one more before the slot.
std::string NameStart(const std::string& path) {
  std::string name = model::NodeName(path, {0, "x"});
  name.pop_back();
  return name;
}

}  // namespace

// The lines of one slot in a chunk file: each begins with its slot (FORMAT.md), and they stand together.
std::string SlotLines(std::string_view chunk, std::uint32_t ordinal) {
  const std::string start = "{\"slot\":" + std::to_string(ordinal) + ",";
  std::string lines;
  for (std::size_t at = chunk.find(start); at != std::string_view::npos;) {
    if (at != 0 && chunk[at - 1] != '\n') {
      at = chunk.find(start, at + 1);
      continue;
    }
    const std::size_t end = std::min(chunk.find('\n', at), chunk.size() - 1);
    lines += chunk.substr(at, end + 1 - at);
    at = chunk.compare(end + 1, start.size(), start) == 0 ? end + 1 : std::string_view::npos;
  }
  return lines;
}

base::Result<std::optional<NodeAddress>> NodeFinder::In(const ObjectId& root, bool thorough) {
  if (!query_.group.empty()) {
    AddCandidate(query_.group, query_.slot_key);
  } else {
    const auto groups = FindEntry(repository_, root, "groups");
    if (!groups) return tl::unexpected(groups.error());
    if (!*groups) return std::nullopt;
    if (auto listed = ListGroups(**groups, {}); !listed) return tl::unexpected(listed.error());
  }
  for (auto& [path, group] : groups_) {
    auto found = InGroup(root, path, group, thorough);
    if (!found || *found) return found;
  }
  return std::nullopt;
}

// Adds the groups below `tree` that the name could be of.
base::Status NodeFinder::ListGroups(const ObjectId& tree, const std::string& folder) {
  if (!seen_.insert(tree).second) return {};
  const auto entries = ReadTree(repository_, tree);
  if (!entries) return tl::unexpected(entries.error());
  for (const TreeEntry& entry : *entries) {
    if (!entry.is_tree || entry.name == "nodes") continue;
    const std::string path = (folder.empty() ? "" : folder + "/") + DecodePart(entry.name);
    const std::string start = NameStart(path);
    if (!query_.name.starts_with(start)) continue;
    AddCandidate(path, std::string_view(query_.name).substr(start.size()));
    if (auto listed = ListGroups(entry.id, path); !listed) return listed;
  }
  return {};
}

void NodeFinder::AddCandidate(const std::string& path, std::string_view key) {
  if (groups_.contains(path)) return;
  Candidate group{PathFollower(repository_, GroupFile(path)),
                  PathFollower(repository_, NodesFolder(path)),
                  std::string(key),
                  OrdinalOf(key),
                  {},
                  {},
                  {}};
  if (group.slot) group.chunk.emplace(repository_, ChunkFile(path, *group.slot / model::kChunkSlots));
  groups_.emplace(path, std::move(group));
}

NodeFinder::Found NodeFinder::InGroup(const ObjectId& root, const std::string& path, Candidate& group, bool thorough) {
  if (group.slot) {
    auto found = ByNumber(root, path, group);
    if (!found || *found) return found;
  }
  const auto named = IsNamed(root, group);
  if (!named) return tl::unexpected(named.error());
  if (!*named && !thorough) return std::nullopt;
  const auto nodes = group.nodes.In(root);
  if (!nodes) return tl::unexpected(nodes.error());
  if (!*nodes) return std::nullopt;
  return ById(**nodes, path, group.key);
}

// A node without a logical id, by its ordinal.
NodeFinder::Found NodeFinder::ByNumber(const ObjectId& root, const std::string& path, Candidate& group) {
  const auto blob = group.chunk->In(root);
  if (!blob) return tl::unexpected(blob.error());
  if (!*blob || group.last_chunk == *blob) return std::nullopt;
  group.last_chunk = **blob;
  const auto text = repository_.Read(**blob, ObjectKind::kBlob);
  if (!text) return tl::unexpected(text.error());
  const std::string lines = SlotLines(*text, *group.slot);
  const bool has_id = lines.find(",\"id\":") < lines.find(",\"incarnation\":");
  if (lines.empty() || has_id) return std::nullopt;
  return std::optional(NodeAddress{path, {*group.slot, {}}});
}

// Whether the group's header has the key as one of its texts: every logical id in force is.
base::Result<bool> NodeFinder::IsNamed(const ObjectId& root, Candidate& group) {
  const auto blob = group.header.In(root);
  if (!blob) return tl::unexpected(blob.error());
  if (*blob == group.last_header) return group.named;
  group.last_header = *blob;
  group.named = false;
  if (!*blob) return false;
  const auto text = repository_.Read(**blob, ObjectKind::kBlob);
  if (!text) return tl::unexpected(text.error());
  group.named = text->find(base::QuoteJson(group.key)) != std::string::npos;
  return group.named;
}

// A logical id: its line is somewhere in the group's files. Files that were looked through are not read again.
NodeFinder::Found NodeFinder::ById(const ObjectId& tree, const std::string& path, const std::string& id) {
  if (!seen_.insert(tree).second) return std::nullopt;
  const auto entries = ReadTree(repository_, tree);
  if (!entries) return tl::unexpected(entries.error());
  const std::string wanted = ",\"id\":" + base::QuoteJson(id) + ",\"incarnation\":";
  for (const TreeEntry& entry : *entries) {
    if (entry.is_tree) {
      auto found = ById(entry.id, path, id);
      if (!found || *found) return found;
      continue;
    }
    if (!seen_.insert(entry.id).second) continue;
    const auto text = repository_.Read(entry.id, ObjectKind::kBlob);
    if (!text) return tl::unexpected(text.error());
    const std::size_t at = text->find(wanted);
    if (at == std::string::npos) continue;
    const std::size_t colon = text->rfind(':', at);
    const auto ordinal = OrdinalOf(std::string_view(*text).substr(colon + 1, at - colon - 1));
    if (ordinal) return std::optional(NodeAddress{path, {*ordinal, id}});
  }
  return std::nullopt;
}

}  // namespace kadende::state
