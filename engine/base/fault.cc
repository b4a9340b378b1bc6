#include "engine/base/fault.h"

#ifdef KADENDE_FAULTS

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

namespace kadende::base {
namespace {

void AppendLine(const char* file, const std::string& line) {
  const int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t written = write(fd, line.data(), line.size());
  close(fd);
}

}  // namespace

void FaultPoint(const char* name) {
  static std::mutex mutex;
  static std::map<std::string, long> passed;
  static const char* const trace = std::getenv("KADENDE_FAULT_TRACE");
  static const char* const fault = std::getenv("KADENDE_FAULT");
  if (trace == nullptr && fault == nullptr) return;
  const std::lock_guard lock(mutex);
  const long count = ++passed[name];
  if (trace != nullptr) AppendLine(trace, std::string(name) + "\n");
  if (fault == nullptr) return;
  const char* const colon = std::strrchr(fault, ':');
  const std::string wanted = colon == nullptr ? fault : std::string(fault, colon);
  const long turn = colon == nullptr ? 1 : std::strtol(colon + 1, nullptr, 10);
  if (wanted != name || turn != count) return;
  if (const char* const report = std::getenv("KADENDE_FAULT_REPORT")) {
    AppendLine(report, std::string(name) + " " + std::to_string(count) + "\n");
  }
  kill(getpid(), SIGKILL);
  pause();  // the signal is on its way; nothing more may happen
}

}  // namespace kadende::base

#endif
