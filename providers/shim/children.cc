#include "providers/shim/children.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>

#include "providers/shim/files.h"

namespace kadende::providers::shim {
namespace {

std::vector<pid_t> ParsePids(std::string_view text) {
  std::vector<pid_t> pids;
  while (!text.empty()) {
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error == std::errc() && pid > 0) pids.push_back(pid);
    const auto used = static_cast<std::size_t>(end - text.data());
    text.remove_prefix(used < text.size() ? used + 1 : used);
  }
  return pids;
}

// For kernels without CONFIG_PROC_CHILDREN.
std::vector<pid_t> ScanForChildren() {
  std::vector<pid_t> pids;
  DIR* proc = ::opendir("/proc");
  if (proc == nullptr) return pids;
  while (const dirent* entry = ::readdir(proc)) {
    const pid_t pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid <= 0) continue;
    const auto stat = ReadProcessStat(pid);
    if (stat && stat->parent == ::getpid()) pids.push_back(pid);
  }
  ::closedir(proc);
  return pids;
}

}  // namespace

std::vector<pid_t> DirectChildren() {
  const std::string path = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
  const auto text = ReadFile(AT_FDCWD, path.c_str());
  return text ? ParsePids(*text) : ScanForChildren();
}

void SignalDirectChildren(int signal) {
  for (const pid_t pid : DirectChildren()) ::kill(pid, signal);
}

Reaped ReapOne() {
  Reaped reaped;
  do {
    reaped.pid = ::waitpid(-1, &reaped.wait_status, WNOHANG);
  } while (reaped.pid < 0 && errno == EINTR);
  if (reaped.pid < 0) return {.none_left = true, .pid = 0, .wait_status = 0};
  return reaped;
}

}  // namespace kadende::providers::shim
