// Keeps a plugin running: one connection that all callers share, started again with backoff where it has died.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "providers/plugin/connection.h"
#include "providers/plugin/manifest_codec.h"
#include "providers/plugin/plugin_provider.h"

namespace kadende::providers::plugin {

// Thread-safe.
class Host {
 public:
  Host(PluginFile file, HostOptions options) : file_(std::move(file)), options_(std::move(options)) {}

  // The first start: its manifest.
  [[nodiscard]] base::Result<PluginManifest> Start();

  // Where the plugin has died, it is started first. Gives the answer to `read`, which turns its `result` into a T; what
  // that says is wrong with it becomes an error that names plugin and method.
  template <class T, class F>
  [[nodiscard]] base::Result<T> Call(const Request& request, const ports::CallContext& context, F read) {
    auto connection = Reach(context);
    if (!connection) return tl::unexpected(std::move(connection.error()));
    auto result = (*connection)->Call(request, context);
    if (!result) return tl::unexpected(std::move(result.error()));
    Praise();
    base::Result<T> answer = read(*result);
    if (!answer) return tl::unexpected((*connection)->Complaint(request, answer.error()));
    return answer;
  }

 private:
  using Clock = std::chrono::steady_clock;

  // Shared with the calls under way on it: a connection that has died is let go here while they return.
  using Shared = std::shared_ptr<Connection>;

  [[nodiscard]] base::Result<Shared> Reach(const ports::CallContext& context);
  [[nodiscard]] base::Status AwaitTurn(const ports::CallContext& context);
  [[nodiscard]] base::Result<Shared> Open(const std::vector<std::string>& wanted, PluginManifest* said);
  [[nodiscard]] base::Result<Shared> OpenWithVariables(PluginManifest* said);
  void Praise();

  const PluginFile file_;
  const HostOptions options_;
  std::timed_mutex starting_;  // one start at a time; taken before mutex_
  std::mutex mutex_;
  Shared connection_;                  // guarded by mutex_
  std::chrono::milliseconds pause_{};  // guarded by mutex_: before the next start
  Clock::time_point started_at_;       // guarded by mutex_: the last one
  std::string manifest_text_;          // constant after Start
  std::vector<std::string> wanted_;    // guarded by starting_: variables that the manifest asks for
};

}  // namespace kadende::providers::plugin
