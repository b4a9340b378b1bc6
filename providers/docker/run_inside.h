// Programs run inside containers (ports/exec.h).
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "engine/ports/exec.h"
#include "providers/docker/engine.h"

namespace kadende::providers::docker {

class RunInside {
 public:
  [[nodiscard]] base::Result<ports::ExecResult> Run(Engine* engine, const ports::ExecRequest& request,
                                                    const CallTime& time);

 private:
  // An engine has no call that ends a program: one that hangs would be joined by another at each look.
  [[nodiscard]] base::Status CheckLast(Engine* engine, const std::string& key, const CallTime& time);

  std::mutex mutex_;
  std::map<std::string, std::string> unfinished_;  // guarded by mutex_: container and command -> exec id
};

}  // namespace kadende::providers::docker
