// A whole run, parse excepted: lock, load, settle, plan, compare, execute, publish. What `kadende apply` and `destroy`
// do, and what one pass of reconcile does with other options.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/apply/executor.h"
#include "engine/ports/history.h"
#include "engine/ports/lines.h"
#include "engine/ports/remote.h"
#include "engine/ports/secret_source.h"

namespace kadende::apply {

struct RunPorts : Ports {
  ports::SecretSource* secrets = nullptr;  // null: a run that needs one is refused
  ports::History* history = nullptr;
  ports::Leadership* leadership = nullptr;
  // Both or none. Null: the state is this machine's alone.
  ports::Remote* remote = nullptr;
  ports::Lines* lines = nullptr;
  base::Millis run_lifetime = std::chrono::minutes(10);  // of a claim; renewed at a third
  // state.onRemoteLoss `continue`: a single watcher goes on without a claim while the remote cannot be asked.
  bool unclaimed_when_lost = false;
  // Waits, and says why; false: do not wait any more. Empty: nobody waits.
  std::function<bool(base::Millis, const std::string& why)> pause;
};

struct RunRequest {
  std::string lineage;                       // empty: first apply; a lineage is made
  const model::ClusterSpec* spec = nullptr;  // null: from state
  const model::Plan* reviewed = nullptr;  // refuse (kConflict, differences listed) unless planning again gives the same
  // The hash of the one plan that may be done (--approve), also where the cluster's `approval` asks for one.
  std::optional<base::Digest> approved;
  model::RunKind kind = model::RunKind::kApply;
  plan::PlanOptions plan;
  ExecuteOptions execute;
  // Nodes whose secrets have other values by now are changed (PlanOptions::secret_mark), where there is a key.
  bool compare_secrets = false;
  base::Millis lock_wait{0};
  // Called with the fresh plan, under the lock, before the first side effect; false leaves without doing anything. May
  // be empty.
  std::function<bool(const model::Plan&)> approve;
  // The plan as a person sees it, for the commit message. May be empty.
  std::function<std::string(const model::Plan&)> describe;
};

struct RunResult {
  model::Plan plan;
  ExecuteResult execution;
  bool declined = false;  // approve said no
  bool nothing_to_do = false;
  std::optional<ports::PublishResult> published;  // absent where nothing changed
  std::string publish_error;     // the run itself succeeded; state is ahead of history until the next run
  bool history_damaged = false;  // then it is not the next run that publishes, but who restores it
  std::string push_error;        // likewise: history is ahead of the remote
  std::string locked_out;        // a pass of watch that found another's claim: who holds it
  model::Lineage lineage;
};

// Opens pending work of earlier runs first: settles intents and publishes what a killed run left unpublished. Locks the
// whole cluster, not only the groups that the plan touches: serial and history are the cluster's. Before there is a
// lineage it locks "new:<name>", then also the lineage that it makes.
[[nodiscard]] base::Result<RunResult> Run(const RunRequest& request, const RunPorts& ports);

// A change of state by a person's command that calls no provider (taint, untaint): lock, load, change, publish.
struct EditRequest {
  std::string lineage;
  std::string group;  // what it is about; the whole cluster is locked, as in Run
  std::string actor;
  std::string subject;  // commit subject
  base::Millis lock_wait{0};
  // Makes the changes from the snapshot. An empty list: nothing to do, nothing is published.
  std::function<base::Result<model::StateChanges>(const model::ClusterState&)> change;
  // Provider calls, between the moment at which the changes are durable and their publication (adopt, forget). What it
  // gives back is recorded in any case; with an error nothing is published, and the error is the edit's. May be empty.
  struct Acted {
    model::StateChanges changes;
    std::optional<base::Error> error;
  };
  std::function<Acted(const model::ClusterState&)> act;
};
[[nodiscard]] base::Result<std::optional<ports::PublishResult>> Edit(const EditRequest& request, const RunPorts& ports);

}  // namespace kadende::apply
