// What a node is, put together from its folder, its shim and, where these are gone, its processes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/model/instance.h"
#include "providers/process/node_folder.h"
#include "providers/process/proc_scan.h"
#include "providers/process/registry.h"

namespace kadende::providers::process {

// Observations of one call; /proc is scanned at most once, and only when something needs it. One thread.
class Observer {
 public:
  explicit Observer(const Registry& registry) : registry_(registry) {}

  // nullopt: no such instance: no folder, or one in which nothing was ever started.
  [[nodiscard]] base::Result<std::optional<model::Instance>> Observe(const InstanceId& id);

  // Instances of which processes live although their folder is gone, sorted by id. `lineage` empty: of all.
  [[nodiscard]] std::vector<model::Instance> LostNodes(const std::string& lineage);
  [[nodiscard]] std::optional<model::Instance> LostNode(const InstanceId& id);

 private:
  const std::vector<FoundProcess>& Scan();
  [[nodiscard]] model::Instance Describe(const InstanceId& id, const NodeRecord& record, const NodeFolder& folder,
                                         const NodeState& state);
  void DescribeUnsupervised(const InstanceId& id, const shim::Status& status, model::Instance* instance);

  const Registry& registry_;
  std::optional<std::vector<FoundProcess>> scan_;
};

// Whether the main process that the status names runs. By pid and start time, so also where its environment cannot be
// read; nullopt: its pid counts in another pid namespace, so this one cannot tell.
[[nodiscard]] std::optional<bool> MainLives(const shim::Status& status);

// Processes of one node that are no shim.
[[nodiscard]] std::vector<FoundProcess> ProcessesOf(const std::vector<FoundProcess>& found, const std::string& folder);

}  // namespace kadende::providers::process
