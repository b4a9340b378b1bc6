#include "providers/plugin/abilities.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "engine/base/text.h"
#include "providers/plugin/ability_requests.h"

namespace kadende::providers::plugin {
namespace {

using base::ErrorCode;
using base::Result;

constexpr base::Millis kLogsTimeout = std::chrono::minutes(1);  // of a page
constexpr base::Millis kLogsPause = std::chrono::seconds(1);    // until a plugin is asked again for what it had not
constexpr base::Millis kJudgeTimeout = std::chrono::seconds(10);

void Pause(const std::stop_token& stop, base::Millis length) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, length, [] { return false; });
}

}  // namespace

base::Status PluginLogs::ReadLogs(const ports::LogRequest& request, std::stop_token stop,
                                  const std::function<void(std::string_view)>& sink) {
  ports::CallContext context;
  context.timeout = kLogsTimeout;
  context.stop = stop;
  std::string cursor;
  while (!stop.stop_requested()) {
    const auto params = LogsParams(request, cursor);
    if (!params) return tl::unexpected(params.error());
    const auto page = host_.Call<LogPage>({"logs", *params, {}, false}, context,
                                          [&](const base::Json& result) { return LogsAnswer(result, cursor); });
    if (!page && page.error().code == ErrorCode::kCancelled && stop.stop_requested()) return {};
    if (!page) return tl::unexpected(page.error());
    if (!page->output.empty()) sink(page->output);
    if (page->cursor.empty() || (!page->more && !request.follow)) return {};
    if (!page->more) Pause(stop, kLogsPause);
    cursor = page->cursor;
  }
  return {};
}

std::shared_ptr<PluginExec::Claim> PluginExec::Take(const ports::ExecRequest& request) {
  const std::string key =
      request.scope_config + "\n" + request.instance_id + "\n" + base::Join(request.command, std::string(1, '\0'));
  const std::lock_guard lock(mutex_);
  std::erase_if(claims_, [](const auto& entry) { return entry.second.expired(); });
  auto claim = std::make_shared<Claim>();
  return claims_.emplace(key, claim).second ? claim : nullptr;
}

Result<ports::ExecResult> PluginExec::Run(const ports::ExecRequest& request, const ports::CallContext& context) {
  const auto params = ExecParams(request, context.timeout);
  if (!params) return tl::unexpected(params.error());
  auto claim = Take(request);
  if (!claim) return base::Fail(ErrorCode::kConflict, "the same command still runs since it was last started");
  Request exec{"exec", *params, request.instance_id, false};
  exec.claim = std::move(claim);
  return host_.Call<ports::ExecResult>(
      exec, context, [&](const base::Json& result) { return ExecAnswer(result, request.most_output); });
}

Result<std::vector<ports::UpdateVerdict>> PluginPlanUpdate::Judge(const ports::PlanUpdateRequest& request,
                                                                  const ports::CallContext& context) {
  const auto params = PlanUpdateParams(request);
  if (!params) return tl::unexpected(params.error());
  ports::CallContext bounded = context;
  bounded.timeout = std::min(context.timeout, kJudgeTimeout);
  return host_.Call<std::vector<ports::UpdateVerdict>>({"planUpdate", *params, {}, false}, bounded, PlanUpdateAnswer);
}

}  // namespace kadende::providers::plugin
