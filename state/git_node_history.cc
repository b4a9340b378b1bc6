#include "state/git_node_history.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>

#include "engine/base/text.h"
#include "engine/model/plan_record.h"
#include "state/chunk_codec.h"
#include "state/git_documents.h"
#include "state/git_layout.h"
#include "state/git_line.h"
#include "state/git_path.h"

namespace kadende::state {
namespace {

using model::NodeQuery;
using model::Slot;
using ports::NodeTrace;

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

// Where a node is in the trees: the node, and its group's two files.
struct Place {
  Place(const GitRepository& repository, model::NodeAddress address)
      : node(std::move(address)),
        chunk(repository, ChunkFile(node.group, node.slot.ordinal / model::kChunkSlots)),
        header(repository, GroupFile(node.group)) {}

  model::NodeAddress node;
  PathFollower chunk;
  PathFollower header;
};

// Finds the place that a query means, in one tree after the other.
class Finder {
 public:
  Finder(const GitRepository& repository, const NodeQuery& query) : repository_(repository), query_(query) {}

  base::Result<std::optional<model::NodeAddress>> In(const ObjectId& root) {
    if (!query_.group.empty()) return InGroup(root, query_.group, query_.slot_key);
    const auto groups = FindEntry(repository_, root, "groups");
    if (!groups) return tl::unexpected(groups.error());
    if (!*groups) return std::nullopt;
    std::vector<std::string> paths;
    if (auto listed = ListGroups(**groups, {}, paths); !listed) return tl::unexpected(listed.error());
    for (const std::string& path : paths) {
      const std::string prefix = model::NodeName(path, {0, "x"});
      const std::string_view start = std::string_view(prefix).substr(0, prefix.size() - 1);
      if (!query_.name.starts_with(start)) continue;
      auto found = InGroup(root, path, query_.name.substr(start.size()));
      if (!found || *found) return found;
    }
    return std::nullopt;
  }

 private:
  // Paths of the groups below `tree` that the name could be of.
  base::Status ListGroups(const ObjectId& tree, const std::string& folder, std::vector<std::string>& paths) {
    const auto entries = ReadTree(repository_, tree);
    if (!entries) return tl::unexpected(entries.error());
    for (const TreeEntry& entry : *entries) {
      if (!entry.is_tree || entry.name == "nodes") continue;
      const std::string path = (folder.empty() ? "" : folder + "/") + DecodePart(entry.name);
      const std::string prefix = model::NodeName(path, {0, ""});
      if (!query_.name.starts_with(std::string_view(prefix).substr(0, prefix.rfind('-') + 1))) continue;
      paths.push_back(path);
      if (auto listed = ListGroups(entry.id, path, paths); !listed) return listed;
    }
    return {};
  }

  base::Result<std::optional<model::NodeAddress>> InGroup(const ObjectId& root, const std::string& group,
                                                          const std::string& key) {
    const auto number = base::ParseInt(key);
    if (number && *number >= 0 && *number <= kLargestOrdinal) {
      const auto ordinal = static_cast<std::uint32_t>(*number);
      const auto blob = PathFollower(repository_, ChunkFile(group, ordinal / model::kChunkSlots)).In(root);
      if (!blob) return tl::unexpected(blob.error());
      if (*blob) {
        const auto text = repository_.Read(**blob, ObjectKind::kBlob);
        if (!text) return tl::unexpected(text.error());
        const std::string lines = SlotLines(*text, ordinal);
        const bool has_id = lines.find(",\"id\":") < lines.find(",\"incarnation\":");
        if (!lines.empty() && !has_id) return std::optional(model::NodeAddress{group, {ordinal, {}}});
      }
    }
    const auto nodes = PathFollower(repository_, NodesFolder(group)).In(root);
    if (!nodes) return tl::unexpected(nodes.error());
    if (!*nodes) return std::nullopt;
    return ById(**nodes, group, key);
  }

  // A logical id: its line is somewhere in the group's files. Files that were looked through are not read again.
  base::Result<std::optional<model::NodeAddress>> ById(const ObjectId& tree, const std::string& group,
                                                       const std::string& id) {
    if (!seen_.insert(tree).second) return std::nullopt;
    const auto entries = ReadTree(repository_, tree);
    if (!entries) return tl::unexpected(entries.error());
    const std::string wanted = ",\"id\":" + base::QuoteJson(id) + ",\"incarnation\":";
    for (const TreeEntry& entry : *entries) {
      if (entry.is_tree) {
        auto found = ById(entry.id, group, id);
        if (!found || *found) return found;
        continue;
      }
      if (!seen_.insert(entry.id).second) continue;
      const auto text = repository_.Read(entry.id, ObjectKind::kBlob);
      if (!text) return tl::unexpected(text.error());
      const std::size_t at = text->find(wanted);
      if (at == std::string::npos) continue;
      const std::size_t colon = text->rfind(':', at);
      const auto ordinal = base::ParseInt(std::string_view(*text).substr(colon + 1, at - colon - 1));
      if (!ordinal || *ordinal < 0 || *ordinal > kLargestOrdinal) continue;
      return std::optional(model::NodeAddress{group, {static_cast<std::uint32_t>(*ordinal), id}});
    }
    return std::nullopt;
  }

  static constexpr std::int64_t kLargestOrdinal = 0xffffffff;

  const GitRepository& repository_;
  const NodeQuery& query_;
  std::unordered_set<ObjectId, ObjectIdHash> seen_;
};

// Follows a node from the newest version to the oldest.
class Tracer {
 public:
  Tracer(const GitRepository& repository, const NodeQuery& query)
      : repository_(repository), finder_(repository, query) {}

  base::Result<NodeTrace> Trace(const ObjectId& tip) {
    std::optional<ObjectId> at = tip;
    while (at) {
      auto commit = ReadCommit(repository_, *at);
      if (!commit) return tl::unexpected(commit.error());
      at = commit->parent;
      trace_.oldest_serial = commit->summary.serial;
      if (ended_) continue;  // only to learn how far back there are versions
      if (auto visited = Visit(std::move(*commit)); !visited) return tl::unexpected(visited.error());
    }
    if (place_ && !ended_ && !lines_.empty()) {
      if (auto kept = Keep(); !kept) return tl::unexpected(kept.error());
    }
    return std::move(trace_);
  }

 private:
  base::Status Visit(Commit commit) {
    // A former cluster of this name has nodes of its own.
    if (place_ && commit.summary.lineage != newer_->summary.lineage) {
      ended_ = true;
      return lines_.empty() ? base::Status() : Keep();
    }
    if (!place_) {
      auto found = finder_.In(commit.tree);
      if (!found) return tl::unexpected(found.error());
      if (!*found) {
        newer_ = std::move(commit);
        return {};
      }
      trace_.node = **found;
      place_.emplace(repository_, std::move(**found));
      if (newer_) {  // the version that took its last row away, with its group
        lines_.clear();
        blob_.reset();
        if (auto kept = Keep(); !kept) return kept;
      }
    } else if (auto older = CompareWith(commit); !older) {
      return older;
    }
    auto lines = LinesIn(commit.tree);
    if (!lines) return tl::unexpected(lines.error());
    lines_ = std::move(*lines);
    newer_ = std::move(commit);
    return {};
  }

  // Keeps the newer version where the older one has other rows.
  base::Status CompareWith(const Commit& older) {
    auto lines = LinesIn(older.tree);
    if (!lines) return tl::unexpected(lines.error());
    if (*lines == lines_) return {};
    if (lines->empty()) {
      auto plan = PlanOf(*newer_);
      if (!plan) return tl::unexpected(plan.error());
      const std::string from = model::ReadNodePlan(*plan, place_->node.group, place_->node.slot).moved_from;
      if (!from.empty()) {
        const std::string group = place_->node.group;
        place_.emplace(repository_, model::NodeAddress{from, place_->node.slot});
        blob_.reset();
        auto moved = LinesIn(older.tree);
        if (!moved) return tl::unexpected(moved.error());
        return *moved == lines_ ? base::Status() : Keep(group);
      }
    }
    return Keep();
  }

  // The node's lines in a tree; those of the last tree where its file is the same one.
  base::Result<std::string> LinesIn(const ObjectId& root) {
    auto blob = place_->chunk.In(root);
    if (!blob) return tl::unexpected(blob.error());
    if (!*blob) {
      blob_.reset();
      return std::string();
    }
    if (blob_ && *blob_ == **blob) return of_blob_;
    auto text = repository_.Read(**blob, ObjectKind::kBlob);
    if (!text) return tl::unexpected(text.error());
    blob_ = **blob;
    of_blob_ = SlotLines(*text, place_->node.slot.ordinal);
    return of_blob_;
  }

  base::Result<std::string> PlanOf(const Commit& commit) {
    const auto blob = FindEntry(repository_, commit.tree, "plan.json");
    if (!blob) return tl::unexpected(blob.error());
    if (!*blob) return std::string();
    return repository_.Read(**blob, ObjectKind::kBlob);
  }

  base::Status Keep() { return Keep(place_->node.group); }
  base::Status Keep(const std::string& group) {
    ports::NodeVersion version;
    version.group = group;
    auto plan = PlanOf(*newer_);
    if (!plan) return tl::unexpected(plan.error());
    version.plan = std::move(*plan);
    if (!lines_.empty()) {
      const auto header = group == place_->node.group ? place_->header.In(newer_->tree)
                                                      : PathFollower(repository_, GroupFile(group)).In(newer_->tree);
      if (!header) return tl::unexpected(header.error());
      std::vector<model::RevisionRecord> revisions;
      if (*header) {
        const auto text = repository_.Read(**header, ObjectKind::kBlob);
        if (!text) return tl::unexpected(text.error());
        auto record = DecodeGroup(*text);
        if (!record) return base::Wrap(record.error(), "commit " + newer_->summary.id);
        revisions = std::move(record->revisions);
      }
      model::GroupState rows;
      if (auto decoded = DecodeChunk(lines_, RevisionNames(revisions), &rows); !decoded) {
        return base::Wrap(decoded.error(), "commit " + newer_->summary.id);
      }
      for (auto& [key, row] : rows.nodes) version.rows.push_back(std::move(row));
    }
    version.commit = newer_->summary;
    trace_.versions.push_back(std::move(version));
    return {};
  }

  const GitRepository& repository_;
  Finder finder_;
  NodeTrace trace_;
  std::optional<Place> place_;   // where it is in the versions that are looked at now
  std::optional<Commit> newer_;  // the version before, seen from the newest
  std::string lines_;            // in `newer_`
  std::optional<ObjectId> blob_;
  std::string of_blob_;  // the lines in `blob_`
  bool ended_ = false;
};

class GitNodeHistory : public ports::NodeHistory {
 public:
  explicit GitNodeHistory(GitOptions options) : options_(std::move(options)), around_(options_.enclosing_from) {}

  base::Result<NodeTrace> Trace(std::string_view name, const NodeQuery& node) override {
    const std::lock_guard lock(mutex_);
    auto line = Line(name);
    if (!line) return tl::unexpected(line.error());
    auto trace = Tracer(line->repository(), node).Trace(line->tip);
    if (!trace) return ExplainLine(trace.error(), name);
    if (trace->versions.empty()) {
      const std::string what = node.group.empty() ? node.name : node.group + "[" + node.slot_key + "]";
      return base::Fail(base::ErrorCode::kNotFound,
                        "no version of " + base::EscapeTerminal(name) + " that is kept (serials from " +
                            std::to_string(trace->oldest_serial) + ") has a node `" + base::EscapeTerminal(what) + "`");
    }
    return trace;
  }

  base::Result<std::vector<ports::CommitSummary>> OfGroup(std::string_view name, std::string_view group,
                                                          std::uint32_t limit) override {
    const std::lock_guard lock(mutex_);
    auto line = Line(name);
    if (!line) return tl::unexpected(line.error());
    PathFollower follower(line->repository(), GroupFolder(group));
    std::vector<ports::CommitSummary> commits;
    std::optional<ports::CommitSummary> newer;
    std::optional<ObjectId> in_newer;
    base::Status failed;
    const auto visit = [&](Commit commit) {
      const auto found = follower.In(commit.tree);
      if (!found) {
        failed = tl::unexpected(found.error());
        return false;
      }
      if (newer && *found != in_newer) commits.push_back(std::move(*newer));
      newer = std::move(commit.summary);
      in_newer = *found;
      return limit == 0 || commits.size() < limit;
    };
    auto walked = WalkLine(line->repository(), line->tip, visit);
    if (walked) walked = failed;
    if (!walked) return ExplainLine(walked.error(), name);
    if (newer && in_newer && (limit == 0 || commits.size() < limit)) commits.push_back(std::move(*newer));
    return commits;
  }

 private:
  base::Result<GitLine> Line(std::string_view name) {
    auto line = LocateLine(options_, around_, name);
    if (!line) return tl::unexpected(line.error());
    if (!*line) return base::Fail(base::ErrorCode::kNotFound, base::EscapeTerminal(name) + " was never published");
    return std::move(**line);
  }

  const GitOptions options_;
  std::mutex mutex_;
  RepositoryAround around_;  // guarded by mutex_
};

}  // namespace

std::unique_ptr<ports::NodeHistory> OpenGitNodeHistory(const GitOptions& options) {
  return std::make_unique<GitNodeHistory>(options);
}

}  // namespace kadende::state
