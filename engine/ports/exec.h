// Optional ability of a provider ("exec" in its manifest): a program run inside an instance.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/provider.h"

namespace kadende::ports {

struct ExecRequest {
  std::string instance_id;
  std::string scope_config = "{}";
  std::vector<std::string> command;  // program and arguments; no shell
  std::vector<std::pair<std::string, std::string>> environment;
  std::size_t most_output = 64 * 1024;  // bytes that are kept: the last
};

struct ExecResult {
  int exit_code = 0;
  std::string output;  // stdout and stderr mixed as they were written; bytes, not text
};

class Exec {
 public:
  virtual ~Exec() = default;
  // Success: the program ran and ended, whatever it ended with. kNotFound: there is no such instance, or it does not
  // run. kInvalid: there is no such program in it. A program whose time is over may go on, where the provider cannot
  // end it; it is not started a second time beside itself (kConflict) by the same provider object.
  [[nodiscard]] virtual base::Result<ExecResult> Run(const ExecRequest& request, const CallContext& context) = 0;
};

}  // namespace kadende::ports
