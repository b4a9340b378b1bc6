// What every shim does first, whether it keeps a node or a plugin.
#pragma once

#include <sys/resource.h>

#include <string>

#include "providers/shim/files.h"

namespace kadende::providers::shim {

// A signalfd for the end of children and for what asks the shim to end; SIGPIPE is ignored.
[[nodiscard]] Descriptor CatchSignals();

// What to start, from kSpecDescriptor, which is closed.
[[nodiscard]] std::string ReadSpec();

// What it starts may hold secrets, and it keeps them for the next start. Not PR_SET_DUMPABLE: kadende knows a shim by
// its environment, which only root could read then. One byte is less than any core file is made for, and the limit at
// which the kernel does not hand a core to a program either. Returns what the limit was: what is started gets it back.
[[nodiscard]] rlimit StayOutOfCores();

}  // namespace kadende::providers::shim
