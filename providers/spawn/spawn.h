// Starts a program in a session of its own.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace kadende::providers {

// Signals as at the start of a process, input empty, output and errors to `output`, nothing else open. The program is
// looked for in PATH unless its name has a slash; such a name counts from `directory` (empty: where we are).
// 0, or an errno; ENOENT also where `directory` is missing.
[[nodiscard]] int Spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                        const std::string& directory, int output, pid_t* pid);

}  // namespace kadende::providers
