// How far the rollouts of a cluster's groups are, for people and for programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/cluster_state.h"

namespace kadende::cli {

struct RolloutRow {
  std::string group;
  std::string strategy;
  std::string from;  // short revisions
  std::string to;
  std::uint32_t renewed = 0;                // live nodes of the new revision
  std::uint32_t size = 0;                   // that the group is to have
  std::uint32_t leaving = 0;                // old instances that are still there
  const model::Rollout* rollout = nullptr;  // null: none is remembered
};

// Groups that are on their way, by path. They borrow from the state.
[[nodiscard]] std::vector<RolloutRow> RolloutRows(const model::ClusterState& state);
// Of one group, on its way or not.
[[nodiscard]] RolloutRow RolloutRowOf(const model::GroupState& group);

[[nodiscard]] std::vector<std::string> RolloutLines(const RolloutRow& row);  // not escaped
[[nodiscard]] std::string RolloutJson(const RolloutRow& row);                // one object, without a line end

}  // namespace kadende::cli
