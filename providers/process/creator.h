// Creates and updates of process nodes.
#pragma once

#include "engine/ports/provider.h"
#include "providers/process/node_folder.h"
#include "providers/process/process_provider.h"
#include "providers/process/properties.h"

namespace kadende::providers::process {

// Thread-safe; creates of one token take turns, also between processes.
class Creator {
 public:
  // `registry` must outlive the creator.
  Creator(ProcessOptions options, Registry* registry) : options_(std::move(options)), registry_(registry) {}

  // One process per token, however often and by whomever it is called, and wherever an earlier call was cut: the folder
  // names the token, only one shim can hold its lock, and a shim starts nothing where a status says that one did.
  [[nodiscard]] base::Result<model::Instance> Create(const ports::CreateRequest& request, Deadline* deadline);
  [[nodiscard]] base::Result<model::Instance> Update(const ports::UpdateRequest& request, Deadline* deadline);

 private:
  [[nodiscard]] base::Result<model::Instance> Look(const InstanceId& id) const;
  // The folder's state once its shim has started the node, failed to, or is gone.
  [[nodiscard]] static base::Result<NodeState> WaitStarted(NodeFolder* folder, Deadline* deadline);
  [[nodiscard]] base::Result<model::Instance> Start(const InstanceId& id, const NodeRecord& record,
                                                    const Properties& properties, NodeFolder* folder,
                                                    Deadline* deadline);
  [[nodiscard]] base::Status Launch(const NodeRecord& record, const Properties& properties, const NodeFolder& folder,
                                    Deadline* deadline) const;
  void CleanWhenDue(const std::string& lineage);

  const ProcessOptions options_;
  Registry* const registry_;
};

}  // namespace kadende::providers::process
