#include "providers/process/proc_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "engine/base/text.h"
#include "providers/shim/files.h"
#include "providers/shim/protocol.h"

namespace kadende::providers::process {
namespace {

std::map<std::string, std::string> OurVariables(std::string_view environment) {
  std::map<std::string, std::string> variables;
  while (!environment.empty()) {
    const std::size_t end = std::min(environment.find('\0'), environment.size());
    const std::string_view entry = environment.substr(0, end);
    environment.remove_prefix(std::min(end + 1, environment.size()));
    const std::size_t equals = entry.find('=');
    if (!entry.starts_with("KADENDE_") || equals == std::string_view::npos) continue;
    variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return variables;
}

std::optional<FoundProcess> Inspect(pid_t pid, const std::string& prefix) {
  const auto environment = shim::ReadFile(AT_FDCWD, ("/proc/" + std::to_string(pid) + "/environ").c_str());
  if (!environment || environment->find(prefix) == std::string::npos) return std::nullopt;
  FoundProcess found;
  found.pid = pid;
  found.variables = OurVariables(*environment);
  const auto folder = found.variables.find(shim::kFolderVariable);
  if (folder == found.variables.end() || !folder->second.starts_with(prefix)) return std::nullopt;
  found.is_shim = found.variables.contains(shim::kSupervisesVariable);
  if (!found.is_shim && !found.variables.contains(shim::kTokenVariable)) return std::nullopt;
  const auto stat = shim::ReadProcessStat(pid);
  if (!stat || stat->state == 'Z' || stat->state == 'X') return std::nullopt;
  found.start = stat->start;
  return found;
}

}  // namespace

std::vector<FoundProcess> ScanProcesses(const std::string& registry) {
  std::vector<FoundProcess> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> proc(::opendir("/proc"), &::closedir);
  if (!proc) return found;
  const std::string prefix = registry + "/";
  while (const dirent* entry = ::readdir(proc.get())) {
    const auto pid = base::ParseInt(entry->d_name);
    if (!pid || *pid <= 0) continue;
    if (auto process = Inspect(static_cast<pid_t>(*pid), prefix)) found.push_back(std::move(*process));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
  return found;
}

void SignalFound(const FoundProcess& found, int signal) {
  const shim::Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, found.pid, 0U)));
  if (!pidfd) return;
  const auto stat = shim::ReadProcessStat(found.pid);  // after the open: the pidfd cannot mean a later process
  if (!stat || stat->start != found.start) return;
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0U);
}

}  // namespace kadende::providers::process
