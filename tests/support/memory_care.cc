#include "tests/support/memory_care.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/model/spec_hash.h"

namespace kadende::test {
namespace {

using base::ErrorCode;

// What is wrong with a version, by itself and after the one before it; empty: nothing.
std::string FaultOf(const MemoryCommit& commit, const MemoryCommit* before) {
  const model::ClusterState& state = commit.state;
  const base::Digest hash = model::SpecHash(state.cluster.spec_text, state.cluster.variables);
  if (base::ToHex(hash) != commit.summary.spec_hash) return "its text has another hash than its message says";
  if (before == nullptr) return {};
  if (commit.summary.serial != before->summary.serial + 1) {
    return "its serial is " + std::to_string(commit.summary.serial) + ", the version before it has " +
           std::to_string(before->summary.serial);
  }
  if (commit.summary.lineage != before->summary.lineage) return {};  // another cluster's incarnations
  for (const auto& [path, group] : before->state.groups) {
    const auto now = state.groups.find(path);
    if (now == state.groups.end()) continue;
    for (const auto& [key, node] : group.nodes) {
      const std::uint32_t highest = now->second.HighestIncarnation(key.ordinal);
      if (highest >= key.incarnation) continue;
      return "slot " + std::to_string(key.ordinal) + " fell from incarnation " + std::to_string(key.incarnation) +
             " to " + std::to_string(highest);
    }
  }
  return {};
}

std::string Place(const ports::CommitSummary& commit) {
  return "serial " + std::to_string(commit.serial) + " (" + commit.id.substr(0, 10) + ")";
}

}  // namespace

base::Result<ports::HistoryCheck> MemoryCare::Verify(std::string_view name) {
  const std::string tip = repository_.Ref(MemoryBranch(name));
  const auto line = repository_.Line(tip);
  if (line.empty()) return base::Fail(ErrorCode::kNotFound, std::string(name) + " was never published");
  ports::HistoryCheck check;
  check.tip = tip;
  if (!line.back().parent.empty()) {
    check.fault = {"the version before " + Place(line.back().summary), "it is gone", "restore it"};
    return check;
  }
  check.newest_serial = line.front().summary.serial;
  check.oldest_serial = line.back().summary.serial;
  const MemoryCommit* before = nullptr;
  for (auto commit = line.rbegin(); commit != line.rend(); ++commit) {
    if (std::string cause = FaultOf(*commit, before); !cause.empty()) {
      check.fault = {Place(commit->summary), std::move(cause), "find out who wrote it"};
      break;
    }
    ++check.versions;
    ++check.objects;
    before = &*commit;
  }
  return check;
}

base::Result<ports::CompactResult> MemoryCare::Compact(const ports::CompactRequest& request) {
  const std::string branch = MemoryBranch(request.name);
  const std::string tip = repository_.Ref(branch);
  if (tip.empty() || tip != request.expected) {
    return base::Fail(ErrorCode::kConflict, "the history of " + request.name + " is at " + tip);
  }
  auto line = repository_.Line(tip);
  // The version that was in force at `keep_from` is the last that stays.
  const auto in_force = std::find_if(line.begin(), line.end(),
                                     [&](const auto& commit) { return commit.summary.time < request.keep_from; });
  const std::size_t kept = std::min<std::size_t>(static_cast<std::size_t>(in_force - line.begin()) + 1, line.size());
  ports::CompactResult result{{line.front().summary.serial, tip, {}}, line.size() - kept, kept};
  if (result.removed == 0) return result;
  line.resize(kept);
  std::string parent;
  for (auto commit = line.rbegin(); commit != line.rend(); ++commit) {
    commit->parent = parent;
    parent = repository_.Put(*commit);
  }
  MemoryCommit top = line.front();
  top.parent = parent;
  top.run_id.clear();
  top.summary.serial += 1;
  top.summary.time = request.now;
  top.summary.actor = request.actor;
  top.summary.subject = "compact " + request.name;
  top.summary.body.clear();
  top.summary.trailers[std::string(ports::kCompactedTrailer)] = std::to_string(result.published.serial) + " " + tip;
  result.published = {top.summary.serial, repository_.Put(top), {}};
  if (!repository_.Move(branch, tip, result.published.commit)) {
    return base::Fail(ErrorCode::kConflict, "the history of " + request.name + " moved meanwhile");
  }
  return result;
}

}  // namespace kadende::test
