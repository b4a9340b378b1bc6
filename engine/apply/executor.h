// Step "execute": a plan's graph -> actions started, finished, skipped.
//
// One thread (the caller's) owns graph and state. It writes intents, hands actions to a pool of workers that make the
// provider calls, gathers what has finished, and commits outcomes together with the next intents: whatever has piled up
// during one commit goes into the next. Intents are written ahead of the workers (a window of a few per worker), so
// that one flush serves many nodes.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/cluster_state.h"
#include "engine/model/plan.h"
#include "engine/plan/planner.h"
#include "engine/ports/clock.h"
#include "engine/ports/health_watch.h"
#include "engine/ports/hook_runner.h"
#include "engine/ports/leadership.h"
#include "engine/ports/observer.h"
#include "engine/ports/provider.h"
#include "engine/ports/state_store.h"

namespace kadende::apply {

class RunSecrets;

struct RetryPolicy {
  std::uint32_t attempts = 5;  // calls in all, per action
  base::Millis base = std::chrono::milliseconds(500);
  base::Millis max = std::chrono::seconds(30);  // doubling with full jitter, seeded by the token
};

enum class WaitFor : std::uint8_t { kNone, kCreated, kHealthy };

struct ExecuteOptions {
  std::uint32_t parallelism = 16;
  RetryPolicy retry;
  bool stop_on_error = false;  // start nothing more after the first failure; what runs is waited for
  std::stop_token drain;       // first Ctrl-C: start nothing more, wait for what runs, record it
  std::stop_token abort;       // second: give up waiting; open intents stay for the next run to settle
  std::string run_id;
  std::string actor;
  bool judges_rollouts = true;          // new nodes that fail stop the rollout of their group (rollout_guard.h)
  bool grow_backoff = false;            // watch: failed creates grow the group's CreateBackoff
  const RunSecrets* secrets = nullptr;  // what was read for this run; null: nothing
  // Groups of which nothing is started, and why: their secrets cannot be had, so what would be destroyed could not come
  // back.
  std::map<std::string, std::string> blocked;
};

enum class OutcomeKind : std::uint8_t {
  kNotStarted,  // interrupted or stopped before its turn
  kDone,
  kFailed,
  kSkipped,  // something that it waits for failed
  kUnknown,  // the call may have had its effect; the intent stays open and the next run settles it
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::kNotStarted;
  std::string message;  // empty for kDone
};

struct ExecuteResult {
  std::vector<Outcome> outcomes;  // by ActionId
  model::ChangeCounts done;
  std::uint32_t failed = 0;
  std::uint32_t skipped = 0;
  std::uint32_t unknown = 0;
  bool interrupted = false;
  bool changed_rows = false;  // an instance came, went, or was given up
  // Groups, by index, in whose rollout new nodes failed.
  struct FailedRollout {
    std::string why;
    bool had_enough = false;  // more of them than its policy puts up with
  };
  std::map<std::uint32_t, FailedRollout> failed_rollouts;

  [[nodiscard]] bool Complete() const { return failed + skipped + unknown == 0 && !interrupted; }
};

struct Ports {
  ports::HookRunner* hooks = nullptr;    // null: an action with a hook fails
  ports::HealthWatch* health = nullptr;  // null: gates do not wait for health
  ports::StateStore* store = nullptr;
  ports::ProviderSource* providers = nullptr;
  ports::Observer* observer = nullptr;
  ports::Clock* clock = nullptr;
};

// `planned.state` is kept up to date with everything that was committed. An Error means that the store failed: nothing
// more was started, and what was under way is in open intents. Failures of actions are in the result, not an Error.
[[nodiscard]] base::Result<ExecuteResult> Execute(plan::Planned& planned, const Ports& ports, ports::Lease& lease,
                                                  const ExecuteOptions& options);

}  // namespace kadende::apply
