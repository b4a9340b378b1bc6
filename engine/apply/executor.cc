#include "engine/apply/executor.h"

#include "engine/apply/coordinator.h"

namespace kadende::apply {

base::Result<ExecuteResult> Execute(plan::Planned& planned, const Ports& ports, ports::Lease& lease,
                                    const ExecuteOptions& options) {
  if (planned.plan.graph.actions.empty()) return ExecuteResult{};
  Coordinator coordinator(planned, ports, lease, options);
  return coordinator.Run();
}

}  // namespace kadende::apply
