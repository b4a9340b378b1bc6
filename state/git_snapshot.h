// Between a cluster's state and a published tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/cluster_state.h"
#include "state/git_repository.h"

namespace kadende::state {

// The tree of `state`: what is dirty is written, all else is taken over from `parent`; without a parent everything is
// written. New objects go to `batch`, children first.
[[nodiscard]] base::Result<ObjectId> WriteSnapshot(const GitRepository& repository,
                                                   const std::optional<ObjectId>& parent,
                                                   const model::ClusterState& state, std::string_view plan,
                                                   ObjectBatch* batch);

struct Snapshot {
  model::ClusterState state;  // without intents, run, serial and commit
  std::string plan;
};
// kCorrupt: the message names the file, and the line where there is one.
[[nodiscard]] base::Result<Snapshot> ReadSnapshot(const GitRepository& repository, const ObjectId& tree);

}  // namespace kadende::state
