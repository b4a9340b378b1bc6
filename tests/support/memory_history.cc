#include "tests/support/memory_history.h"

#include <algorithm>
#include <utility>

namespace kadende::test {
namespace {

using base::ErrorCode;
using base::Fail;

bool SameNode(const model::NodeRecord& a, const model::NodeRecord& b) {
  return a.incarnation == b.incarnation && a.phase == b.phase && a.tainted == b.tainted && a.revision == b.revision &&
         a.instance_id == b.instance_id && a.address == b.address;
}

bool SameGroup(const model::GroupState& a, const model::GroupState& b) {
  const auto same_revision = [](const auto& x, const auto& y) { return x.id == y.id && x.scope == y.scope; };
  return a.record.current == b.record.current && a.record.target == b.record.target &&
         a.record.backoff == b.record.backoff && a.record.destroy_backoff == b.record.destroy_backoff &&
         a.record.moved_to == b.record.moved_to &&
         std::equal(a.record.revisions.begin(), a.record.revisions.end(), b.record.revisions.begin(),
                    b.record.revisions.end(), same_revision) &&
         std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(),
                    [](const auto& x, const auto& y) { return SameNode(x.second, y.second); });
}

// What the tree of a commit would hold.
bool SameContent(const MemoryHistory::Commit& commit, const ports::PublishRequest& request) {
  const model::ClusterState& a = commit.state;
  const model::ClusterState& b = *request.state;
  return commit.plan == request.plan && a.cluster.name == b.cluster.name && a.cluster.version == b.cluster.version &&
         a.cluster.spec_text == b.cluster.spec_text &&
         std::equal(a.groups.begin(), a.groups.end(), b.groups.begin(), b.groups.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first && SameGroup(x.second, y.second); });
}

// Whether the tip was put on what state names, directly or on commits of the run that state still has open.
bool StandsOn(const std::vector<MemoryHistory::Commit>& branch, const std::string& expected, const std::string& run) {
  for (auto commit = branch.rbegin(); commit != branch.rend(); ++commit) {
    if (commit->parent == expected) return true;
    if (run.empty() || commit->run_id != run) return false;
  }
  return false;
}

}  // namespace

base::Result<ports::PublishResult> MemoryHistory::Publish(const ports::PublishRequest& request) {
  if (before_commit) {
    if (auto status = before_commit(); !status) return tl::unexpected(status.error());
  }
  {
    const std::lock_guard lock(mutex_);
    const model::ClusterRecord& cluster = request.state->cluster;
    std::vector<Commit>& branch = branches_[cluster.name];
    const std::string run = cluster.run ? cluster.run->id : "";
    if (!branch.empty()) {
      const Commit& tip = branch.back();
      const bool ours = tip.summary.id == cluster.commit;
      const bool already = StandsOn(branch, cluster.commit, run) && tip.summary.lineage == cluster.lineage &&
                           ((!run.empty() && tip.run_id == run) || SameContent(tip, request));
      if (!ours && !already) {
        return Fail(ErrorCode::kConflict,
                    "the history of " + cluster.name + " is at " + tip.summary.id + ", state at " + cluster.commit);
      }
      if (SameContent(tip, request)) return ports::PublishResult{tip.summary.serial, tip.summary.id, warnings};
    }
    Commit commit;
    commit.parent = branch.empty() ? "" : branch.back().summary.id;
    commit.summary.id = "commit-" + std::to_string(++made_);
    commit.summary.serial = branch.empty() ? 1 : branch.back().summary.serial + 1;
    commit.summary.time = request.time;
    commit.summary.subject = request.subject;
    commit.summary.body = request.body;
    commit.summary.actor = request.actor;
    commit.summary.lineage = cluster.lineage;
    commit.summary.spec_hash = base::ToHex(cluster.spec_hash);
    commit.run_id = run;
    commit.plan = request.plan;
    commit.state = *request.state;
    commit.state.intents.clear();
    commit.state.cluster.run.reset();
    branch.push_back(std::move(commit));
  }
  if (after_commit) {
    if (auto status = after_commit(); !status) return tl::unexpected(status.error());
  }
  const std::lock_guard lock(mutex_);
  const Commit& tip = branches_[request.state->cluster.name].back();
  return ports::PublishResult{tip.summary.serial, tip.summary.id, warnings};
}

base::Result<std::vector<ports::CommitSummary>> MemoryHistory::Log(std::string_view name, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<ports::CommitSummary> log;
  const auto branch = branches_.find(name);
  if (branch == branches_.end()) return log;
  for (auto commit = branch->second.rbegin(); commit != branch->second.rend() && log.size() < limit; ++commit) {
    log.push_back(commit->summary);
  }
  return log;
}

base::Result<ports::HistoricState> MemoryHistory::Read(std::string_view name, std::string_view revision) {
  const std::lock_guard lock(mutex_);
  const auto branch = branches_.find(name);
  if (branch != branches_.end()) {
    for (const Commit& commit : branch->second) {
      if (commit.summary.id != revision) continue;
      return ports::HistoricState{commit.summary, commit.state, commit.plan};
    }
  }
  return Fail(ErrorCode::kNotFound, "no commit " + std::string(revision));
}

base::Result<std::optional<ports::CommitSummary>> MemoryHistory::Tip(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto branch = branches_.find(name);
  if (branch == branches_.end() || branch->second.empty()) return std::optional<ports::CommitSummary>();
  return std::optional(branch->second.back().summary);
}

base::Result<std::vector<std::string>> MemoryHistory::Names() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, commits] : branches_) {
    if (!commits.empty()) names.push_back(name);
  }
  return names;
}

base::Status MemoryHistory::Rename(std::string_view from, std::string_view to) {
  const std::lock_guard lock(mutex_);
  auto branch = branches_.extract(branches_.find(from));
  if (branch.empty()) return Fail(ErrorCode::kNotFound, std::string(from) + " was never published");
  branch.key() = std::string(to);
  branches_.erase(std::string(to));
  branches_.insert(std::move(branch));
  return {};
}

std::vector<std::string> MemoryHistory::Subjects(std::string_view name) const {
  std::vector<std::string> subjects;
  for (const Commit& commit : Commits(name)) subjects.push_back(commit.summary.subject);
  return subjects;
}

std::vector<MemoryHistory::Commit> MemoryHistory::Commits(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto branch = branches_.find(name);
  return branch == branches_.end() ? std::vector<Commit>() : branch->second;
}

}  // namespace kadende::test
