// A NodeHistory over a MemoryHistory, for tests of other rooms: compares every version, as nobody would with real ones.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/model/plan_record.h"
#include "engine/ports/node_history.h"
#include "tests/support/memory_history.h"

namespace kadende::test {

class MemoryNodeHistory : public ports::NodeHistory {
 public:
  // `history` must outlive this.
  explicit MemoryNodeHistory(const MemoryHistory& history) : history_(history) {}

  base::Result<ports::NodeTrace> Trace(std::string_view name, const model::NodeQuery& query) override {
    const auto commits = history_.Commits(name);
    ports::NodeTrace trace;
    std::string group;
    if (!commits.empty()) trace.oldest_serial = commits.front().summary.serial;
    for (std::size_t i = commits.size(); i-- > 0;) {
      if (group.empty()) {
        const auto found = Find(commits[i].state, query);
        if (!found) continue;
        trace.node = *found;
        group = found->group;
        if (i + 1 < commits.size()) trace.versions.push_back(Version(commits[i + 1], group, trace.node.slot));
      }
      ports::NodeVersion version = Version(commits[i], group, trace.node.slot);
      const std::string from = model::ReadNodePlan(version.plan, group, trace.node.slot).moved_from;
      const std::string before = from.empty() ? group : from;
      const auto older = i == 0 ? ports::NodeVersion() : Version(commits[i - 1], before, trace.node.slot);
      if (!Same(version.rows, older.rows)) trace.versions.push_back(std::move(version));
      group = before;
    }
    if (trace.versions.empty()) return base::Fail(base::ErrorCode::kNotFound, "no such node");
    return trace;
  }

  base::Result<std::vector<ports::CommitSummary>> OfGroup(std::string_view name, std::string_view group,
                                                          std::uint32_t limit) override {
    const auto commits = history_.Commits(name);
    if (commits.empty()) return base::Fail(base::ErrorCode::kNotFound, "never published");
    std::vector<ports::CommitSummary> found;
    for (std::size_t i = commits.size(); i-- > 0;) {
      const auto rows = RowsOf(commits[i].state, group);
      const auto older = i == 0 ? Rows() : RowsOf(commits[i - 1].state, group);
      const bool same = std::equal(rows.begin(), rows.end(), older.begin(), older.end(), SameRow);
      if (!same && (limit == 0 || found.size() < limit)) found.push_back(commits[i].summary);
    }
    return found;
  }

 private:
  using Rows = std::vector<model::NodeRecord>;

  static bool SameRow(const model::NodeRecord& a, const model::NodeRecord& b) {
    const auto facts = [](const model::NodeRecord& row) {
      return std::tie(row.slot, row.incarnation, row.phase, row.tainted, row.instance_id, row.address);
    };
    return facts(a) == facts(b);
  }
  static bool Same(const Rows& a, const Rows& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end(), SameRow); }

  static Rows RowsOf(const model::ClusterState& state, std::string_view folder) {
    Rows rows;
    for (const auto& [path, group] : state.groups) {
      if (path != folder && !path.starts_with(std::string(folder) + "/")) continue;
      for (const auto& [key, row] : group.nodes) rows.push_back(row);
    }
    return rows;
  }

  static std::optional<model::NodeAddress> Find(const model::ClusterState& state, const model::NodeQuery& query) {
    for (const auto& [path, group] : state.groups) {
      for (const auto& [key, row] : group.nodes) {
        const bool means = query.group.empty() ? model::NodeName(path, row.slot) == query.name
                                               : path == query.group && row.slot.Key() == query.slot_key;
        if (means) return model::NodeAddress{path, row.slot};
      }
    }
    return std::nullopt;
  }

  static ports::NodeVersion Version(const MemoryHistory::Commit& commit, const std::string& path,
                                    const model::Slot& slot) {
    ports::NodeVersion version;
    version.commit = commit.summary;
    version.group = path;
    version.plan = commit.plan;
    const auto group = commit.state.groups.find(path);
    if (group == commit.state.groups.end()) return version;
    for (const auto& [key, row] : group->second.nodes) {
      if (key.ordinal == slot.ordinal) version.rows.push_back(row);
    }
    return version;
  }

  const MemoryHistory& history_;
};

}  // namespace kadende::test
