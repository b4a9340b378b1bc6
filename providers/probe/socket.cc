#include "providers/probe/socket.h"

#include <sys/socket.h>

namespace kadende::providers::probe {

int OpenSocket(int family) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const linger reset = {1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  return fd;
}

}  // namespace kadende::providers::probe
