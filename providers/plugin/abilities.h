// Optional abilities of a plugin, as the ports that they are. Thread-safe, as the host that they call through.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/ports/exec.h"
#include "engine/ports/logs.h"
#include "engine/ports/plan_update.h"
#include "providers/plugin/host.h"

namespace kadende::providers::plugin {

class PluginLogs final : public ports::Logs {
 public:
  explicit PluginLogs(Host& host) : host_(host) {}
  // Page after page, so that a reader who is slow keeps nobody's memory full.
  [[nodiscard]] base::Status ReadLogs(const ports::LogRequest& request, std::stop_token stop,
                                      const std::function<void(std::string_view)>& sink) override;

 private:
  Host& host_;
};

class PluginExec final : public ports::Exec {
 public:
  explicit PluginExec(Host& host) : host_(host) {}
  [[nodiscard]] base::Result<ports::ExecResult> Run(const ports::ExecRequest& request,
                                                    const ports::CallContext& context) override;

 private:
  // Held by its call until the plugin has answered, also when nobody waits for that any longer.
  struct Claim {};
  [[nodiscard]] std::shared_ptr<Claim> Take(const ports::ExecRequest& request);

  Host& host_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Claim>> claims_;  // guarded by mutex_: by instance and command
};

class PluginPlanUpdate final : public ports::PlanUpdate {
 public:
  explicit PluginPlanUpdate(Host& host) : host_(host) {}
  [[nodiscard]] base::Result<std::vector<ports::UpdateVerdict>> Judge(const ports::PlanUpdateRequest& request,
                                                                      const ports::CallContext& context) override;

 private:
  Host& host_;
};

}  // namespace kadende::providers::plugin
