#include "providers/plugin/host.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "providers/plugin/launch.h"
#include "providers/plugin/requests.h"

namespace kadende::providers::plugin {

using base::ErrorCode;
using base::Fail;
using base::Result;
using base::Status;

Result<PluginManifest> Host::Start() {
  const std::lock_guard starting(starting_);
  PluginManifest said;
  auto opened = OpenWithVariables(&said);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  manifest_text_ = said.text;
  const std::lock_guard lock(mutex_);
  connection_ = std::move(*opened);
  started_at_ = Clock::now();
  return said;
}

Result<Host::Shared> Host::Open(const std::vector<std::string>& wanted, PluginManifest* said) {
  const auto command = MakeCommand(file_, options_, wanted);
  if (!command) return tl::unexpected(command.error());
  auto opened = Connection::Open(file_.name, *command, options_);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  Shared connection = std::move(*opened);
  const std::string params = InitializeParams(command->directory);
  const Request request{"initialize", params, {}, false};
  ports::CallContext context;
  context.timeout = options_.start_timeout;
  const auto result = connection->Call(request, context);
  if (!result) return tl::unexpected(result.error());
  auto parsed = ParseInitializeAnswer(*result);
  if (!parsed) {
    base::Error error = connection->Complaint(request, parsed.error());
    error.code = ErrorCode::kInvalid;
    return tl::unexpected(std::move(error));
  }
  *said = std::move(*parsed);
  return connection;
}

// What a plugin needs of our environment only its manifest tells: where it asks for something that is set, it is
// started once more with that.
Result<Host::Shared> Host::OpenWithVariables(PluginManifest* said) {
  auto opened = Open(wanted_, said);
  if (!opened) return opened;
  std::vector<std::string> wanted = WantedHere(said->environment);
  if (wanted == wanted_) return opened;
  wanted_ = std::move(wanted);
  *opened = nullptr;  // ended before the next one begins: they may need the same port or file
  return Open(wanted_, said);
}

Result<Host::Shared> Host::Reach(const ports::CallContext& context) {
  if (context.stop.stop_requested()) return Fail(ErrorCode::kCancelled, "stopped before the call began");
  if (context.timeout <= base::Millis(0)) return Fail(ErrorCode::kTimeout, "no time was left for the call");
  {
    const std::lock_guard lock(mutex_);
    if (connection_ && connection_->alive()) return connection_;
  }
  const std::unique_lock starting(starting_, context.timeout);
  if (!starting.owns_lock()) {
    return Fail(ErrorCode::kTimeout, "plugin `" + file_.name + "` was not started again in time");
  }
  {
    const std::lock_guard lock(mutex_);
    if (connection_ && connection_->alive()) return connection_;  // another call has started it
  }
  if (Status waited = AwaitTurn(context); !waited) return tl::unexpected(std::move(waited.error()));
  PluginManifest said;
  auto opened = OpenWithVariables(&said);
  const std::lock_guard lock(mutex_);
  started_at_ = Clock::now();
  connection_ = nullptr;
  if (!opened) return tl::unexpected(std::move(opened.error()));
  if (said.text != manifest_text_) {
    return Fail(ErrorCode::kInvalid, "plugin `" + file_.name +
                                         "` was started again and its manifest is another one: it was replaced while "
                                         "kadende runs; start kadende again");
  }
  connection_ = *opened;
  return connection_;
}

// The backoff between two starts. A plugin that answered in between starts at once.
Status Host::AwaitTurn(const ports::CallContext& context) {
  Clock::time_point at;
  {
    const std::lock_guard lock(mutex_);
    at = started_at_ + pause_;
    pause_ = std::clamp(pause_ * 2, options_.restart_base, options_.restart_max);
  }
  const auto deadline = Clock::now() + context.timeout;
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, context.stop, std::min(at, deadline), [] { return false; });
  if (context.stop.stop_requested()) return Fail(ErrorCode::kCancelled, "stopped before the call began");
  if (Clock::now() < at) {
    return Fail(ErrorCode::kTimeout, "plugin `" + file_.name + "` ends again and again, so it was not started in time");
  }
  return {};
}

void Host::Praise() {
  const std::lock_guard lock(mutex_);
  pause_ = {};
}

}  // namespace kadende::providers::plugin
