#include "tests/support/memory_repository.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "engine/base/digest.h"
#include "engine/model/policy_json.h"

namespace kadende::test {
namespace {

void Print(const model::NodeRecord& node, std::ostream& out) {
  out << node.slot.Key() << '#' << node.incarnation << static_cast<int>(node.phase) << node.tainted << node.instance_id
      << ' ' << node.address << ' ' << base::ToHex(node.revision) << base::ToHex(node.secrets) << node.attributes
      << '\n';
}

void Print(const model::ClusterState& state, std::ostream& out) {
  const model::ClusterRecord& cluster = state.cluster;
  out << cluster.lineage << cluster.id << ' ' << cluster.name << ' ' << cluster.version << '\n' << cluster.spec_text;
  for (const auto& [path, group] : state.groups) {
    const model::GroupRecord& record = group.record;
    out << path << ' ' << model::TargetToJson(record.current) << model::TargetToJson(record.target)
        << record.incarnation_floor << record.moved_to << ' ' << record.holds.size() << record.backoff.failures << '\n';
    for (const auto& [key, node] : group.nodes) Print(node, out);
  }
  for (const auto& [key, intent] : state.intents) out << base::ToHex(intent.token) << intent.run_id << '\n';
}

std::string IdOf(const MemoryCommit& commit) {
  std::ostringstream out;
  const ports::CommitSummary& summary = commit.summary;
  out << commit.parent << '\n'
      << summary.serial << ' ' << base::ToUnixMillis(summary.time) << '\n'
      << summary.subject << '\n'
      << summary.body << '\n'
      << summary.actor << '\n'
      << commit.run_id << '\n'
      << commit.plan << '\n'
      << commit.nonce << '\n';
  for (const auto& [name, value] : summary.trailers) out << name << ':' << value << '\n';
  Print(commit.state, out);
  if (commit.claim) {
    const ports::RunClaim& claim = *commit.claim;
    out << claim.run_id << ' ' << claim.host << ' ' << claim.holder.actor << claim.holder.reason << claim.holder.pid
        << ' ' << base::ToUnixMillis(claim.renewed) << ' ' << claim.lifetime.count();
  }
  return base::ToHex(base::Sha256(out.str())).substr(0, 40);
}

void CopyChunk(const model::GroupState& from, std::uint32_t chunk, model::GroupState& to) {
  const model::NodeRowKey begin{chunk * model::kChunkSlots, 0};
  const model::NodeRowKey end{(chunk + 1) * model::kChunkSlots, 0};
  to.nodes.erase(to.nodes.lower_bound(begin), to.nodes.lower_bound(end));
  to.nodes.insert(from.nodes.lower_bound(begin), from.nodes.lower_bound(end));
}

model::ClusterRecord HeaderOf(const model::ClusterRecord& cluster) {
  model::ClusterRecord header = cluster;
  header.serial = 0;
  header.commit.clear();
  header.run.reset();
  return header;
}

}  // namespace

std::string MemoryBranch(std::string_view cluster) {
  return "refs/heads/kadende/" + std::string(cluster);
}

std::string MemoryRunRef(std::string_view cluster) {
  return "refs/kadende/run/" + std::string(cluster);
}

model::ClusterState MemoryTree(const model::ClusterState* parent, const model::ClusterState& state) {
  model::ClusterState tree;
  tree.cluster = HeaderOf(state.cluster);
  if (parent == nullptr) {
    tree.groups = state.groups;
    return tree;
  }
  tree.groups = parent->groups;
  for (const std::string& path : state.dirty_groups) {
    const auto group = state.groups.find(path);
    if (group == state.groups.end()) {
      tree.groups.erase(path);
    } else {
      tree.groups[path].record = group->second.record;
    }
  }
  for (const model::ChunkKey& key : state.dirty_chunks) {
    const auto group = state.groups.find(key.group);
    if (group != state.groups.end()) CopyChunk(group->second, key.chunk, tree.groups[key.group]);
  }
  return tree;
}

bool SameTree(const model::ClusterState& a, const model::ClusterState& b) {
  return HeaderOf(a.cluster) == HeaderOf(b.cluster) &&
         std::equal(
             a.groups.begin(), a.groups.end(), b.groups.begin(), b.groups.end(), [](const auto& x, const auto& y) {
               return x.first == y.first && x.second.record == y.second.record && x.second.nodes == y.second.nodes;
             });
}

ports::HistoricState MemoryVersion(const MemoryCommit& commit) {
  ports::HistoricState version{commit.summary, commit.state, commit.plan};
  version.state.cluster.serial = commit.summary.serial;
  version.state.cluster.commit = commit.claim ? commit.parent : commit.summary.id;
  return version;
}

std::string MemoryRepository::Put(MemoryCommit commit) {
  std::string id = IdOf(commit);
  commit.summary.id = id;
  if (commit.claim) {
    commit.claim->commit = id;
    commit.claim->base = commit.parent;
  }
  const std::lock_guard lock(mutex_);
  commits_.try_emplace(id, std::move(commit));
  return id;
}

std::optional<MemoryCommit> MemoryRepository::Find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = commits_.find(id);
  return found == commits_.end() ? std::nullopt : std::optional(found->second);
}

void MemoryRepository::Drop(const std::string& id) {
  const std::lock_guard lock(mutex_);
  commits_.erase(id);
}

std::vector<MemoryCommit> MemoryRepository::Line(std::string_view id) const {
  std::vector<MemoryCommit> line;
  for (auto commit = Find(id); commit; commit = Find(commit->parent)) line.push_back(*commit);
  return line;
}

std::string MemoryRepository::Ref(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto ref = refs_.find(name);
  return ref == refs_.end() ? std::string() : ref->second;
}

MemoryRepository::Refs MemoryRepository::List(const std::string& prefix) const {
  const std::lock_guard lock(mutex_);
  Refs refs;
  for (auto ref = refs_.lower_bound(prefix); ref != refs_.end() && ref->first.starts_with(prefix); ++ref) {
    refs.insert(*ref);
  }
  return refs;
}

bool MemoryRepository::Move(const std::vector<Update>& updates) {
  const std::lock_guard lock(mutex_);
  for (const Update& update : updates) {
    const auto ref = refs_.find(update.ref);
    if ((ref == refs_.end() ? std::string() : ref->second) != update.from) return false;
  }
  for (const Update& update : updates) {
    refs_.erase(update.ref);
    if (!update.to.empty()) refs_.emplace(update.ref, update.to);
  }
  return true;
}

void MemoryRepository::Take(const MemoryRepository& from, std::string_view id) {
  for (std::string at(id); !at.empty();) {
    const auto commit = from.Find(at);
    if (!commit) return;
    const std::lock_guard lock(mutex_);
    if (!commits_.try_emplace(at, *commit).second) return;  // and so is all that it stands on
    at = commit->parent;
  }
}

void MemoryRepository::Note(const std::string& name, std::string text) {
  const std::lock_guard lock(mutex_);
  notes_.insert_or_assign(name, std::move(text));
}

std::optional<std::string> MemoryRepository::Noted(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto note = notes_.find(name);
  return note == notes_.end() ? std::nullopt : std::optional(note->second);
}

}  // namespace kadende::test
