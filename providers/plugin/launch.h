// What is started for a plugin file: which programs, with which environment.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "providers/plugin/plugin_provider.h"
#include "providers/plugin/process.h"

namespace kadende::providers::plugin {

// Whether a file is loaded rather than executed: an ELF shared object, or whatever is called so (then the loader says
// what is wrong with it). A position-independent executable is none.
[[nodiscard]] bool IsSharedObject(const std::string& path);

// `wanted`: variables that the manifest asks for. kNotFound: no such plugin file; kInvalid: it cannot be executed, or a
// program of kadende is not where it should be.
[[nodiscard]] base::Result<Command> MakeCommand(const PluginFile& file, const HostOptions& options,
                                                const std::vector<std::string>& wanted);

// Names that a manifest asks for and that are set for the host, except those that are never passed on.
[[nodiscard]] std::vector<std::string> WantedHere(const std::vector<std::string>& names);

}  // namespace kadende::providers::plugin
