// Starts the main process of a node, or a plugin, below the shim.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <functional>
#include <string>

#include "providers/shim/files.h"
#include "providers/shim/spec.h"

namespace kadende::providers::shim {

struct Started {
  pid_t pid = 0;
  Descriptor pidfd;
  int error = 0;            // errno; 0: the program is running
  std::string failed_step;  // "fork", "record", "chdir", "exec"
};

struct Surroundings {
  int input = -1;                                      // what becomes standard input; -1: /dev/null
  int output = -1;                                     // what becomes standard output
  int errors = -1;                                     // what becomes standard error
  rlimit core_limit = {RLIM_INFINITY, RLIM_INFINITY};  // what the shim had before it gave up its own
  int kept = -1;                                       // stays open for the program; -1: none
};

// The process waits, before it executes its program, until `record` has returned: so whatever runs is on record, also
// where the shim is killed in between; it runs nothing if that returns false. It gets a session of its own, the
// standard descriptors of its surroundings, the one that is kept, the core limit, no other descriptor, no blocked or
// ignored signal, umask 022, and SIGKILL when the shim dies: a node without supervisor could neither print nor be
// stopped as asked, so it ends with it, which can be seen.
[[nodiscard]] Started StartNodeProcess(const Spec& spec, const Surroundings& surroundings,
                                       const std::function<bool(pid_t)>& record);

}  // namespace kadende::providers::shim
