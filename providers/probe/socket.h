// Sockets of looks.
#pragma once

namespace kadende::providers::probe {

// A stream socket that does not block, is closed on exec, and is reset when it is closed: a thousand looks a second
// that were closed the long way would keep sixty thousand ports of this machine in TIME_WAIT (as HAProxy does for its
// checks). -1: errno says why.
[[nodiscard]] int OpenSocket(int family);

}  // namespace kadende::providers::probe
