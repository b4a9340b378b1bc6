#include "tests/support/memory_store.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

namespace kadende::tests {
namespace {

using base::ErrorCode;
using base::Fail;

bool OnlyEvents(const model::StateChanges& changes) {
  return std::all_of(changes.begin(), changes.end(),
                     [](const auto& change) { return std::holds_alternative<model::EventRecorded>(change); });
}

bool HasRowsThatAreNot(const model::GroupState& group, model::NodePhase phase) {
  return std::any_of(group.nodes.begin(), group.nodes.end(),
                     [phase](const auto& row) { return row.second.phase != phase; });
}

bool IsMoveOntoNodes(const model::ClusterState& state, const model::StateChange& change) {
  const auto* move = std::get_if<model::GroupMoved>(&change);
  if (move == nullptr) return false;
  const auto to = state.groups.find(move->to);
  return to != state.groups.end() && HasRowsThatAreNot(to->second, model::NodePhase::kTombstone);
}

bool Matches(const ports::EventQuery& query, std::string_view lineage, const model::Event& event) {
  return (query.lineage.empty() || query.lineage == lineage) && (query.group.empty() || query.group == event.group) &&
         (query.slot_key.empty() || query.slot_key == event.slot_key) && event.id > query.after_id;
}

base::Status Check(std::string_view lineage, bool exists, const model::StateChanges& changes) {
  for (const auto& change : changes) {
    const auto* header = std::get_if<model::ClusterRecorded>(&change);
    if (header == nullptr) continue;
    if (header->record.lineage != lineage) {
      return Fail(ErrorCode::kInvalid, "the cluster's record names lineage `" + header->record.lineage +
                                           "`, the commit is for `" + std::string(lineage) + "`");
    }
    exists = true;
  }
  if (!exists && !OnlyEvents(changes)) {
    return Fail(ErrorCode::kNotFound, "no cluster with lineage `" + std::string(lineage) + "`");
  }
  return {};
}

}  // namespace

base::Result<std::vector<ports::ClusterSummary>> MemoryStore::Clusters() {
  const std::lock_guard lock(mutex_);
  std::vector<ports::ClusterSummary> result;
  for (const auto& [lineage, state] : clusters_) {
    result.push_back({lineage, state.cluster.id, state.cluster.name, state.cluster.serial, state.cluster.plugins});
  }
  std::sort(result.begin(), result.end(),
            [](const auto& a, const auto& b) { return std::tie(a.name, a.lineage) < std::tie(b.name, b.lineage); });
  return result;
}

base::Result<model::ClusterState> MemoryStore::Load(std::string_view lineage) {
  const std::lock_guard lock(mutex_);
  const auto found = clusters_.find(lineage);
  if (found == clusters_.end()) {
    return Fail(ErrorCode::kNotFound, "no cluster with lineage `" + std::string(lineage) + "`");
  }
  return found->second;
}

base::Status MemoryStore::Commit(std::string_view lineage, const model::StateChanges& changes) {
  const std::lock_guard lock(mutex_);
  if (hook_) {
    if (auto status = hook_(changes); !status) return status;
  }
  const auto found = clusters_.find(lineage);
  if (auto status = Check(lineage, found != clusters_.end(), changes); !status) return status;
  if (found != clusters_.end()) {
    for (const auto& change : changes) {
      if (IsMoveOntoNodes(found->second, change)) {
        return Fail(ErrorCode::kConflict,
                    "group `" + std::get<model::GroupMoved>(change).to + "` still has nodes: nothing moves there");
      }
    }
  }
  for (const auto& change : changes) {
    if (const auto* recorded = std::get_if<model::EventRecorded>(&change)) {
      events_.push_back({std::string(lineage), recorded->event});
      events_.back().event.id = events_.size();
    }
  }
  if (!OnlyEvents(changes)) {
    auto& state = clusters_[std::string(lineage)];
    for (const auto& change : changes) {
      state.Apply(change);
      health_[std::string(lineage)].Follow(change);
    }
  }
  commits_.push_back(changes);
  return {};
}

base::Result<std::vector<model::Event>> MemoryStore::Events(const ports::EventQuery& query) {
  const std::lock_guard lock(mutex_);
  std::vector<model::Event> result;
  for (auto it = events_.rbegin(); it != events_.rend() && result.size() < query.limit; ++it) {
    if (Matches(query, it->lineage, it->event)) result.push_back(it->event);
  }
  std::reverse(result.begin(), result.end());
  return result;
}

base::Status MemoryStore::Remove(std::string_view lineage) {
  const std::lock_guard lock(mutex_);
  const auto found = clusters_.find(lineage);
  if (found == clusters_.end()) {
    return Fail(ErrorCode::kNotFound, "no cluster with lineage `" + std::string(lineage) + "`");
  }
  const auto& groups = found->second.groups;
  const bool has_nodes = std::any_of(groups.begin(), groups.end(), [](const auto& group) {
    return HasRowsThatAreNot(group.second, model::NodePhase::kTombstone);
  });
  if (has_nodes || !found->second.intents.empty()) {
    return Fail(ErrorCode::kConflict, "cluster `" + found->second.cluster.name + "` still has nodes or open intents");
  }
  clusters_.erase(found);
  health_.erase(std::string(lineage));
  return {};
}

// What is said of a group goes along where the group is renamed, and away where it is gone.
void MemoryStore::Health::Follow(const model::StateChange& change) {
  std::string from;
  std::string to;
  if (const auto* recorded = std::get_if<model::GroupRecorded>(&change)) {
    const auto& [current, target] = std::tie(recorded->record.current, recorded->record.target);
    if (current.revision != base::Digest{} || target.revision != base::Digest{}) return;
    from = recorded->record.path;
  } else if (const auto* moved = std::get_if<model::GroupMoved>(&change)) {
    from = moved->from;
    to = moved->to;
  } else if (const auto* erased = std::get_if<model::GroupErased>(&change)) {
    from = erased->path;
  } else {
    return;
  }
  auto rows = groups.extract(from);
  groups.erase(to);
  if (!rows.empty() && !to.empty()) groups[to] = std::move(rows.mapped());
  std::map<ReportKey, model::HealthReport> kept;
  for (auto& [key, report] : reports) {
    if (report.group == to || (report.group == from && to.empty())) continue;
    if (report.group == from) report.group = to;
    kept[{report.group, report.slot_key, report.incarnation}] = std::move(report);
  }
  reports = std::move(kept);
}

base::Result<ports::HealthByGroup> MemoryStore::LoadHealth(std::string_view lineage) {
  const std::lock_guard lock(mutex_);
  const auto found = health_.find(lineage);
  return found == health_.end() ? ports::HealthByGroup{} : found->second.groups;
}

base::Status MemoryStore::SaveHealth(std::string_view lineage, const ports::HealthByGroup& groups) {
  const std::lock_guard lock(mutex_);
  if (clusters_.find(lineage) == clusters_.end()) return {};
  ports::HealthByGroup& kept = health_[std::string(lineage)].groups;
  for (const auto& [path, nodes] : groups) {
    auto& rows = kept[path] = nodes;
    for (model::NodeHealth& row : rows) row.memory = {};
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      return std::tie(a.slot, a.incarnation) < std::tie(b.slot, b.incarnation);
    });
    if (rows.empty()) kept.erase(path);
  }
  return {};
}

base::Status MemoryStore::PutReport(std::string_view lineage, const model::HealthReport& report) {
  const std::lock_guard lock(mutex_);
  if (clusters_.find(lineage) == clusters_.end()) {
    return Fail(ErrorCode::kNotFound, "no cluster with lineage `" + std::string(lineage) + "`");
  }
  auto& reports = health_[std::string(lineage)].reports;
  reports[{report.group, report.slot_key, report.incarnation}] = report;
  std::erase_if(reports, [&](const auto& entry) {
    return entry.second.until != base::TimePoint{} && entry.second.until < report.at;
  });
  return {};
}

base::Result<std::vector<model::HealthReport>> MemoryStore::Reports(std::string_view lineage) {
  const std::lock_guard lock(mutex_);
  std::vector<model::HealthReport> result;
  const auto found = health_.find(lineage);
  if (found == health_.end()) return result;
  for (const auto& entry : found->second.reports) result.push_back(entry.second);
  return result;
}

void MemoryStore::OnCommit(Hook hook) {
  const std::lock_guard lock(mutex_);
  hook_ = std::move(hook);
}

std::vector<model::StateChanges> MemoryStore::commits() const {
  const std::lock_guard lock(mutex_);
  return commits_;
}

}  // namespace kadende::tests
