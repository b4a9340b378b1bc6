// Optional ability of a provider ("logs" in its manifest): what an instance printed.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace kadende::ports {

struct LogRequest {
  std::string instance_id;
  std::string scope_config = "{}";
  bool follow = false;           // wait for more until `stop`
  std::uint64_t tail_lines = 0;  // 0: everything that is kept
};

class Logs {
 public:
  virtual ~Logs() = default;
  // Calls `sink` with pieces of output in order, stdout and stderr mixed as they were written. Bytes, not text.
  [[nodiscard]] virtual base::Status ReadLogs(const LogRequest& request, std::stop_token stop,
                                              const std::function<void(std::string_view)>& sink) = 0;
};

}  // namespace kadende::ports
