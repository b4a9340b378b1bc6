// A socket that listens.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace kadende::cli {

struct Listening {
  int fd = -1;          // the caller's to close; close-on-exec, does not block
  std::string address;  // with the port that it got: "127.0.0.1:8080", "[::1]:8080"
};

// "127.0.0.1:8080", "[::]:8080", "localhost:0"; port 0: any that is free.
[[nodiscard]] base::Result<Listening> Listen(const std::string& address);

}  // namespace kadende::cli
