// Step "refresh": what the world looks like, matched against what state knows. Reads providers, writes nothing.
//
// Every place (provider, scope_config) that a row, an intent or a wanted group refers to is listed once, for the
// cluster's lineage; instances are matched by token. Rows that a listing lacks are confirmed one by one (Describe), or
// by a second listing where the provider's not-found is not definite. Nothing is called missing because a call failed:
// such rows are unknown, with the error beside. A place whose provider is not trusted (Find: kDenied) is not asked at
// all.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/cluster_state.h"
#include "engine/model/instance.h"
#include "engine/plan/expand.h"
#include "engine/ports/provider.h"

namespace kadende::plan {

enum class Sight : std::uint8_t {
  kPresent,     // listed or described
  kMissing,     // confirmed absent
  kTerminated,  // positively reported as gone
  kUnknown,     // could not be looked at, or absence is not confirmed yet
};

struct NodeSight {
  Sight sight = Sight::kUnknown;
  model::InstanceStatus status = model::InstanceStatus::kUnknown;  // meaningful with kPresent
  std::string status_reason;
  std::string instance_id;
  std::string address;         // as seen now; empty: none
  std::string attributes;      // kept ones, canonical JSON; empty: as recorded
  bool labels_differ = false;  // the instance's labels or ownership tags are not those that its row asks for
};

// An instance of our lineage without a row. `known`: its slot and incarnation were issued and given up by our state;
// otherwise our state is behind the world.
struct UnrecordedInstance {
  model::Instance instance;
  model::ProviderRef provider;
  std::string scope_config;
  std::string group;  // where it belongs today, after renames
  bool known = false;
};

struct GroupView {
  std::map<model::NodeRowKey, NodeSight> nodes;  // one per live or leaving row
  std::vector<UnrecordedInstance> strays;        // known ones, sorted by slot and incarnation
  // Why automation must leave this group alone: state behind the world, wrong scope, a provider that could not be
  // listed or that this build lacks. Empty: free.
  std::string frozen;
  std::string not_looked_at;  // as PlanGroup::not_looked_at
  bool behind = false;        // the world has incarnations that this state has not issued
  std::vector<std::string> notes;
  std::map<base::Digest, std::string> scopes;  // revision -> scope as listed, where newly learned
};

struct PriorView {
  bool offline = false;
  std::map<std::string, GroupView> groups;  // every group of state and of desired
  // What listing settled: creates that turned out to exist (NodeCreated), destroys that turned out done (NodeGone,
  // IntentCleared). A reader applies them to its copy in memory; the holder of the lock commits them.
  model::StateChanges settled;
  // What health has to say (judgement.h): brakes and their events; treated likewise.
  model::StateChanges judged;
  // First apply only: another lineage has instances under this cluster's name. Empty: none.
  std::string foreign_lineage;
};

struct RefreshOptions {
  bool offline = false;  // look at nothing: every row is kUnknown, and planning takes it as present
  base::Millis timeout = std::chrono::minutes(2);  // per provider call
  std::stop_token stop;
};

[[nodiscard]] base::Result<PriorView> Refresh(const model::ClusterState& state, const Desired& desired,
                                              ports::ProviderSource& providers, const RefreshOptions& options,
                                              base::TimePoint now);

}  // namespace kadende::plan
