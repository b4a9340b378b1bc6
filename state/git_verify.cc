#include "state/git_verify.h"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/base/text.h"
#include "engine/model/spec_hash.h"
#include "state/chunk_codec.h"
#include "state/git_documents.h"
#include "state/git_layout.h"
#include "state/git_snapshot.h"
#include "state/git_tree.h"

namespace kadende::state {
namespace {

constexpr std::size_t kShortId = 10;
constexpr const char* kRestore =
    "restore history.git in the state directory from a backup, or move it away: the next apply fetches it from the "
    "enclosing repository, or makes it anew from the store";
constexpr const char* kForeign =
    "this commit was not made by kadende: compare it with `git show`, and put the branch back to the one before it";

using Highest = std::map<std::uint32_t, std::uint32_t>;  // slot -> highest incarnation

std::optional<std::int64_t> NumberAfter(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(at + key.size());
  return base::ParseInt(rest.substr(0, rest.find(',')));
}

// Of a chunk file that was read before, without its group's header.
Highest HighestOf(std::string_view chunk) {
  Highest highest;
  while (!chunk.empty()) {
    const std::size_t end = std::min(chunk.find('\n'), chunk.size() - 1);
    const std::string_view line = chunk.substr(0, end);
    const auto slot = NumberAfter(line, "{\"slot\":");
    const auto incarnation = NumberAfter(line, ",\"incarnation\":");
    if (slot && incarnation) {
      std::uint32_t& known = highest[static_cast<std::uint32_t>(*slot)];
      known = std::max(known, static_cast<std::uint32_t>(*incarnation));
    }
    chunk.remove_prefix(end + 1);
  }
  return highest;
}

std::string PathOf(const std::string& folder) {
  std::string path;
  for (const auto& part : base::Split(folder, '/')) path += (path.empty() ? "" : "/") + DecodePart(part);
  return path;
}

class Verifier {
 public:
  Verifier(const GitLine& line, std::string_view name) : line_(line), repository_(line.repository()), name_(name) {}

  ports::HistoryCheck Verify() {
    check_.tip = ToHex(line_.tip);
    std::vector<Commit> commits;
    if (!Collect(commits)) return std::move(check_);
    check_.newest_serial = commits.front().summary.serial;
    check_.oldest_serial = commits.back().summary.serial;
    const Commit* before = nullptr;
    for (auto commit = commits.rbegin(); commit != commits.rend(); ++commit) {
      at_ = &commit->summary;
      if (!CheckCommit(*commit, before) || !CheckTree(*commit, before)) break;
      ++check_.versions;
      before = &*commit;
    }
    return std::move(check_);
  }

 private:
  [[nodiscard]] std::string Version() const {
    return "serial " + std::to_string(at_->serial) + " (" + at_->id.substr(0, kShortId) + ")";
  }
  bool Fail(const std::string& where, std::string cause, std::string remedy) {
    check_.fault =
        ports::HistoryFault{Version() + (where.empty() ? "" : ": " + where), std::move(cause), std::move(remedy)};
    return false;
  }

  // Newest first.
  bool Collect(std::vector<Commit>& commits) {
    std::optional<ObjectId> at = line_.tip;
    while (at) {
      auto commit = ReadCommit(repository_, *at);
      if (!commit) {
        const std::string place = commits.empty()
                                      ? "the tip of " + BranchOf(name_)
                                      : "the version before serial " + std::to_string(commits.back().summary.serial);
        check_.fault =
            ports::HistoryFault{place + " (" + ToHex(*at).substr(0, kShortId) + ")", commit.error().message, kRestore};
        return false;
      }
      at = commit->parent;
      compacted_ |= commit->summary.trailers.contains(std::string(ports::kCompactedTrailer));
      commits.push_back(std::move(*commit));
    }
    return true;
  }

  bool CheckCommit(const Commit& commit, const Commit* before) {
    const ports::CommitSummary& says = commit.summary;
    for (const char* const key : {"Kadende-Serial", "Kadende-Lineage", "Kadende-Cluster", "Kadende-Spec"}) {
      if (!says.trailers.contains(key)) return Fail("", "its message has no " + std::string(key), kForeign);
    }
    const auto lost = says.trailers.find(std::string(kLostTrailer));
    const bool anew = lost != says.trailers.end();
    if (before == nullptr) {
      if (says.serial == 1 || compacted_ || anew) return true;
      return Fail("", "it is the oldest version and not the first, and none says that older ones were left out",
                  kRestore);
    }
    const std::string after = anew ? lost->second.substr(0, lost->second.find(' ')) : std::string();
    const std::uint64_t last =
        anew ? static_cast<std::uint64_t>(base::ParseInt(after).value_or(0)) : before->summary.serial;
    if (says.serial == last + 1) return true;
    return Fail("",
                "its serial is " + std::to_string(says.serial) + ", the version before it has " +
                    std::to_string(before->summary.serial),
                kForeign);
  }

  bool CheckTree(const Commit& commit, const Commit* before) {
    if (before != nullptr && before->tree == commit.tree && before->summary.lineage == commit.summary.lineage) {
      return CheckHeader(commit);
    }
    const auto entries = Tree(commit.tree, "");
    if (!entries) return false;
    std::vector<TreeEntry> old;
    if (before != nullptr) {
      auto read = ReadTree(repository_, before->tree);
      if (read) old = std::move(*read);
    }
    // A former cluster of this name has incarnations of its own; it has left nothing behind.
    const bool same_line = before != nullptr && before->summary.lineage == commit.summary.lineage;
    if (before != nullptr && !same_line && !CheckSuccession(*before)) return false;
    for (const TreeEntry& entry : *entries) {
      const TreeEntry* was = Find(old, entry.name);
      if (entry.is_tree) {
        if (entry.name != "groups" || (was != nullptr && was->id == entry.id)) continue;
        if (!Folder(entry.id, was != nullptr && same_line ? &was->id : nullptr, "")) return false;
      } else if (!Blob(entry.id, entry.name)) {
        return false;
      }
    }
    return CheckHeader(commit);
  }

  // What the message says of the tree.
  bool CheckHeader(const Commit& commit) {
    model::ClusterRecord record;
    const auto entries = Tree(commit.tree, "");
    if (!entries) return false;
    const TreeEntry* meta = Find(*entries, "meta.json");
    const TreeEntry* spec = Find(*entries, "spec.yaml");
    if (meta == nullptr || spec == nullptr) {
      return Fail(meta == nullptr ? "meta.json" : "spec.yaml", "the file is missing", kForeign);
    }
    const auto text = repository_.Read(meta->id, ObjectKind::kBlob);
    if (!text) return Fail("meta.json", text.error().message, kRestore);
    if (auto read = DecodeMeta(*text, &record); !read) return Fail("meta.json", read.error().message, kRestore);
    const auto file = repository_.Read(spec->id, ObjectKind::kBlob);
    if (!file) return Fail("spec.yaml", file.error().message, kRestore);
    const ports::CommitSummary& says = commit.summary;
    if (record.lineage != says.lineage) {
      return Fail("meta.json", "its lineage is " + record.lineage + ", the message says " + says.lineage, kForeign);
    }
    if (record.name != says.trailers.at("Kadende-Cluster")) {
      return Fail("meta.json", "its name is " + record.name + ", the message says otherwise", kForeign);
    }
    if (base::ToHex(record.spec_hash) != says.spec_hash) {
      return Fail("meta.json", "its specHash is not the one in the message (Kadende-Spec)", kForeign);
    }
    if (model::SpecHash(*file, record.variables) != record.spec_hash) {
      return Fail("spec.yaml", "its text and the variables have another SHA-256 than specHash", kForeign);
    }
    return true;
  }

  bool CheckSuccession(const Commit& before) {
    const auto old = ReadSnapshot(repository_, before.tree);
    if (!old) return Fail("", "the former cluster of this name: " + old.error().message, kRestore);
    for (const auto& [path, group] : old->state.groups) {
      const bool left = std::any_of(group.nodes.begin(), group.nodes.end(),
                                    [](const auto& row) { return row.second.phase != model::NodePhase::kTombstone; });
      if (left) {
        return Fail("", "another cluster (lineage " + before.summary.lineage + ") had this name and still had nodes",
                    kForeign);
      }
    }
    return true;
  }

  static const TreeEntry* Find(const std::vector<TreeEntry>& entries, std::string_view name) {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == name; });
    return found == entries.end() ? nullptr : &*found;
  }

  std::optional<std::vector<TreeEntry>> Tree(const ObjectId& id, const std::string& where) {
    auto entries = ReadTree(repository_, id);
    if (!entries) {
      Fail(where, entries.error().message, kRestore);
      return std::nullopt;
    }
    if (seen_.insert(id).second) ++check_.objects;
    return std::move(*entries);
  }

  bool Blob(const ObjectId& id, const std::string& where) {
    if (!seen_.insert(id).second) return true;
    ++check_.objects;
    const auto bytes = repository_.Read(id, ObjectKind::kBlob);
    return bytes ? true : Fail(where, bytes.error().message, kRestore);
  }

  // A folder of groups, a group, or both. `folder` is below "groups", empty for that itself.
  bool Folder(const ObjectId& tree, const ObjectId* before, const std::string& folder) {
    const std::string where = folder.empty() ? "groups" : "groups/" + folder;
    const auto entries = Tree(tree, where);
    if (!entries) return false;
    std::vector<TreeEntry> old;
    if (before != nullptr) {
      auto read = ReadTree(repository_, *before);
      if (read) old = std::move(*read);
    }
    model::GroupRecord record;
    const TreeEntry* header = Find(*entries, "group.json");
    if (header != nullptr && !header->is_tree && !Header(*header, folder, record)) return false;
    for (const TreeEntry& entry : *entries) {
      if (!entry.is_tree) continue;
      const TreeEntry* was = Find(old, entry.name);
      if (was != nullptr && was->id == entry.id) continue;
      const ObjectId* from = was == nullptr ? nullptr : &was->id;
      const bool fine = entry.name == "nodes"
                            ? Nodes(entry.id, from, record, where + "/nodes")
                            : Folder(entry.id, from, folder.empty() ? entry.name : folder + "/" + entry.name);
      if (!fine) return false;
    }
    return true;
  }

  bool Header(const TreeEntry& header, const std::string& folder, model::GroupRecord& record) {
    const std::string where = "groups/" + folder + "/group.json";
    if (seen_.insert(header.id).second) ++check_.objects;
    const auto text = repository_.Read(header.id, ObjectKind::kBlob);
    if (!text) return Fail(where, text.error().message, kRestore);
    auto read = DecodeGroup(*text);
    if (!read) return Fail(where, read.error().message, kRestore);
    record = std::move(*read);
    return record.path == PathOf(folder) ? true : Fail(where, "it names the path " + record.path, kForeign);
  }

  bool Nodes(const ObjectId& tree, const ObjectId* before, const model::GroupRecord& group, const std::string& where) {
    const auto entries = Tree(tree, where);
    if (!entries) return false;
    std::vector<TreeEntry> old;
    if (before != nullptr) {
      auto read = ReadTree(repository_, *before);
      if (read) old = std::move(*read);
    }
    for (const TreeEntry& entry : *entries) {
      const TreeEntry* was = Find(old, entry.name);
      if (was != nullptr && was->id == entry.id) continue;
      const ObjectId* from = was == nullptr ? nullptr : &was->id;
      const std::string path = where + "/" + entry.name;
      if (!(entry.is_tree ? Nodes(entry.id, from, group, path) : Chunk(entry.id, from, group, path))) return false;
    }
    return true;
  }

  bool Chunk(const ObjectId& id, const ObjectId* before, const model::GroupRecord& group, const std::string& where) {
    if (seen_.insert(id).second) ++check_.objects;
    const auto text = repository_.Read(id, ObjectKind::kBlob);
    if (!text) return Fail(where, text.error().message, kRestore);
    model::GroupState rows;
    rows.record.incarnation_floor = group.incarnation_floor;
    if (auto read = DecodeChunk(*text, RevisionNames(group.revisions), &rows); !read) {
      return Fail(where, read.error().message, kRestore);
    }
    if (before == nullptr) return true;
    const auto old = repository_.Read(*before, ObjectKind::kBlob);
    if (!old) return true;  // said before
    for (const auto& [ordinal, highest] : HighestOf(*old)) {
      const std::uint32_t now = rows.HighestIncarnation(ordinal);
      if (now >= highest) continue;
      return Fail(where,
                  "slot " + std::to_string(ordinal) + " fell from incarnation " + std::to_string(highest) + " to " +
                      std::to_string(now) + ": an incarnation could be issued twice",
                  "put the branch back to the version before it, which knows of the higher one");
    }
    return true;
  }

  const GitLine& line_;
  const GitRepository& repository_;
  const std::string name_;
  ports::HistoryCheck check_;
  const ports::CommitSummary* at_ = nullptr;
  bool compacted_ = false;  // some version says that older ones were left out
  std::unordered_set<ObjectId, ObjectIdHash> seen_;
};

}  // namespace

base::Result<ports::HistoryCheck> VerifyLine(const GitLine& line, std::string_view name) {
  return Verifier(line, name).Verify();
}

}  // namespace kadende::state
