#include "tests/support/memory_history.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"

namespace kadende::test {
namespace {

using base::ErrorCode;
using base::Fail;

bool HasInstances(const model::ClusterState& state) {
  for (const auto& [path, group] : state.groups) {
    for (const auto& [key, node] : group.nodes) {
      if (node.phase != model::NodePhase::kTombstone) return true;
    }
  }
  return false;
}

// Whether `state` can come after `published`, as git_publisher.cc has it.
bool KnowsMachines(const model::ClusterState& state, const model::ClusterState& published) {
  for (const auto& [path, group] : published.groups) {
    const auto mine = state.groups.find(path);
    for (const auto& [key, node] : group.nodes) {
      if (mine == state.groups.end()) return false;
      const auto same = mine->second.nodes.find(key);
      if (same == mine->second.nodes.end()) {
        if (mine->second.HighestIncarnation(key.ordinal) <= key.incarnation) return false;
      } else if (same->second.phase < node.phase ||
                 (same->second.phase != model::NodePhase::kTombstone && node.phase != model::NodePhase::kTombstone &&
                  same->second.instance_id != node.instance_id)) {
        return false;
      }
    }
  }
  return true;
}

std::string RunOf(const model::ClusterRecord& cluster) {
  return cluster.run ? cluster.run->id : std::string();
}

// The commit that a user's words mean, of a line that is newest first.
const MemoryCommit* Resolve(const std::vector<MemoryCommit>& line, std::string_view revision) {
  if (revision.starts_with("HEAD")) {
    std::string_view rest = revision.substr(4);
    std::optional<std::int64_t> back = rest.empty() ? std::optional<std::int64_t>(0) : std::nullopt;
    if (rest.starts_with('~')) back = rest.size() == 1 ? 1 : base::ParseInt(rest.substr(1));
    const bool there = back && *back >= 0 && static_cast<std::size_t>(*back) < line.size();
    return there ? &line[static_cast<std::size_t>(*back)] : nullptr;
  }
  const auto found = std::find_if(line.begin(), line.end(), [&](const MemoryCommit& commit) {
    return std::to_string(commit.summary.serial) == revision ||
           (revision.size() >= 4 && commit.summary.id.starts_with(revision));
  });
  return found == line.end() ? nullptr : &*found;
}

}  // namespace

// Whether the tip was put on what state names, directly or on commits of the run that state still has open; a first one
// may stand on the line of the name's former cluster.
bool MemoryHistory::StandsOn(MemoryCommit commit, const model::ClusterRecord& cluster) const {
  const std::string run = RunOf(cluster);
  while (commit.parent != cluster.commit) {
    auto parent = repository_.Find(commit.parent);
    if (!parent) return false;
    if (cluster.commit.empty() && parent->summary.lineage != cluster.lineage) return true;
    if (run.empty() || commit.run_id != run || parent->run_id != run) return false;
    commit = std::move(*parent);
  }
  return true;
}

bool MemoryHistory::IsAlready(const MemoryCommit& tip, const ports::PublishRequest& request) const {
  const model::ClusterRecord& cluster = request.state->cluster;
  if (tip.summary.lineage != cluster.lineage || !StandsOn(tip, cluster)) return false;
  const std::string run = RunOf(cluster);
  if (!run.empty() && tip.run_id == run) return true;
  const auto parent = repository_.Find(cluster.commit);
  const model::ClusterState on_parent = MemoryTree(parent ? &parent->state : nullptr, *request.state);
  if (SameTree(on_parent, tip.state) && tip.plan == request.plan) return true;
  if (run.empty() || tip.run_id.empty()) return false;
  return SameTree(on_parent, MemoryTree(&tip.state, *request.state)) && KnowsMachines(*request.state, tip.state);
}

MemoryHistory::Base MemoryHistory::ChooseBase(const ports::PublishRequest& request) const {
  const model::ClusterRecord& cluster = request.state->cluster;
  auto tip = repository_.Find(repository_.Ref(MemoryBranch(cluster.name)));
  if (!tip || tip->summary.id == cluster.commit) return {std::move(tip)};
  if (!cluster.commit.empty() && ports::IsCompactionOf(tip->summary, cluster.commit)) return {std::move(tip)};
  if (cluster.commit.empty() && tip->summary.lineage != cluster.lineage) {
    const bool conflict = HasInstances(tip->state);
    return {std::move(tip), conflict};
  }
  const bool already = IsAlready(*tip, request);
  return {std::move(tip), !already};
}

base::Result<ports::PublishResult> MemoryHistory::Publish(const ports::PublishRequest& request) {
  if (before_commit) {
    if (auto status = before_commit(); !status) return tl::unexpected(status.error());
  }
  const model::ClusterRecord& cluster = request.state->cluster;
  ports::PublishResult result;
  {
    const std::lock_guard lock(publishing_);
    const auto [parent, conflict] = ChooseBase(request);
    if (conflict) {
      return Fail(ErrorCode::kConflict,
                  "the history of " + cluster.name + " is at " + parent->summary.id + ", state at " + cluster.commit);
    }
    const bool continues = parent && parent->summary.lineage == cluster.lineage;
    MemoryCommit commit;
    commit.state = MemoryTree(continues ? &parent->state : nullptr, *request.state);
    if (parent && SameTree(commit.state, parent->state) && parent->plan == request.plan) {
      return ports::PublishResult{parent->summary.serial, parent->summary.id, warnings};
    }
    commit.parent = parent ? parent->summary.id : "";
    commit.summary.serial = parent ? parent->summary.serial + 1 : cluster.serial + 1;
    commit.summary.time = request.time;
    commit.summary.subject = request.subject;
    commit.summary.body = request.body;
    commit.summary.actor = request.actor;
    commit.summary.lineage = cluster.lineage;
    commit.summary.spec_hash = base::ToHex(cluster.spec_hash);
    commit.summary.trailers = request.trailers;
    commit.run_id = RunOf(cluster);
    commit.plan = request.plan;
    result = {commit.summary.serial, repository_.Put(commit), warnings};
    if (!repository_.Move(MemoryBranch(cluster.name), commit.parent, result.commit)) {
      return Fail(ErrorCode::kConflict, "the history of " + cluster.name + " moved meanwhile");
    }
  }
  if (after_commit) {
    if (auto status = after_commit(); !status) return tl::unexpected(status.error());
  }
  return result;
}

base::Result<std::vector<ports::CommitSummary>> MemoryHistory::Log(std::string_view name, std::uint32_t limit) {
  std::vector<ports::CommitSummary> log;
  for (const MemoryCommit& commit : repository_.Line(repository_.Ref(MemoryBranch(name)))) {
    if (limit != 0 && log.size() == limit) break;
    log.push_back(commit.summary);
  }
  return log;
}

base::Result<ports::HistoricState> MemoryHistory::Read(std::string_view name, std::string_view revision) {
  const auto line = repository_.Line(repository_.Ref(MemoryBranch(name)));
  if (line.empty()) return Fail(ErrorCode::kNotFound, std::string(name) + " was never published");
  if (const MemoryCommit* commit = Resolve(line, revision)) return MemoryVersion(*commit);
  return Fail(ErrorCode::kNotFound,
              std::string(name) + "@" + std::string(revision) + " does not exist; there are serials " +
                  std::to_string(line.back().summary.serial) + " to " + std::to_string(line.front().summary.serial));
}

base::Result<std::optional<ports::CommitSummary>> MemoryHistory::Tip(std::string_view name) {
  const auto tip = repository_.Find(repository_.Ref(MemoryBranch(name)));
  return tip ? std::optional(tip->summary) : std::nullopt;
}

base::Result<std::vector<std::string>> MemoryHistory::Names() {
  std::vector<std::string> names;
  const std::string prefix = MemoryBranch("");
  for (const auto& [ref, commit] : repository_.List(prefix)) names.push_back(ref.substr(prefix.size()));
  return names;
}

base::Status MemoryHistory::Rename(std::string_view from, std::string_view to) {
  const std::string old_tip = repository_.Ref(MemoryBranch(from));
  const std::string new_tip = repository_.Ref(MemoryBranch(to));
  if (old_tip.empty() && !new_tip.empty()) return {};  // done before
  if (old_tip.empty()) return Fail(ErrorCode::kNotFound, std::string(from) + " was never published");
  if (!new_tip.empty() && new_tip != old_tip) return Fail(ErrorCode::kConflict, std::string(to) + " has a history");
  repository_.Move({{MemoryBranch(from), old_tip, ""}, {MemoryBranch(to), new_tip, old_tip}});
  return {};
}

std::vector<std::string> MemoryHistory::Subjects(std::string_view name) const {
  std::vector<std::string> subjects;
  for (const Commit& commit : Commits(name)) subjects.push_back(commit.summary.subject);
  return subjects;
}

std::vector<MemoryHistory::Commit> MemoryHistory::Commits(std::string_view name) const {
  auto line = repository_.Line(repository_.Ref(MemoryBranch(name)));
  std::reverse(line.begin(), line.end());
  return line;
}

}  // namespace kadende::test
