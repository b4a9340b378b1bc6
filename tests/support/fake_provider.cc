#include "tests/support/fake_provider.h"

#include <algorithm>
#include <utility>

#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::test {
namespace {

constexpr const char* kCallNames[] = {"list", "describe", "create", "update", "destroy"};

// Ids sort in the order in which instances were made, as tests like to read them.
std::string MakeId(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return "i-" + std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits;
}

FakeCall AboutInstance(CallKind kind, const model::Instance& instance) {
  FakeCall call{.kind = kind};
  call.node = model::NodeAddress{instance.owner.group, instance.owner.slot}.Display();
  call.incarnation = instance.owner.incarnation;
  call.id = instance.id;
  return call;
}

}  // namespace

std::string FakeCall::ToText() const {
  std::string text = kCallNames[static_cast<std::size_t>(kind)];
  if (!node.empty()) text += " " + node + "#" + std::to_string(incarnation);
  if (!id.empty()) text += " " + id;
  if (!reason.empty()) text += " " + reason;
  return text;
}

FakeProvider::FakeProvider(std::string name) {
  manifest.name = std::move(name);
  manifest.version = "1";
  manifest.listing = model::Listing::kAuthoritative;
  manifest.idempotent_tokens = true;
}

base::Status FakeProvider::Enter(FakeCall call, bool* lost) {
  FakeAnswer answer = on_call ? on_call(call) : FakeAnswer::Go();
  {
    std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
  }
  if (answer.error && !answer.with_effect) return tl::unexpected(*answer.error);
  *lost = answer.error.has_value();
  return {};
}

base::Diagnostics FakeProvider::Validate(std::string_view properties) {
  base::Diagnostics diagnostics;
  if (properties.find("\"invalid\":true") != std::string_view::npos) {
    diagnostics.Error("invalid", "the property says so");
  }
  return diagnostics;
}

base::Result<ports::ListPage> FakeProvider::List(const ports::ListRequest& request,
                                                 const ports::CallContext& /*context*/) {
  bool lost = false;
  if (auto entered = Enter({.kind = CallKind::kList}, &lost); !entered) return tl::unexpected(entered.error());
  if (lost) return base::Fail(base::ErrorCode::kTimeout, "no answer");
  std::lock_guard lock(mutex_);
  ports::ListPage page;
  page.scope = ScopeOf(request.scope_config);
  for (auto it = instances_.upper_bound(request.cursor); it != instances_.end(); ++it) {
    const Stored& stored = it->second;
    if (stored.hidden || stored.scope_config != request.scope_config) continue;
    if (!request.lineage.empty() && stored.instance.owner.lineage != request.lineage) continue;
    if (!request.cluster.empty() && stored.instance.owner.cluster != request.cluster) continue;
    if (page.instances.size() == page_size) {
      page.next_cursor = page.instances.back().id;
      break;
    }
    page.instances.push_back(stored.instance);
  }
  return page;
}

base::Result<ports::DescribeResult> FakeProvider::Describe(std::string_view scope_config,
                                                           std::span<const std::string> ids,
                                                           const ports::CallContext& /*context*/) {
  bool lost = false;
  FakeCall call{.kind = CallKind::kDescribe};
  call.id = base::Join(ids, ",");
  if (auto entered = Enter(std::move(call), &lost); !entered) return tl::unexpected(entered.error());
  if (lost) return base::Fail(base::ErrorCode::kTimeout, "no answer");
  std::lock_guard lock(mutex_);
  ports::DescribeResult result;
  result.scope = ScopeOf(scope_config);
  const bool definite = manifest.listing == model::Listing::kAuthoritative;
  for (const std::string& id : ids) {
    ports::Description description;
    description.id = id;
    auto found = instances_.find(id);
    if (found == instances_.end() || found->second.scope_config != scope_config) {
      description.presence = definite ? ports::Presence::kGone : ports::Presence::kUnknown;
    } else if (found->second.instance.status == model::InstanceStatus::kTerminated) {
      description.presence = ports::Presence::kGone;
    } else {
      description.presence = ports::Presence::kPresent;
      description.instance = found->second.instance;
    }
    result.descriptions.push_back(std::move(description));
  }
  return result;
}

base::Result<ports::CreateResult> FakeProvider::Create(const ports::CreateRequest& request,
                                                       const ports::CallContext& /*context*/) {
  bool lost = false;
  model::Instance instance;
  instance.owner = request.owner;
  FakeCall call = AboutInstance(CallKind::kCreate, instance);
  call.properties = std::string(request.properties);
  if (auto entered = Enter(std::move(call), &lost); !entered) return tl::unexpected(entered.error());
  std::lock_guard lock(mutex_);
  const std::string scope_config = ScopeConfigOf(request.properties);
  auto known = manifest.idempotent_tokens ? by_token_.find(request.owner.token) : by_token_.end();
  if (known != by_token_.end() && instances_.contains(known->second)) {
    instance = instances_.find(known->second)->second.instance;
  } else if (known != by_token_.end()) {  // it has ended since: never a second one for the same token
    instance.id = known->second;
    instance.status = model::InstanceStatus::kTerminated;
  } else {
    ++created_;
    instance.id = MakeId(created_);
    instance.name = request.name;
    instance.labels = request.labels;
    instance.status = born;
    instance.status_reason = born_reason;
    instance.addresses = {"10.0.0." + std::to_string(created_ % 256)};
    instance.attributes = kept;
    by_token_[request.owner.token] = instance.id;
    instances_[instance.id] = {instance, scope_config, std::string(request.properties), false};
  }
  if (lost) return base::Fail(base::ErrorCode::kTimeout, "no answer", base::Effect::kPossible);
  return ports::CreateResult{ScopeOf(scope_config), std::move(instance)};
}

base::Result<model::Instance> FakeProvider::Update(const ports::UpdateRequest& request,
                                                   const ports::CallContext& /*context*/) {
  bool lost = false;
  model::Instance wanted;
  wanted.owner = request.owner;
  wanted.id = request.id;
  FakeCall call = AboutInstance(CallKind::kUpdate, wanted);
  call.properties = std::string(request.properties);
  if (auto entered = Enter(std::move(call), &lost); !entered) return tl::unexpected(entered.error());
  std::lock_guard lock(mutex_);
  auto found = instances_.find(request.id);
  if (found == instances_.end()) return base::Fail(base::ErrorCode::kNotFound, "no instance " + request.id);
  Stored& stored = found->second;
  stored.instance.owner = request.owner;
  stored.instance.labels = request.labels;
  if (!request.tags_only) stored.properties = std::string(request.properties);
  if (lost) return base::Fail(base::ErrorCode::kTimeout, "no answer", base::Effect::kPossible);
  return stored.instance;
}

base::Status FakeProvider::Destroy(std::string_view /*scope_config*/, std::string_view id, std::string_view reason,
                                   const ports::CallContext& /*context*/) {
  bool lost = false;
  FakeCall call{.kind = CallKind::kDestroy};
  {
    std::lock_guard lock(mutex_);
    if (auto found = instances_.find(id); found != instances_.end()) {
      call = AboutInstance(CallKind::kDestroy, found->second.instance);
    }
  }
  call.id = std::string(id);
  call.reason = std::string(reason);
  if (auto entered = Enter(std::move(call), &lost); !entered) return entered;
  Vanish(id);
  if (lost) return base::Fail(base::ErrorCode::kTimeout, "no answer", base::Effect::kPossible);
  return {};
}

std::vector<model::Instance> FakeProvider::Instances() const {
  std::lock_guard lock(mutex_);
  std::vector<model::Instance> all;
  for (const auto& [id, stored] : instances_) all.push_back(stored.instance);
  return all;
}

std::optional<model::Instance> FakeProvider::FindByNode(std::string_view display) const {
  std::optional<model::Instance> newest;
  for (model::Instance& instance : Instances()) {
    const bool same = model::NodeAddress{instance.owner.group, instance.owner.slot}.Display() == display;
    if (same && (!newest || newest->owner.incarnation < instance.owner.incarnation)) newest = std::move(instance);
  }
  return newest;
}

std::string FakeProvider::Put(model::Instance instance, std::string_view scope_config) {
  std::lock_guard lock(mutex_);
  if (instance.id.empty()) instance.id = MakeId(++created_);
  const std::string id = instance.id;
  by_token_[instance.owner.token] = id;
  instances_[id] = {std::move(instance), std::string(scope_config), "{}", false};
  return id;
}

void FakeProvider::SetStatus(std::string_view id, model::InstanceStatus status, std::string reason) {
  std::lock_guard lock(mutex_);
  auto found = instances_.find(id);
  if (found == instances_.end()) return;
  found->second.instance.status = status;
  found->second.instance.status_reason = std::move(reason);
}

void FakeProvider::Vanish(std::string_view id) {
  std::lock_guard lock(mutex_);
  if (auto found = instances_.find(id); found != instances_.end()) instances_.erase(found);
}

void FakeProvider::Hide(std::string_view id, bool hidden) {
  std::lock_guard lock(mutex_);
  if (auto found = instances_.find(id); found != instances_.end()) found->second.hidden = hidden;
}

void FakeProvider::SetScope(std::string scope) {
  std::lock_guard lock(mutex_);
  scope_ = std::move(scope);
}

std::uint64_t FakeProvider::created() const {
  std::lock_guard lock(mutex_);
  return created_;
}

std::vector<FakeCall> FakeProvider::Calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

std::vector<FakeCall> FakeProvider::Calls(CallKind kind) const {
  std::vector<FakeCall> calls = Calls();
  std::erase_if(calls, [kind](const FakeCall& call) { return call.kind != kind; });
  return calls;
}

void FakeProvider::ForgetCalls() {
  std::lock_guard lock(mutex_);
  calls_.clear();
}

std::string FakeProvider::ScopeOf(std::string_view scope_config) const {
  return scope_.empty() ? manifest.name + ":" + std::string(scope_config) : scope_;
}

std::string FakeProvider::ScopeConfigOf(std::string_view properties) const {
  base::Json all = base::Json::parse(properties, nullptr, false);
  base::Json scope = base::Json::object();
  for (const std::string& key : manifest.scope_properties) {
    if (all.is_object() && all.contains(key)) scope[key] = all[key];
  }
  return scope.dump();
}

base::Result<ports::Provider*> FakeProviders::Find(const model::ProviderRef& ref) {
  if (ref.name == untrusted) return base::Fail(base::ErrorCode::kDenied, "`" + ref.name + "` is not trusted");
  auto found = providers_.find(ref.name);
  if (found != providers_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, provider] : providers_) names.push_back(name);
  return base::Fail(base::ErrorCode::kNotFound,
                    "this build has no provider `" + ref.name + "`; it has: " + base::Join(names, ", "));
}

}  // namespace kadende::test
