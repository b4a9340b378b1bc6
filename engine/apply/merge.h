// Two states that grew apart made one again: the remote's, with whatever else only ours knows of the world. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/cluster_state.h"

namespace kadende::apply {

struct Merged {
  // On top of `remote`: rows, headers and intents that it lacks. They are to be published.
  model::StateChanges changes;
  // What `remote` did not know, for people: "web[3] (i-17)".
  std::vector<std::string> adopted;  // instances that become live nodes of empty slots
  std::vector<std::string> leaving;  // instances that are to be destroyed: their slots are taken, or not wanted
  std::vector<std::string> intents;  // creates whose outcome is open

  [[nodiscard]] bool Loses() const { return !adopted.empty() || !leaving.empty() || !intents.empty(); }
};

// An instance is known to `remote` by its token, or where its slot has gone past its incarnation: then it is a stray
// as soon as a listing has it. Incarnations that only `local` has issued are never issued again.
[[nodiscard]] Merged Merge(const model::ClusterState& local, const model::ClusterState& remote, base::TimePoint now);

}  // namespace kadende::apply
