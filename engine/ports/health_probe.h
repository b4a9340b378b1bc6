// Looks at nodes: connections, requests, programs. Implementation: providers/probe. Contract suite:
// tests/contract/health_probe_contract.h.
//
// Asynchronous, so that one prober serves ten thousand nodes without a thread for each.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/health.h"
#include "engine/model/health_check.h"

namespace kadende::ports {

// HealthCheck::address of an exec check whose program runs inside the instance, by its provider (ports/exec.h), and not
// beside kadende.
inline constexpr std::string_view kInNode = "node";
[[nodiscard]] inline bool RunsInNode(const model::HealthCheck& check) {
  return check.type == model::CheckType::kExec && check.address == kInNode;
}

struct ProbeRequest {
  model::HealthCheck check;                                      // tcp, http or exec, with the node's facts filled in
  std::vector<std::pair<std::string, std::string>> environment;  // exec: added to the prober's own
  std::string directory;                                         // exec: working directory; empty: the prober's
  // exec in the node: which instance, and by which revision of the group its provider is known.
  std::string lineage;
  std::string group;
  base::Digest revision;
  std::string instance_id;
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
