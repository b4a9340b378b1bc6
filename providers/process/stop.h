// Ending a node.
#pragma once

#include "engine/base/result.h"
#include "providers/process/node_folder.h"
#include "providers/process/proc_scan.h"

namespace kadende::providers::process {

// Until nothing of the node lives and no shim can start it: its shim is asked to stop it (stopSignal, and SIGKILL after
// stopTimeout); a shim that does not answer 10 s after that is killed; what a killed shim left is killed. Needs the
// folder's lock, and holds its shims out afterwards. Repeating it after a cut goes on where it was.
[[nodiscard]] base::Status StopNode(NodeFolder* folder, Deadline* deadline);

// What lives on of a node that is over: no shim works for it, and its main process has ended. Kills it; nothing is done
// to a node that is not over. kTimeout: it cannot be killed.
[[nodiscard]] base::Status EndRemains(const Registry& registry, const InstanceId& id, Deadline* deadline);

// The same as StopNode for a node whose folder was deleted, by what is found in /proc. Its shim still knows how to stop
// it.
[[nodiscard]] base::Status StopLostNode(const Registry& registry, const InstanceId& id, Deadline* deadline);

}  // namespace kadende::providers::process
