// One pass of a cluster's controller: look, decide, act; stateless between passes. `kadende reconcile` runs it once,
// `kadende watch` for ever.
#pragma once

#include <stop_token>
#include <string>

#include "engine/apply/run.h"

namespace kadende::reconcile {

struct PassOptions {
  std::uint32_t parallelism = 16;
  std::stop_token drain;
  std::stop_token abort;
  std::string actor;
};

struct PassResult {
  bool locked_out = false;  // another run holds the cluster; its holder is in `message`
  bool changed = false;
  std::string message;
  model::Plan plan;
  apply::ExecuteResult execution;
  // Earliest moment at which something held back by backoff may go on; never: at the next interval.
  base::TimePoint wake_at{};
};

[[nodiscard]] base::Result<PassResult> Pass(const std::string& lineage, const apply::RunPorts& ports,
                                            const PassOptions& options);

}  // namespace kadende::reconcile
