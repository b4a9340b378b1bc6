// Bringing a shared state and the remote's together outside of a run, and looking at both without writing anything.
#pragma once

#include <string>
#include <vector>

#include "engine/apply/relate.h"
#include "engine/apply/run.h"

namespace kadende::apply {

struct PullRequest {
  std::string cluster;  // name
  std::string lineage;  // empty: this machine does not have it
  std::string actor;
  bool take_remote = false;  // where both moved, or the remote was rewound: ours gives way
  base::Millis lock_wait{0};
};
struct PullResult {
  model::Lineage lineage;  // empty: the remote does not have it either
  bool changed = false;
  std::uint64_t serial = 0;
};
// Under the local lock. kConflict: both moved, and only ours knows of instances.
[[nodiscard]] base::Result<PullResult> Pull(const PullRequest& request, const RunPorts& ports);

struct PushRequest {
  std::string lineage;
  std::string actor;
  bool force_rewound = false;  // puts our line back where somebody rewound the remote's
  base::Millis lock_wait{0};
};
// Publishes what an earlier run left, and pushes what the remote lacks. False: it lacked nothing.
[[nodiscard]] base::Result<bool> PushShared(const PushRequest& request, const RunPorts& ports);

// The lock of whoever holds the cluster is made to have expired: the next run, wherever, takes over what it was about.
// `view` has a claim. False: it changed hands or was renewed meanwhile.
[[nodiscard]] base::Result<bool> Unlock(const std::string& cluster, const ports::RemoteView& view,
                                        const std::string& actor, const RunPorts& ports);

// What a reader goes by: `state` (what the store has, or new) brought up to the remote's in memory, with the run that
// is under way or died elsewhere.
struct SharedLook {
  model::ClusterState state;
  ports::RemoteView view;
  Relation relation = Relation::kSame;
  std::vector<std::string> notes;  // for people
};
[[nodiscard]] base::Result<SharedLook> LookShared(const std::string& cluster, model::ClusterState state,
                                                  const ports::RemoteView& view, const RunPorts& ports);

}  // namespace kadende::apply
