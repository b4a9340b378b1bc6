#include "state/git_snapshot.h"

#include <set>
#include <utility>

#include "state/chunk_codec.h"
#include "state/git_documents.h"
#include "state/git_layout.h"
#include "state/git_readme.h"
#include "state/git_tree.h"

namespace kadende::state {
namespace {

class Writer {
 public:
  Writer(const GitRepository& repository, const std::optional<ObjectId>& parent, const model::ClusterState& state,
         ObjectBatch* batch)
      : editor_(repository, parent), state_(state), whole_(!parent), batch_(batch) {}

  base::Result<ObjectId> Write(std::string_view plan) {
    base::Status done = WriteCluster(plan);
    if (done) done = WriteGroups();
    if (done) done = WriteChunks();
    if (!done) return tl::unexpected(done.error());
    return editor_.Write(batch_);
  }

 private:
  base::Status Put(const std::string& path, base::Result<std::string> bytes) {
    if (!bytes) return tl::unexpected(bytes.error());
    return editor_.Put(path, std::move(*bytes), batch_);
  }

  base::Status WriteCluster(std::string_view plan) {
    base::Status done = Put("meta.json", EncodeMeta(state_.cluster));
    if (done) done = Put("spec.yaml", state_.cluster.spec_text);
    // Made of headers: where none changed, the parent's is right.
    const bool stale = whole_ || state_.dirty_cluster || !state_.dirty_groups.empty();
    if (done && stale) done = Put("README.md", EncodeReadme(state_));
    if (done) done = Put("plan.json", plan.empty() ? "{}\n" : std::string(plan) + (plan.back() == '\n' ? "" : "\n"));
    return done;
  }

  base::Status WriteGroups() {
    base::Status done;
    if (whole_) {
      for (const auto& [path, group] : state_.groups) {
        if (done) done = WriteGroup(path);
      }
      return done;
    }
    for (const auto& path : state_.dirty_groups) {
      if (done) done = WriteGroup(path);
    }
    return done;
  }

  base::Status WriteGroup(const std::string& path) {
    const auto found = state_.groups.find(path);
    if (found == state_.groups.end()) {
      // Groups below a removed one (now a folder) stay.
      base::Status done = editor_.Remove(GroupFile(path));
      return done ? editor_.Remove(NodesFolder(path)) : done;
    }
    // Two revisions that share a short name: every line of the group has to use the long one.
    if (RevisionNames(found->second.record.revisions).ambiguous()) rewritten_.insert(path);
    return Put(GroupFile(path), EncodeGroup(found->second.record));
  }

  base::Status WriteChunks() {
    base::Status done;
    for (auto group = state_.groups.begin(); done && group != state_.groups.end(); ++group) {
      if (whole_ || rewritten_.contains(group->first)) done = WriteAllChunks(group->first, group->second);
    }
    for (auto key = state_.dirty_chunks.begin(); done && !whole_ && key != state_.dirty_chunks.end();) {
      const std::string& path = key->group;
      const auto group = state_.groups.find(path);
      const bool skip = group == state_.groups.end() || rewritten_.contains(path);
      const RevisionNames revisions(skip ? std::vector<model::RevisionRecord>() : group->second.record.revisions);
      for (; done && key != state_.dirty_chunks.end() && key->group == path; ++key) {
        if (!skip) done = WriteChunk(path, group->second, key->chunk, revisions);
      }
    }
    return done;
  }

  base::Status WriteAllChunks(const std::string& path, const model::GroupState& group) {
    const RevisionNames revisions(group.record.revisions);
    base::Status done = editor_.Remove(NodesFolder(path));
    for (auto row = group.nodes.begin(); done && row != group.nodes.end();) {
      const std::uint32_t chunk = row->first.ordinal / model::kChunkSlots;
      done = WriteChunk(path, group, chunk, revisions);
      while (row != group.nodes.end() && row->first.ordinal / model::kChunkSlots == chunk) ++row;
    }
    return done;
  }

  base::Status WriteChunk(const std::string& path, const model::GroupState& group, std::uint32_t chunk,
                          const RevisionNames& revisions) {
    std::string lines = EncodeChunk(group, chunk, revisions);
    if (lines.empty()) return editor_.Remove(ChunkFile(path, chunk));
    return editor_.Put(ChunkFile(path, chunk), std::move(lines), batch_);
  }

  TreeEditor editor_;
  const model::ClusterState& state_;
  const bool whole_;
  ObjectBatch* const batch_;
  std::set<std::string> rewritten_;
};

class Reader {
 public:
  explicit Reader(const GitRepository& repository) : repository_(repository) {}

  base::Result<Snapshot> Read(const ObjectId& tree) {
    const auto entries = ReadTree(repository_, tree);
    if (!entries) return tl::unexpected(entries.error());
    bool has_meta = false;
    for (const auto& entry : *entries) {
      has_meta |= entry.name == "meta.json";
      if (auto done = ReadTop(entry); !done) return tl::unexpected(done.error());
    }
    if (!has_meta) return base::Fail(base::ErrorCode::kCorrupt, "no meta.json: not a version that kadende published");
    return std::move(snapshot_);
  }

 private:
  base::Status ReadTop(const TreeEntry& entry) {
    if (entry.is_tree) return entry.name == "groups" ? ReadGroups(entry.id, "groups") : base::Status{};
    if (entry.name == "README.md") return {};
    auto bytes = repository_.Read(entry.id, ObjectKind::kBlob);
    if (!bytes) return base::Wrap(bytes.error(), entry.name);
    if (entry.name == "meta.json") return DecodeMeta(*bytes, &snapshot_.state.cluster);
    if (entry.name == "spec.yaml") snapshot_.state.cluster.spec_text = std::move(*bytes);
    if (entry.name == "plan.json") {
      if (!bytes->empty() && bytes->back() == '\n') bytes->pop_back();
      snapshot_.plan = std::move(*bytes);
    }
    return {};
  }

  // A folder, a group, or both (a removed group whose path is a folder today).
  base::Status ReadGroups(const ObjectId& tree, const std::string& folder) {
    const auto entries = ReadTree(repository_, tree);
    if (!entries) return base::Wrap(entries.error(), folder);
    model::GroupState* group = nullptr;
    for (const auto& entry : *entries) {
      if (entry.is_tree || entry.name != "group.json") continue;
      auto read = ReadGroup(entry.id, folder);
      if (!read) return tl::unexpected(read.error());
      group = *read;
    }
    for (const auto& entry : *entries) {
      if (!entry.is_tree) continue;
      const std::string path = folder + "/" + entry.name;
      base::Status done;
      if (entry.name != "nodes") {
        done = ReadGroups(entry.id, path);
      } else if (group != nullptr) {
        done = ReadNodes(entry.id, path, RevisionNames(group->record.revisions), group);
      }
      if (!done) return done;
    }
    return {};
  }

  base::Result<model::GroupState*> ReadGroup(const ObjectId& id, const std::string& folder) {
    const auto bytes = repository_.Read(id, ObjectKind::kBlob);
    if (!bytes) return base::Wrap(bytes.error(), folder + "/group.json");
    auto record = DecodeGroup(*bytes);
    if (!record) return base::Wrap(record.error(), folder);
    if (GroupFolder(record->path) != folder) {
      return base::Fail(base::ErrorCode::kCorrupt, folder + "/group.json names another path");
    }
    model::GroupState& group = snapshot_.state.groups[record->path];
    group.record = std::move(*record);
    return &group;
  }

  base::Status ReadNodes(const ObjectId& tree, const std::string& folder, const RevisionNames& revisions,
                         model::GroupState* group) {
    const auto entries = ReadTree(repository_, tree);
    if (!entries) return base::Wrap(entries.error(), folder);
    for (const auto& entry : *entries) {
      const std::string path = folder + "/" + entry.name;
      if (entry.is_tree) {
        if (auto done = ReadNodes(entry.id, path, revisions, group); !done) return done;
        continue;
      }
      const auto bytes = repository_.Read(entry.id, ObjectKind::kBlob);
      if (!bytes) return base::Wrap(bytes.error(), path);
      if (auto done = DecodeChunk(*bytes, revisions, group); !done) return base::Wrap(done.error(), path);
    }
    return {};
  }

  const GitRepository& repository_;
  Snapshot snapshot_;
};

}  // namespace

base::Result<ObjectId> WriteSnapshot(const GitRepository& repository, const std::optional<ObjectId>& parent,
                                     const model::ClusterState& state, std::string_view plan, ObjectBatch* batch) {
  return Writer(repository, parent, state, batch).Write(plan);
}

base::Result<Snapshot> ReadSnapshot(const GitRepository& repository, const ObjectId& tree) {
  return Reader(repository).Read(tree);
}

}  // namespace kadende::state
