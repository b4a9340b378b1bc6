// `kadende-shim --plugin`: keeps a plugin for its host, and ends it and everything that it started with its host.
#pragma once

namespace kadende::providers::shim {

// Until nothing of the plugin is left. Descriptors: protocol.h. Returns the exit status of the shim.
[[nodiscard]] int KeepPlugin();

}  // namespace kadende::providers::shim
