#include "state/git_locks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <ctime>

namespace kadende::state {

constexpr std::time_t kStaleAfter = 2;  // seconds

bool BreakStaleLock(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return false;
  return std::time(nullptr) - info.st_mtime >= kStaleAfter && unlink(path.c_str()) == 0;
}

}  // namespace kadende::state
