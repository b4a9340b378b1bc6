// An in-memory Provider for unit tests: no latency, no files. It records calls, fails on demand, and lets a test change
// the world behind kadende's back. Thread-safe. `manifest` is to be set before the first use and not changed beside
// calls.
//
//   FakeProvider fake("fake");                       // authoritative, idempotent tokens, no scope properties
//   fake.manifest.listing = model::Listing::kEventual;
//   fake.on_call = [](const FakeCall& call) { return call.kind == CallKind::kCreate ? FakeAnswer::Fail(...) : ...; };
//   FakeProviders source; source.Add(&fake);
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/ports/provider.h"

namespace kadende::test {

enum class CallKind : std::uint8_t { kList, kDescribe, kCreate, kUpdate, kDestroy };

struct FakeCall {
  CallKind kind = CallKind::kList;
  std::string node{};  // display name, "web[0]", of what the call is about; empty for kList and kDescribe
  std::uint32_t incarnation = 0;
  std::string id{};          // of the instance; kDescribe: the ids, comma-separated; empty for kList and kCreate
  std::string reason{};      // kDestroy
  std::string properties{};  // kCreate, kUpdate

  [[nodiscard]] std::string ToText() const;  // "create web[0]#1", "destroy web[0]#1 i-1 replaced"
};

// What on_call says: go on, fail without effect, or do it and fail all the same (an answer that was lost).
struct FakeAnswer {
  std::optional<base::Error> error;
  bool with_effect = false;

  static FakeAnswer Go() { return {}; }
  static FakeAnswer Fail(base::ErrorCode code, std::string message) {
    return {base::Error{code, std::move(message), base::Effect::kNone, std::nullopt}, false};
  }
  static FakeAnswer Lost(std::string message = "no answer") {
    return {base::Error{base::ErrorCode::kTimeout, std::move(message), base::Effect::kPossible, std::nullopt}, true};
  }
};

class FakeProvider : public ports::Provider {
 public:
  explicit FakeProvider(std::string name = "fake");

  model::Manifest manifest;
  std::size_t page_size = 1000;
  std::string kept = "{}";                                       // attributes of new instances
  model::InstanceStatus born = model::InstanceStatus::kRunning;  // status of new instances
  std::string born_reason;
  // Asked before each call, outside of the lock: may block, count, or change the world.
  std::function<FakeAnswer(const FakeCall&)> on_call;

  [[nodiscard]] const model::Manifest& Manifest() const override { return manifest; }
  [[nodiscard]] base::Diagnostics Validate(std::string_view properties) override;
  [[nodiscard]] base::Result<ports::ListPage> List(const ports::ListRequest& request,
                                                   const ports::CallContext& context) override;
  [[nodiscard]] base::Result<ports::DescribeResult> Describe(std::string_view scope_config,
                                                             std::span<const std::string> ids,
                                                             const ports::CallContext& context) override;
  [[nodiscard]] base::Result<ports::CreateResult> Create(const ports::CreateRequest& request,
                                                         const ports::CallContext& context) override;
  [[nodiscard]] base::Result<model::Instance> Update(const ports::UpdateRequest& request,
                                                     const ports::CallContext& context) override;
  [[nodiscard]] base::Status Destroy(std::string_view scope_config, std::string_view id, std::string_view reason,
                                     const ports::CallContext& context) override;

  // The world, as a test sees and changes it. Instances live per scope_config.
  [[nodiscard]] std::vector<model::Instance> Instances() const;                             // sorted by id
  [[nodiscard]] std::optional<model::Instance> FindByNode(std::string_view display) const;  // the newest one
  std::string Put(model::Instance instance, std::string_view scope_config = "{}");          // empty id: one is given
  void SetStatus(std::string_view id, model::InstanceStatus status, std::string reason = {});
  void Vanish(std::string_view id);             // gone without a trace
  void Hide(std::string_view id, bool hidden);  // left out of listings, still described
  void SetScope(std::string scope);             // every place now calls itself this; empty: the usual names
  [[nodiscard]] std::uint64_t created() const;  // instances ever made
  [[nodiscard]] std::vector<FakeCall> Calls() const;
  [[nodiscard]] std::vector<FakeCall> Calls(CallKind kind) const;
  void ForgetCalls();

 private:
  struct Stored {
    model::Instance instance;
    std::string scope_config;
    std::string properties;
    bool hidden = false;
  };
  [[nodiscard]] base::Status Enter(FakeCall call, bool* lost);
  [[nodiscard]] std::string ScopeOf(std::string_view scope_config) const;
  [[nodiscard]] std::string ScopeConfigOf(std::string_view properties) const;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<std::string, Stored, std::less<>> instances_;  // by id
  std::unordered_map<base::Digest, std::string> by_token_;
  std::vector<FakeCall> calls_;
  std::string scope_;
  std::uint64_t created_ = 0;
};

class FakeProviders : public ports::ProviderSource {
 public:
  void Add(FakeProvider* provider) { providers_[provider->manifest.name] = provider; }
  [[nodiscard]] base::Result<ports::Provider*> Find(const model::ProviderRef& ref) override;
  std::string untrusted;  // name of a provider that may not be asked (kDenied)

 private:
  std::map<std::string, FakeProvider*> providers_;
};

}  // namespace kadende::test
