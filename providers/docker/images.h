// Images that creates need: pulled when the policy says so, each once however many creates wait for it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "providers/docker/engine.h"
#include "providers/docker/properties.h"

namespace kadende::providers::docker {

class Images {
 public:
  // `progress` may be empty.
  [[nodiscard]] base::Status Provide(Engine* engine, const Properties& properties, const Environment& environment,
                                     const CallTime& time, const std::function<void(std::string_view)>& progress);

 private:
  [[nodiscard]] base::Status Pull(Engine* engine, const Properties& properties, const Environment& environment,
                                  const CallTime& time, const std::function<void(std::string_view)>& progress);
  // True: this caller pulls; false: another has done it meanwhile.
  [[nodiscard]] base::Result<bool> Begin(const std::string& key, const CallTime& time);
  void End(const std::string& key);

  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::set<std::string> under_way_;  // guarded by mutex_
};

}  // namespace kadende::providers::docker
