#include "engine/base/thread.h"

#include <signal.h>

#include <string>
#include <system_error>
#include <utility>

namespace kadende::base {

Result<std::thread> StartQuietThread(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Result<std::thread> started;
  try {
    started = std::thread(std::move(body));
  } catch (const std::system_error& error) {
    started = Fail(ErrorCode::kUnavailable, std::string("no thread left (see ulimit -u): ") + error.what());
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

}  // namespace kadende::base
