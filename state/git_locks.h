// Lock files of git in our own repository that belong to nobody any more.
#pragma once

#include <string>

namespace kadende::state {

// A process that was killed leaves its "<file>.lock" behind. Only holders of our own locks and a person's git command
// ever take one in our own repository, and each for a moment, so one that has been there for two seconds is removed.
// False where it is younger, or not there.
bool BreakStaleLock(const std::string& path);

}  // namespace kadende::state
