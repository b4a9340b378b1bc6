#include "providers/shim/beginning.h"

#include <sys/signalfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "providers/shim/protocol.h"

namespace kadende::providers::shim {

Descriptor CatchSignals() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t caught;
  ::sigemptyset(&caught);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) ::sigaddset(&caught, signal);
  ::sigprocmask(SIG_SETMASK, &caught, nullptr);
  return Descriptor(::signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK));
}

std::string ReadSpec() {
  const Descriptor fd(kSpecDescriptor);
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t count = ::pread(fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

rlimit StayOutOfCores() {
  rlimit before = {RLIM_INFINITY, RLIM_INFINITY};
  if (::getrlimit(RLIMIT_CORE, &before) != 0) return before;
  rlimit limit = before;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 1);
  ::setrlimit(RLIMIT_CORE, &limit);
  return before;
}

}  // namespace kadende::providers::shim
