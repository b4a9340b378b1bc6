#include "state/git_verify_groups.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "state/chunk_codec.h"
#include "state/git_documents.h"
#include "state/git_layout.h"

namespace kadende::state {

const char* const kRestoreHistory =
    "restore history.git in the state directory from a backup, or move it away: the next apply fetches it from the "
    "enclosing repository, or makes it anew from the store";
const char* const kForeignVersion =
    "this commit was not made by kadende: compare it with `git show`, and put the branch back to the one before it";

namespace {

TreeFault Fault(std::string place, std::string cause, const char* remedy) {
  return ports::HistoryFault{std::move(place), std::move(cause), remedy};
}

std::optional<std::uint32_t> NumberAfter(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(at + key.size());
  const auto number = base::ParseInt(rest.substr(0, rest.find(',')));
  return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

// The lines of one slot.
struct SlotBlock {
  std::uint32_t slot = 0;
  std::uint32_t highest = 0;  // incarnation
  std::string_view text;
};

// A chunk file slot by slot; nothing where it is not written as we write it: sorted, whole lines.
std::optional<std::vector<SlotBlock>> BlocksOf(std::string_view chunk) {
  std::vector<SlotBlock> blocks;
  blocks.reserve(model::kChunkSlots);
  while (!chunk.empty()) {
    const std::size_t end = chunk.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = chunk.substr(0, end + 1);
    chunk.remove_prefix(end + 1);
    const auto slot = NumberAfter(line, "{\"slot\":");
    const auto incarnation = NumberAfter(line, ",\"incarnation\":");
    if (!slot || !incarnation) return std::nullopt;
    if (blocks.empty() || blocks.back().slot < *slot) {
      blocks.push_back({*slot, *incarnation, line});
    } else if (blocks.back().slot == *slot) {
      SlotBlock& block = blocks.back();
      block.highest = std::max(block.highest, *incarnation);
      block.text = {block.text.data(), block.text.size() + line.size()};
    } else {
      return std::nullopt;
    }
  }
  return blocks;
}

// Whether every slot reads that has other lines than in `old`, which was read under the same header.
bool ChangesRead(const std::vector<SlotBlock>& now, const std::vector<SlotBlock>& old, const RevisionNames& revisions) {
  auto was = old.begin();
  model::GroupState rows;
  return std::all_of(now.begin(), now.end(), [&](const SlotBlock& block) {
    while (was != old.end() && was->slot < block.slot) ++was;
    if (was != old.end() && was->slot == block.slot && was->text == block.text) return true;
    rows.nodes.clear();
    return DecodeChunk(block.text, revisions, &rows).has_value();
  });
}

std::string PathOf(const std::string& folder) {
  std::string path;
  for (const auto& part : base::Split(folder, '/')) path += (path.empty() ? "" : "/") + DecodePart(part);
  return path;
}

}  // namespace

const TreeEntry* FindIn(const std::vector<TreeEntry>& entries, std::string_view name) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

const TreeEntry* CheckedObjects::Step::Before(std::string_view name) {
  for (std::size_t tried = 0; tried < before.size(); ++tried) {
    if (next_ >= before.size()) next_ = 0;
    if (const TreeEntry& entry = before[next_++]; entry.name == name) return &entry;
  }
  return nullptr;
}

base::Result<std::string> CheckedObjects::Blob(const ObjectId& id) {
  seen_.insert(id);
  return repository_.Read(id, ObjectKind::kBlob);
}

base::Result<CheckedObjects::Step> CheckedObjects::Tree(const std::string& place, const ObjectId& id,
                                                        const ObjectId* before) {
  Step step;
  auto now = ReadTree(repository_, id);
  if (!now) return tl::unexpected(now.error());
  seen_.insert(id);
  Last& last = last_[place];
  if (before != nullptr) {
    if (last.id == *before) {
      step.before = std::move(last.entries);
    } else if (auto read = ReadTree(repository_, *before)) {
      step.before = std::move(*read);
    }
  }
  last = {id, *now};
  step.now = std::move(*now);
  return step;
}

// A folder of groups, a group, or both. `folder` is below "groups", empty for that itself.
TreeFault GroupsCheck::Folder(const ObjectId& tree, const ObjectId* before, const std::string& folder) {
  const std::string place = folder.empty() ? "groups" : "groups/" + folder;
  auto step = objects_.Tree(place, tree, before);
  if (!step) return Fault(place, step.error().message, kRestoreHistory);
  static const Header kNone;
  const Header* header = &kNone;
  const TreeEntry* file = FindIn(step->now, "group.json");
  if (file != nullptr && !file->is_tree) {
    if (auto fault = ReadHeader(file->id, folder, header)) return fault;
  }
  for (const TreeEntry& entry : step->now) {
    if (!entry.is_tree) continue;
    const TreeEntry* was = step->Before(entry.name);
    if (was != nullptr && was->id == entry.id) continue;
    const ObjectId* from = was == nullptr ? nullptr : &was->id;
    auto fault = entry.name == "nodes"
                     ? Nodes(entry.id, from, *header, place + "/nodes")
                     : Folder(entry.id, from, folder.empty() ? entry.name : folder + "/" + entry.name);
    if (fault) return fault;
  }
  return std::nullopt;
}

TreeFault GroupsCheck::ReadHeader(const ObjectId& id, const std::string& folder, const Header*& header) {
  const std::string place = "groups/" + folder + "/group.json";
  Header& last = headers_[folder];
  header = &last;
  if (last.id == id) return std::nullopt;
  const auto text = objects_.Blob(id);
  if (!text) return Fault(place, text.error().message, kRestoreHistory);
  auto read = DecodeGroup(*text);
  if (!read) return Fault(place, read.error().message, kRestoreHistory);
  if (read->path != PathOf(folder)) return Fault(place, "it names the path " + read->path, kForeignVersion);
  last = {id, std::move(*read)};
  return std::nullopt;
}

TreeFault GroupsCheck::Nodes(const ObjectId& tree, const ObjectId* before, const Header& header,
                             const std::string& place) {
  auto step = objects_.Tree(place, tree, before);
  if (!step) return Fault(place, step.error().message, kRestoreHistory);
  for (const TreeEntry& entry : step->now) {
    const TreeEntry* was = step->Before(entry.name);
    if (was != nullptr && was->id == entry.id) continue;
    const ObjectId* from = was == nullptr ? nullptr : &was->id;
    const std::string path = place + "/" + entry.name;
    auto fault = entry.is_tree ? Nodes(entry.id, from, header, path) : CheckChunk(entry.id, from, header, path);
    if (fault) return fault;
  }
  return std::nullopt;
}

TreeFault GroupsCheck::CheckChunk(const ObjectId& id, const ObjectId* before, const Header& header,
                                  const std::string& place) {
  auto text = objects_.Blob(id);
  if (!text) return Fault(place, text.error().message, kRestoreHistory);
  Chunk& last = chunks_[place];
  const bool is_last = before != nullptr && last.id == *before;
  std::string old;
  if (is_last) {
    old = std::move(last.text);
  } else if (before != nullptr) {
    old = objects_.Blob(*before).value_or(std::string());  // unreadable: said before
  }
  const RevisionNames revisions(header.record.revisions);
  const auto blocks = BlocksOf(*text);
  const auto old_blocks = BlocksOf(old);
  const bool same_header = is_last && last.header == header.id;
  if (!same_header || !blocks || !old_blocks || !ChangesRead(*blocks, *old_blocks, revisions)) {
    model::GroupState rows;
    if (auto read = DecodeChunk(*text, revisions, &rows); !read) {
      return Fault(place, read.error().message, kRestoreHistory);
    }
    if (!blocks) return Fault(place, "its lines are not in the order of slots and incarnations", kForeignVersion);
  }
  if (old_blocks) {
    auto now = blocks->begin();
    for (const SlotBlock& was : *old_blocks) {
      while (now != blocks->end() && now->slot < was.slot) ++now;
      const bool is_there = now != blocks->end() && now->slot == was.slot;
      const std::uint32_t highest = std::max(is_there ? now->highest : 0, header.record.incarnation_floor);
      if (highest >= was.highest) continue;
      return Fault(place,
                   "slot " + std::to_string(was.slot) + " fell from incarnation " + std::to_string(was.highest) +
                       " to " + std::to_string(highest) + ": an incarnation could be issued twice",
                   "put the branch back to the version before it, which knows of the higher one");
    }
  }
  last = {id, header.id, std::move(*text)};
  return std::nullopt;
}

}  // namespace kadende::state
