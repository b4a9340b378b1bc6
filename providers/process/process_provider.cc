#include "providers/process/process_provider.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "engine/base/fault.h"
#include "engine/base/json.h"
#include "providers/process/creator.h"
#include "providers/process/log_reader.h"
#include "providers/process/node_folder.h"
#include "providers/process/observe.h"
#include "providers/process/properties.h"
#include "providers/process/stop.h"

namespace kadende::providers {
namespace {

using base::Effect;
using base::ErrorCode;
using base::Result;
using base::Status;
using ports::CallContext;
using process::Deadline;
using process::InstanceId;
using process::NodeFolder;
using process::NodeRecord;
using process::Observer;

constexpr std::size_t kPageSize = 1000;
constexpr base::Millis kFollowEvery{50};

model::Manifest MakeManifest() {
  model::Manifest manifest;
  manifest.name = "process";
  manifest.version = "1.0.0";
  manifest.listing = model::Listing::kAuthoritative;
  manifest.idempotent_tokens = true;
  manifest.abilities = {"logs"};
  manifest.property_schema = process::PropertySchema();
  manifest.mutable_properties = {"stopSignal", "stopTimeout"};
  manifest.kept_attributes = {"pid"};
  return manifest;
}

Status CheckScope(std::string_view scope_config) {
  if (scope_config == "{}") return {};
  return base::Fail(ErrorCode::kInvalid,
                    "provider `process` has no scope properties, and was given some: " + std::string(scope_config));
}

class Provider : public ports::Provider, public ports::Logs {
 public:
  explicit Provider(ProcessOptions options)
      : registry_(options.registry), creator_(std::move(options), &registry_), manifest_(MakeManifest()) {}

  const model::Manifest& Manifest() const override { return manifest_; }
  base::Diagnostics Validate(std::string_view properties) override { return process::ValidateProperties(properties); }
  Result<ports::ListPage> List(const ports::ListRequest& request, const CallContext& context) override;
  Result<ports::DescribeResult> Describe(std::string_view scope_config, std::span<const std::string> ids,
                                         const CallContext& context) override;
  Result<ports::CreateResult> Create(const ports::CreateRequest& request, const CallContext& context) override;
  Result<model::Instance> Update(const ports::UpdateRequest& request, const CallContext& context) override;
  Status Destroy(std::string_view scope_config, std::string_view id, std::string_view reason,
                 const CallContext& context) override;
  Status ReadLogs(const ports::LogRequest& request, std::stop_token stop,
                  const std::function<void(std::string_view)>& sink) override;

 private:
  Status Begin(std::string_view scope_config, const Deadline& deadline) const;
  Result<std::vector<InstanceId>> IdsFor(const ports::ListRequest& request) const;
  void AddLost(const ports::ListRequest& request, Observer* observer, std::vector<model::Instance>* instances) const;
  Result<ports::Description> DescribeOne(const std::string& id, Observer* observer) const;
  bool IsOver(const InstanceId& id) const;

  process::Registry registry_;
  process::Creator creator_;
  const model::Manifest manifest_;
};

Status Provider::Begin(std::string_view scope_config, const Deadline& deadline) const {
  if (Status usable = registry_.Usable(); !usable) return usable;
  if (Status scope = CheckScope(scope_config); !scope) return scope;
  return deadline.Check("provider `process`", Effect::kNone);
}

Result<std::vector<InstanceId>> Provider::IdsFor(const ports::ListRequest& request) const {
  if (!request.lineage.empty()) {
    const auto valid = process::MakeInstanceId(request.lineage, "");
    return valid ? registry_.Ids(request.lineage) : tl::unexpected(valid.error());
  }
  const auto lineages = registry_.Lineages();
  if (!lineages) return tl::unexpected(lineages.error());
  std::vector<InstanceId> all;
  for (const std::string& lineage : *lineages) {
    auto ids = registry_.Ids(lineage);
    if (!ids) return ids;
    all.insert(all.end(), ids->begin(), ids->end());
  }
  return all;
}

// Where the registry, or this lineage's part of it, is missing, or was once: nodes may live that have no folder.
void Provider::AddLost(const ports::ListRequest& request, Observer* observer,
                       std::vector<model::Instance>* instances) const {
  const std::string& lineage = request.lineage;
  const bool known = lineage.empty() ? ::access(registry_.root().c_str(), F_OK) == 0 : registry_.HasLineage(lineage);
  const bool marked = !lineage.empty() && registry_.MayHaveLostNodes(lineage);
  if (known && !marked) return;
  std::vector<model::Instance> lost = observer->LostNodes(lineage);
  if (marked && lost.empty()) registry_.MarkLostNodes(lineage, false);
  for (model::Instance& instance : lost) {
    if (request.cluster.empty() || instance.owner.cluster == request.cluster) instances->push_back(std::move(instance));
  }
}

Result<ports::ListPage> Provider::List(const ports::ListRequest& request, const CallContext& context) {
  const Deadline deadline(context);
  if (Status begun = Begin(request.scope_config, deadline); !begun) return tl::unexpected(begun.error());
  auto ids = IdsFor(request);
  if (!ids) return tl::unexpected(ids.error());
  ports::ListPage page;
  page.scope = registry_.scope();
  Observer observer(registry_);
  if (request.cursor.empty()) AddLost(request, &observer, &page.instances);
  std::size_t seen = 0;
  for (const InstanceId& id : *ids) {
    const std::string text = id.Text();
    if (text <= request.cursor) continue;
    if (++seen > kPageSize) break;
    if (Status time = deadline.Check("listing", Effect::kNone); !time) return tl::unexpected(time.error());
    auto instance = observer.Observe(id);
    if (!instance) return tl::unexpected(instance.error());
    if (seen == kPageSize && &id != &ids->back()) page.next_cursor = text;
    if (!*instance) continue;
    if (!request.cluster.empty() && (*instance)->owner.cluster != request.cluster) continue;
    page.instances.push_back(std::move(**instance));
  }
  std::sort(page.instances.begin(), page.instances.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return page;
}

Result<ports::Description> Provider::DescribeOne(const std::string& text, Observer* observer) const {
  ports::Description description;
  description.id = text;
  description.presence = ports::Presence::kGone;
  const auto id = process::ParseInstanceId(text);
  if (!id) return description;
  auto instance = observer->Observe(*id);
  if (!instance) return tl::unexpected(instance.error());
  if (!*instance) *instance = observer->LostNode(*id);
  if (!*instance) return description;
  if ((*instance)->status != model::InstanceStatus::kTerminated) description.presence = ports::Presence::kPresent;
  description.instance = std::move(**instance);
  return description;
}

Result<ports::DescribeResult> Provider::Describe(std::string_view scope_config, std::span<const std::string> ids,
                                                 const CallContext& context) {
  const Deadline deadline(context);
  if (Status begun = Begin(scope_config, deadline); !begun) return tl::unexpected(begun.error());
  ports::DescribeResult result;
  result.scope = registry_.scope();
  result.descriptions.reserve(ids.size());
  Observer observer(registry_);
  for (const std::string& id : ids) {
    if (Status time = deadline.Check("describing", Effect::kNone); !time) return tl::unexpected(time.error());
    auto description = DescribeOne(id, &observer);
    if (!description) return tl::unexpected(description.error());
    result.descriptions.push_back(std::move(*description));
  }
  return result;
}

Result<ports::CreateResult> Provider::Create(const ports::CreateRequest& request, const CallContext& context) {
  Deadline deadline(context);
  if (Status begun = Begin("{}", deadline); !begun) return tl::unexpected(begun.error());
  auto instance = creator_.Create(request, &deadline);
  if (!instance) return tl::unexpected(instance.error());
  return ports::CreateResult{registry_.scope(), std::move(*instance)};
}

Result<model::Instance> Provider::Update(const ports::UpdateRequest& request, const CallContext& context) {
  Deadline deadline(context);
  if (Status begun = Begin("{}", deadline); !begun) return tl::unexpected(begun.error());
  return creator_.Update(request, &deadline);
}

Status Provider::Destroy(std::string_view scope_config, std::string_view text, std::string_view /*reason*/,
                         const CallContext& context) {
  Deadline deadline(context);
  if (Status begun = Begin(scope_config, deadline); !begun) return begun;
  const auto id = process::ParseInstanceId(text);
  if (!id) return {};  // not a form that was ever given out
  base::FaultPoint("providers.process.destroy.before");
  auto folder = NodeFolder::Lock(registry_, *id, false, &deadline);
  if (!folder) return tl::unexpected(folder.error());
  if (!*folder) return process::StopLostNode(registry_, *id, &deadline);
  if (Status stopped = process::StopNode(&**folder, &deadline); !stopped) return stopped;
  Status removed = (*folder)->Remove();
  base::FaultPoint("providers.process.destroy.after");
  return removed;
}

bool Provider::IsOver(const InstanceId& id) const {
  Observer observer(registry_);
  const auto instance = observer.Observe(id);
  return !instance || !*instance || (*instance)->status == model::InstanceStatus::kTerminated;
}

Status Provider::ReadLogs(const ports::LogRequest& request, std::stop_token stop,
                          const std::function<void(std::string_view)>& sink) {
  if (Status usable = registry_.Usable(); !usable) return usable;
  const auto id = process::ParseInstanceId(request.instance_id);
  const std::string path = id ? registry_.NodeFolder(*id) : std::string();
  if (!id || !NodeFolder::Open(registry_, *id)) {
    return base::Fail(ErrorCode::kNotFound, "there is no process node `" + request.instance_id +
                                                "` here, or its folder was removed with its output");
  }
  process::LogReader reader(path);
  if (request.tail_lines != 0) reader.SkipToTail(request.tail_lines);
  for (;;) {
    const bool over = !request.follow || IsOver(*id);  // before the read: what it printed last is then there
    while (!stop.stop_requested() && reader.Read(sink)) {
      if (!request.follow) break;
    }
    if (over || stop.stop_requested()) return {};
    std::this_thread::sleep_for(kFollowEvery);
  }
}

}  // namespace

ProcessProvider MakeProcessProvider(ProcessOptions options) {
  auto provider = std::make_unique<Provider>(std::move(options));
  ports::Logs* logs = provider.get();
  return {std::move(provider), logs};
}

}  // namespace kadende::providers
