// Starting a node: from checked properties to a shim at work.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "providers/process/node_folder.h"
#include "providers/process/process_provider.h"
#include "providers/process/properties.h"
#include "providers/shim/spec.h"

namespace kadende::providers::process {

// What a node's processes are told, and what kadende knows them by.
[[nodiscard]] std::vector<std::string> NodeEnvironment(const NodeRecord& record, const Properties& properties,
                                                       const std::string& folder);

// Finds program and working directory. Where `command` is looked for: a name in `files`; with a slash, relative to
// workingDirectory, else to the configuration's folder; without, in PATH (the node's own, else kadende's). kInvalid
// names the command and the places. Changes nothing.
[[nodiscard]] base::Result<shim::Spec> MakeSpec(const NodeRecord& record, const Properties& properties,
                                                const ProcessOptions& options, const std::string& folder);

// Writes files, control pipe and lock file into the folder.
[[nodiscard]] base::Status FillFolder(const NodeFolder& folder, const Properties& properties);

// `given` where it is not empty; else $KADENDE_SHIM, else beside this binary, else ../libexec/kadende of it. kInvalid
// names the places.
[[nodiscard]] base::Result<std::string> FindShim(const std::string& given);

// Starts a shim for the folder and waits until it has started its node or given up; which of both is in the folder's
// status. Errors: no shim could be started (Effect::kNone), or the wait was cut (kPossible); it never outlasts the
// deadline, whatever state the machine is in, except while the kernel loads the program.
[[nodiscard]] base::Status StartShim(const std::string& shim_path, const NodeFolder& folder, const shim::Spec& spec,
                                     Deadline* deadline);

}  // namespace kadende::providers::process
