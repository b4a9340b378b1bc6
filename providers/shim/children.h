// The processes below a shim. It is their subreaper: whoever loses its parent becomes the shim's direct child, so
// ending direct children again and again reaches every descendant, whatever session it moved to. And the pid of a
// direct child cannot be used again before the shim has reaped it, so no stranger is ever hit.
#pragma once

#include <sys/types.h>

#include <vector>

namespace kadende::providers::shim {

[[nodiscard]] std::vector<pid_t> DirectChildren();

void SignalDirectChildren(int signal);

struct Reaped {
  bool none_left = false;  // there are no children at all
  pid_t pid = 0;           // 0: nobody has ended just now
  int wait_status = 0;
};
[[nodiscard]] Reaped ReapOne();

}  // namespace kadende::providers::shim
