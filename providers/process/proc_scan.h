// Finds a node's processes without its shim or its folder: by the token in their environment.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kadende::providers::process {

struct FoundProcess {
  pid_t pid = 0;
  std::uint64_t start = 0;  // with the pid it names one process for ever (of this boot)
  bool is_shim = false;
  std::map<std::string, std::string> variables;  // KADENDE_*
};

// Living processes (no zombies) of this user whose node folder is below `registry`, by pid. One pass over /proc, about
// 10 us a process, so callers do it only where a shim or a folder is missing. Processes whose environment cannot be
// read are not ours or cannot be proven to be.
[[nodiscard]] std::vector<FoundProcess> ScanProcesses(const std::string& registry);

// Sends a signal if the process is still the one that was found.
void SignalFound(const FoundProcess& found, int signal);

}  // namespace kadende::providers::process
