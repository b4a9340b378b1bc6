// What a person asked for beside the file: --target, --replace, movedFrom; checked against what there is. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/cluster_state.h"
#include "engine/plan/expand.h"

namespace kadende::plan {

// New path -> path in state, for the groups that this plan renames. A movedFrom that was done already, or never was, is
// no rename. kInvalid: both paths have nodes.
using Moves = std::map<std::string, std::string>;
[[nodiscard]] base::Result<Moves> FindMoves(const model::ClusterState& state, const Desired& desired);

// kInvalid, with the groups that there are, for a target that names none.
[[nodiscard]] base::Status CheckTargets(const std::vector<std::string>& targets, const std::set<std::string>& paths);
[[nodiscard]] bool IsTargeted(const std::vector<std::string>& targets, const std::string& path);

// The groups that a plan with --target is about: those that were named, and with them all that they need, over any
// number of steps. A creation needs what its group depends on; a destroy needs what depends on the group to be gone
// first. `depends_on`: by path; its entries may be folders.
struct Selection {
  std::set<std::string> paths;
  std::map<std::string, std::string> added;  // not named, but needed -> one of those that need it
};
enum class Direction : std::uint8_t { kCreate, kDestroy };
[[nodiscard]] Selection SelectGroups(const std::vector<std::string>& targets, const std::set<std::string>& paths,
                                     const std::map<std::string, std::vector<std::string>>& depends_on,
                                     Direction direction);

struct Replaces {
  std::map<std::string, std::set<std::uint32_t>> by_group;  // ordinals, by today's path
  std::vector<std::string> display;                         // sorted
};
// kInvalid, with candidates, for a node that has no live row.
[[nodiscard]] base::Result<Replaces> FindReplaces(const std::vector<std::string>& nodes,
                                                  const model::ClusterState& state, const Moves& moves);

}  // namespace kadende::plan
