// Looks at nodes: connections, requests, programs. Implementation: providers/probe. Contract suite:
// tests/contract/health_probe_contract.h.
//
// Asynchronous, so that one prober serves ten thousand nodes without a thread for each.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/health.h"
#include "engine/model/health_check.h"

namespace kadende::ports {

struct ProbeRequest {
  model::HealthCheck check;                                      // tcp, http or exec, with the node's facts filled in
  std::vector<std::pair<std::string, std::string>> environment;  // exec: added to the prober's own
  std::string directory;                                         // exec: working directory; empty: the prober's
};

class HealthProbe {
 public:
  using Done = std::function<void(model::Finding finding, std::string evidence)>;
  virtual ~HealthProbe() = default;

  // Starts one look (tcp, http or exec), or queues it where too many are under way; the check's timeout counts from its
  // start. `done` is called exactly once, from the prober's own thread, also when it is cancelled by the prober's end
  // (kUnknown). Thread-safe; may be called from within `done`.
  virtual void Start(ProbeRequest request, Done done) = 0;
};

}  // namespace kadende::ports
