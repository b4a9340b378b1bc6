#include "providers/plugin/plugin_provider.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/fault.h"
#include "engine/base/secret_text.h"
#include "providers/plugin/abilities.h"
#include "providers/plugin/host.h"
#include "providers/plugin/requests.h"

namespace kadende::providers::plugin {
namespace {

using base::Result;
using base::Status;
using ports::CallContext;

constexpr base::Millis kValidateTimeout = std::chrono::seconds(10);

class HostedProvider final : public PluginProvider {
 public:
  HostedProvider(std::unique_ptr<Host> host, model::Manifest manifest)
      : host_(std::move(host)),
        manifest_(std::move(manifest)),
        validates_(Can("validate")),
        absent_(manifest_.listing == model::Listing::kAuthoritative ? ports::Presence::kGone
                                                                    : ports::Presence::kUnknown) {
    if (Can("logs")) logs_.emplace(*host_);
    if (Can("exec")) exec_.emplace(*host_);
    if (Can("planUpdate")) plan_update_.emplace(*host_);
  }

  [[nodiscard]] ports::Logs* logs() override { return logs_ ? &*logs_ : nullptr; }
  [[nodiscard]] ports::Exec* exec() override { return exec_ ? &*exec_ : nullptr; }
  [[nodiscard]] ports::PlanUpdate* plan_update() override { return plan_update_ ? &*plan_update_ : nullptr; }

  [[nodiscard]] const model::Manifest& Manifest() const override { return manifest_; }

  [[nodiscard]] base::Diagnostics Validate(std::string_view properties) override {
    if (!validates_) return {};
    auto answer = Call<base::Diagnostics>({"validate", {}, {}, false}, ValidateParams(properties),
                                          {kValidateTimeout, {}}, ValidateAnswer);
    if (answer) return std::move(*answer);
    base::Diagnostics failed;
    failed.Error("", answer.error().message);
    return failed;
  }

  [[nodiscard]] Result<ports::ListPage> List(const ports::ListRequest& request, const CallContext& context) override {
    return Call<ports::ListPage>({"list", {}, {}, false}, ListParams(request), context,
                                 [&](const base::Json& result) { return ListAnswer(result, request); });
  }

  [[nodiscard]] Result<ports::DescribeResult> Describe(std::string_view scope_config, std::span<const std::string> ids,
                                                       const CallContext& context) override {
    return Call<ports::DescribeResult>({"describe", {}, {}, false}, DescribeParams(scope_config, ids), context,
                                       [&](const base::Json& result) { return DescribeAnswer(result, ids, absent_); });
  }

  [[nodiscard]] Result<ports::CreateResult> Create(const ports::CreateRequest& request,
                                                   const CallContext& context) override {
    base::FaultPoint("providers.plugin.create.before");
    auto created = Call<ports::CreateResult>({"create", {}, request.name, true}, CreateParams(request), context,
                                             [&](const base::Json& result) { return CreateAnswer(result, request); });
    base::FaultPoint("providers.plugin.create.after");
    return created;
  }

  [[nodiscard]] Result<model::Instance> Update(const ports::UpdateRequest& request,
                                               const CallContext& context) override {
    base::FaultPoint("providers.plugin.update.before");
    auto updated = Call<model::Instance>({"update", {}, request.id, true}, UpdateParams(request), context,
                                         [&](const base::Json& result) { return UpdateAnswer(result, request); });
    base::FaultPoint("providers.plugin.update.after");
    return updated;
  }

  [[nodiscard]] Status Destroy(std::string_view scope_config, std::string_view id, std::string_view reason,
                               const CallContext& context) override {
    base::FaultPoint("providers.plugin.destroy.before");
    auto destroyed = Call<bool>({"destroy", {}, id, true}, DestroyParams(scope_config, id, reason), context,
                                [](const base::Json& /*result*/) -> Result<bool> { return true; });
    base::FaultPoint("providers.plugin.destroy.after");
    if (!destroyed) return tl::unexpected(std::move(destroyed.error()));
    return {};
  }

 private:
  [[nodiscard]] bool Can(std::string_view ability) const {
    return std::find(manifest_.abilities.begin(), manifest_.abilities.end(), ability) != manifest_.abilities.end();
  }

  template <class T, class F>
  [[nodiscard]] Result<T> Call(Request request, Result<std::string> params, const CallContext& context, F read) {
    if (!params) return tl::unexpected(std::move(params.error()));
    request.params = *params;
    auto answer = host_->Call<T>(request, context, read);
    base::Wipe(*params);  // properties may hold secrets
    return answer;
  }

  const std::unique_ptr<Host> host_;
  const model::Manifest manifest_;
  const bool validates_;
  const ports::Presence absent_;
  std::optional<PluginLogs> logs_;
  std::optional<PluginExec> exec_;
  std::optional<PluginPlanUpdate> plan_update_;
};

}  // namespace

Result<std::unique_ptr<PluginProvider>> MakePluginProvider(const PluginFile& file, const HostOptions& options) {
  auto host = std::make_unique<Host>(file, options);
  auto said = host->Start();
  if (!said) return tl::unexpected(std::move(said.error()));
  return std::make_unique<HostedProvider>(std::move(host), std::move(said->manifest));
}

}  // namespace kadende::providers::plugin
