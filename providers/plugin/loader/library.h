// A shared object with the C interface of abi.h, loaded.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "providers/plugin/abi.h"

namespace kadende::providers::plugin {

// `name`: what the file is called in messages. kInvalid: what is wrong with the file, in a sentence. Stays loaded for
// the life of the process: a plugin may have threads.
[[nodiscard]] base::Result<const kadende_plugin_functions*> LoadLibrary(const std::string& path,
                                                                        const std::string& name);

}  // namespace kadende::providers::plugin
