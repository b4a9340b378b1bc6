#include "state/git_node_history.h"

#include <mutex>
#include <optional>
#include <utility>

#include "engine/base/text.h"
#include "engine/model/plan_record.h"
#include "state/chunk_codec.h"
#include "state/git_documents.h"
#include "state/git_layout.h"
#include "state/git_line.h"
#include "state/git_node_finder.h"
#include "state/git_path.h"

namespace kadende::state {
namespace {

using model::NodeQuery;
using ports::NodeTrace;

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

// Follows a node from the newest version to the oldest.
class Tracer {
 public:
  Tracer(const GitRepository& repository, const NodeQuery& query)
      : repository_(repository), finder_(repository, query) {}

  base::Result<NodeTrace> Trace(const ObjectId& tip) {
    const auto first = Find(tip);
    if (!first) return tl::unexpected(first.error());
    if (!place_) return std::move(trace_);
    for (std::optional<ObjectId> at = *first; at;) {
      auto commit = ReadCommit(repository_, *at);
      if (!commit) return tl::unexpected(commit.error());
      at = commit->parent;
      trace_.oldest_serial = commit->summary.serial;
      if (ended_) continue;  // only to learn how far back there are versions
      if (auto visited = Visit(std::move(*commit)); !visited) return tl::unexpected(visited.error());
    }
    if (!ended_ && !lines_.empty()) {
      if (auto kept = Keep(); !kept) return tl::unexpected(kept.error());
    }
    return std::move(trace_);
  }

 private:
  // Sets `place_` to what the query means in the newest version that tells. The newest version of that lineage: a
  // logical id may have rows in versions that do not tell.
  base::Result<ObjectId> Find(const ObjectId& tip) {
    ObjectId newest = tip;
    std::string lineage;
    for (std::optional<ObjectId> at = tip; at && !place_;) {
      const auto commit = ReadCommit(repository_, *at);
      if (!commit) return tl::unexpected(commit.error());
      const bool is_newest = *at == tip || commit->summary.lineage != lineage;
      if (is_newest) newest = *at;
      lineage = commit->summary.lineage;
      trace_.oldest_serial = commit->summary.serial;
      auto found = finder_.In(commit->tree, is_newest || !commit->parent);
      if (!found) return tl::unexpected(found.error());
      at = commit->parent;
      if (!*found) continue;
      trace_.node = **found;
      place_.emplace(repository_, std::move(**found));
    }
    return newest;
  }

  base::Status Visit(Commit commit) {
    if (newer_) {
      // A former cluster of this name has nodes of its own.
      if (commit.summary.lineage != newer_->summary.lineage) {
        ended_ = true;
        return lines_.empty() ? base::Status() : Keep();
      }
      if (auto older = CompareWith(commit); !older) return older;
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
  NodeFinder finder_;
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
