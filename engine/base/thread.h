// Threads that work in the background.
#pragma once

#include <functional>
#include <thread>

#include "engine/base/result.h"

namespace kadende::base {

// Runs `body` in a thread that takes no signals: those are for the threads that know what to do with them. (A library's
// broken connection may also send SIGPIPE.) kUnavailable where the system has no thread left.
[[nodiscard]] Result<std::thread> StartQuietThread(std::function<void()> body);

}  // namespace kadende::base
