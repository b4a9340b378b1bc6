// The main path up to the plan, readable at a glance: expand -> refresh -> diff -> order.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/cluster_state.h"
#include "engine/model/plan.h"
#include "engine/model/spec.h"
#include "engine/plan/expand.h"
#include "engine/plan/judgement.h"
#include "engine/plan/refresh.h"
#include "engine/ports/provider.h"

namespace kadende::plan {

struct PlanOptions {
  bool destroy = false;
  bool offline = false;
  bool abandon = false;      // return to `current`, ending an unfinished run; the file is not looked at
  bool new_lineage = false;  // first apply though another lineage has instances under this name
  // Watch: bring back what is gone (of current and of target), finish what is leaving, remove strays; no surplus is
  // destroyed, no rollout is started or continued, nothing unhealthy is replaced, and creates of a group wait for its
  // backoff.
  bool heal_only = false;
  // Group paths whose preventDestroy the file sets, where it is not planned from (destroy): as good as recorded.
  std::vector<std::string> protected_groups;
  std::optional<model::CountOrPercent> destroy_more_than;  // likewise the file's `approval`
  // Group paths; a folder means all below it. What they depend on is planned with them; with `destroy`, what depends on
  // them.
  std::vector<std::string> targets;
  std::vector<std::string> replaces;  // nodes, as a user writes them
  std::string rollback;               // as Plan::rollback
  model::PluginPins plugins;          // what the plugins of the file's groups are pinned to
  RefreshOptions refresh;
  Judge judge;  // what health has to say; empty: nothing
  // The mark (record.h) of a secret's value today, by its reference. Empty: no secret is looked at, which is what makes
  // planning an untrusted file safe.
  std::function<std::string(std::string_view name)> secret_mark;
};

struct Planned {
  model::Plan plan;
  PriorView view;
  Desired desired;
  // The state with view.settled applied: what the plan was made on, and what apply goes on with.
  model::ClusterState state;
};

// `spec` null: from state (reconcile, destroy, abandon). `state` is taken over by value and comes back in the result.
// Errors: kInvalid for an unknown target or node, a provider that is lacking, wrong use; kConflict for a foreign
// lineage.
[[nodiscard]] base::Result<Planned> MakePlan(const model::ClusterSpec* spec, model::ClusterState state,
                                             ports::ProviderSource& providers, const PlanOptions& options,
                                             base::TimePoint now);

}  // namespace kadende::plan
