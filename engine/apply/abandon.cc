#include "engine/apply/abandon.h"

#include <algorithm>
#include <string>
#include <utility>

namespace kadende::apply {
namespace {

// Versions, newest first; an unfinished run that watch has kept for longer than this is not looked behind.
constexpr std::uint32_t kLookBack = 10'000;

bool IsFinished(const model::ClusterState& state) {
  return std::all_of(state.groups.begin(), state.groups.end(), [](const auto& entry) {
    const model::GroupRecord& record = entry.second.record;
    return !record.moved_to.empty() || record.current == record.target;
  });
}

}  // namespace

bool RestoreSpec(const model::ClusterState& state, ports::History& history, plan::Desired* desired) {
  const auto log = history.Log(state.cluster.name, kLookBack);
  if (!log) return false;
  // Of the versions of one file the newest is the most finished, so only that one is read.
  const std::string* last = nullptr;
  for (const ports::CommitSummary& commit : *log) {
    if (commit.lineage != state.cluster.lineage) return false;
    if (last != nullptr && *last == commit.spec_hash) continue;
    last = &commit.spec_hash;
    auto version = history.Read(state.cluster.name, commit.id);
    if (!version) return false;
    if (!IsFinished(version->state)) continue;
    model::ClusterRecord& record = version->state.cluster;
    desired->cluster_version = std::move(record.version);
    desired->spec_text = std::move(record.spec_text);
    desired->spec_hash = record.spec_hash;
    desired->variables = std::move(record.variables);
    return true;
  }
  return false;
}

}  // namespace kadende::apply
