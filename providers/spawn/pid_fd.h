// Process descriptors (Linux 5.3).
#pragma once

#include <signal.h>
#include <sys/types.h>

namespace kadende::providers {

[[nodiscard]] int OpenPidFd(pid_t pid);  // close-on-exec, readable once the process has ended; -1: errno says why
[[nodiscard]] int WaitPidFd(int fd, siginfo_t* info, int options);  // as waitid(2)

}  // namespace kadende::providers
