#include "providers/sim/sim_provider.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/base/fault.h"
#include "providers/sim/sim_cloud.h"
#include "providers/sim/sim_properties.h"

namespace kadende::providers {
namespace {

using base::Effect;
using base::ErrorCode;
using base::Fail;
using base::Result;
using base::Status;
using ports::CallContext;

constexpr const char* kPropertySchema = R"json({
  "type": "object",
  "required": ["cloud"],
  "properties": {
    "cloud": {"type": "string", "minLength": 1, "description": "file of the simulated cloud, relative to the configuration; made at first use"},
    "note": {"description": "any value; changed in place"},
    "exclusivePort": {"type": "integer", "description": "stands for something that only one instance can have: replaced destroy-first"}
  },
  "additionalProperties": true
})json";

model::Manifest MakeManifest(SimFlavor flavor) {
  model::Manifest manifest;
  manifest.name = flavor == SimFlavor::kFull ? "sim" : "sim-basic";
  manifest.version = "0.1.0";
  manifest.listing = flavor == SimFlavor::kFull ? model::Listing::kAuthoritative : model::Listing::kEventual;
  manifest.idempotent_tokens = flavor == SimFlavor::kFull;
  manifest.property_schema = kPropertySchema;
  manifest.scope_properties = {"cloud"};
  manifest.mutable_properties = {"note"};
  manifest.exclusive_properties = {"exclusivePort"};
  manifest.kept_attributes = {"zone"};
  manifest.abilities = {"retag"};
  return manifest;
}

// A call's own limits, counted from its start.
class Patience {
 public:
  explicit Patience(const CallContext& context)
      : stop_(context.stop), deadline_(std::chrono::steady_clock::now() + context.timeout) {}

  // Before anything was sent.
  [[nodiscard]] Status Check() const {
    if (stop_.stop_requested()) return Fail(ErrorCode::kCancelled, "stopped before the call began");
    if (std::chrono::steady_clock::now() >= deadline_)
      return Fail(ErrorCode::kTimeout, "no time was left for the call");
    return {};
  }

  // Until the cloud's clock reads `at`. `effect`: what may have happened when the wait is given up.
  [[nodiscard]] Status WaitUntil(base::TimePoint at, Effect effect) const {
    const auto wait = at - std::chrono::time_point_cast<base::Millis>(std::chrono::system_clock::now());
    if (wait <= base::Millis(0)) return {};
    const auto until = std::chrono::steady_clock::now() + wait;
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_until(lock, stop_, std::min(until, deadline_), [] { return false; });
    if (stop_.stop_requested()) return Fail(ErrorCode::kCancelled, "stopped while the cloud was at work", effect);
    if (until > deadline_) return Fail(ErrorCode::kTimeout, "the cloud did not finish in time", effect);
    return {};
  }

 private:
  std::stop_token stop_;
  std::chrono::steady_clock::time_point deadline_;
};

class SimProvider final : public ports::Provider {
 public:
  SimProvider(std::string base_directory, SimFlavor flavor)
      : base_directory_(std::move(base_directory)),
        manifest_(MakeManifest(flavor)),
        caller_{flavor == SimFlavor::kFull, flavor == SimFlavor::kBasic} {}

  [[nodiscard]] const model::Manifest& Manifest() const override { return manifest_; }

  [[nodiscard]] base::Diagnostics Validate(std::string_view properties) override {
    return ValidateSimProperties(properties);
  }

  [[nodiscard]] Result<ports::ListPage> List(const ports::ListRequest& request, const CallContext& context) override {
    auto cloud = Admit(request.scope_config, context, false);
    if (cloud) return (*cloud)->List(request, caller_);
    // No such file: a place that nobody made yet, and looking does not make it.
    if (cloud.error().code == ErrorCode::kNotFound) return ports::ListPage{};
    return tl::unexpected(std::move(cloud.error()));
  }

  [[nodiscard]] Result<ports::DescribeResult> Describe(std::string_view scope_config, std::span<const std::string> ids,
                                                       const CallContext& context) override {
    auto cloud = Admit(scope_config, context, false);
    if (!cloud) return tl::unexpected(NotGone(std::move(cloud.error())));
    return (*cloud)->Describe(ids, caller_);
  }

  [[nodiscard]] Result<ports::CreateResult> Create(const ports::CreateRequest& request,
                                                   const CallContext& context) override {
    const Patience patience(context);
    auto cloud = Reach(request.properties, patience, true);
    if (!cloud) return tl::unexpected(std::move(cloud.error()));
    base::FaultPoint("providers.sim.create.before");
    auto accepted = (*cloud)->Accept(request, caller_);
    if (!accepted) return tl::unexpected(std::move(accepted.error()));
    base::FaultPoint("providers.sim.create.after");
    if (Status waited = patience.WaitUntil(accepted->at, Effect::kPossible); !waited) {
      return tl::unexpected(std::move(waited.error()));
    }
    return ports::CreateResult{std::move(accepted->scope), std::move(accepted->instance)};
  }

  [[nodiscard]] Result<model::Instance> Update(const ports::UpdateRequest& request,
                                               const CallContext& context) override {
    auto cloud = Reach(request.properties, Patience(context), false);
    if (!cloud) return tl::unexpected(NotGone(std::move(cloud.error())));
    base::FaultPoint("providers.sim.update.before");
    auto updated = (*cloud)->Update(request);
    base::FaultPoint("providers.sim.update.after");
    return updated;
  }

  [[nodiscard]] Status Destroy(std::string_view scope_config, std::string_view id, std::string_view /*reason*/,
                               const CallContext& context) override {
    const Patience patience(context);
    auto cloud = Reach(scope_config, patience, false);
    if (!cloud) return tl::unexpected(NotGone(std::move(cloud.error())));
    base::FaultPoint("providers.sim.destroy.before");
    const auto gone_at = (*cloud)->Destroy(id);
    if (!gone_at) return tl::unexpected(gone_at.error());
    base::FaultPoint("providers.sim.destroy.after");
    return patience.WaitUntil(*gone_at, Effect::kPossible);
  }

 private:
  // A cloud that is not there is no proof that its instances are gone.
  [[nodiscard]] static base::Error NotGone(base::Error error) {
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kUnavailable;
    return error;
  }

  // The cloud that `json` (properties or scope properties) names; opened once and kept while its file stays.
  [[nodiscard]] Result<std::shared_ptr<SimCloud>> Reach(std::string_view json, const Patience& patience, bool create) {
    if (Status begun = patience.Check(); !begun) return tl::unexpected(std::move(begun.error()));
    auto cloud = CloudOf(json);
    if (!cloud || cloud->empty()) {
      return Fail(ErrorCode::kInvalid, "`cloud` is missing: it must name the file of the simulated cloud");
    }
    if (auto known = Known(*cloud); known && known->IsCurrent()) return known;
    const bool absolute = cloud->front() == '/' || base_directory_.empty();
    auto opened = SimCloud::Open(absolute ? *cloud : base_directory_ + "/" + *cloud, create);
    if (!opened) return tl::unexpected(std::move(opened.error()));
    const std::lock_guard lock(mutex_);
    return clouds_[*cloud] = std::move(*opened);
  }

  [[nodiscard]] std::shared_ptr<SimCloud> Known(const std::string& cloud) {
    const std::lock_guard lock(mutex_);
    const auto found = clouds_.find(cloud);
    return found == clouds_.end() ? nullptr : found->second;
  }

  // Reach, and what a listing call waits for.
  [[nodiscard]] Result<std::shared_ptr<SimCloud>> Admit(std::string_view scope_config, const CallContext& context,
                                                        bool create) {
    const Patience patience(context);
    auto cloud = Reach(scope_config, patience, create);
    if (!cloud) return cloud;
    const auto latency = (*cloud)->AdmitListing();
    if (!latency) return tl::unexpected(latency.error());
    if (*latency == base::Millis(0)) return cloud;
    const auto now = std::chrono::time_point_cast<base::Millis>(std::chrono::system_clock::now());
    if (Status waited = patience.WaitUntil(now + *latency, Effect::kNone); !waited) {
      return tl::unexpected(std::move(waited.error()));
    }
    return cloud;
  }

  const std::string base_directory_;
  const model::Manifest manifest_;
  const SimCaller caller_;
  std::mutex mutex_;
  // Guarded by mutex_, by the text of `cloud`. Shared with calls under way: a cloud whose file was replaced is let go
  // here while they end.
  std::map<std::string, std::shared_ptr<SimCloud>> clouds_;
};

}  // namespace

std::unique_ptr<ports::Provider> MakeSimProvider(std::string base_directory, SimFlavor flavor) {
  return std::make_unique<SimProvider>(std::move(base_directory), flavor);
}

}  // namespace kadende::providers
