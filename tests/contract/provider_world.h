// A fixture of the provider contract with one provider over it, and the calls in the short form of its situations.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/model/identity.h"
#include "tests/contract/provider_contract.h"

namespace kadende::tests {

// Of this test process alone: tokens are made of them, and a provider may hold a token for the whole machine.
inline const std::string kLineage = model::NewLineage();
inline const std::string kOtherLineage = model::NewLineage();

[[nodiscard]] inline ports::ListRequest In(std::string scope_config, std::string lineage = {},
                                           std::string cluster = {}) {
  return {std::move(scope_config), std::move(lineage), std::move(cluster), {}};
}

// Waits for a condition with a deadline; providers with eventual listings need the time.
template <class F>
bool Eventually(F condition, std::chrono::seconds limit = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// A fixture with one provider over it, and the calls in the short form of the tests.
class ProviderWorld {
 public:
  explicit ProviderWorld(const ProviderFixtureFactory& make)
      : fixture_(make()), provider_(fixture_->Make()), properties_(fixture_->Properties()) {
    context_.timeout = std::chrono::seconds(60);
  }
  ProviderWorld(const ProviderWorld&) = delete;
  ProviderWorld& operator=(const ProviderWorld&) = delete;
  ~ProviderWorld() {
    for (const std::string& id : Ids(In(fixture_->ScopeConfig()))) (void)Destroy(id);
  }

  [[nodiscard]] ProviderFixture& fixture() { return *fixture_; }
  [[nodiscard]] ports::Provider& provider() { return *provider_; }
  [[nodiscard]] const ports::CallContext& context() const { return context_; }
  [[nodiscard]] std::string scope_config() { return fixture_->ScopeConfig(); }

  [[nodiscard]] ports::CreateRequest Request(std::uint32_t ordinal, const std::string& lineage = kLineage,
                                             const std::string& cluster = "shop", std::uint32_t incarnation = 1) const {
    ports::CreateRequest request;
    request.owner.lineage = lineage;
    request.owner.cluster = cluster;
    request.owner.group = "web/front";
    request.owner.slot.ordinal = ordinal;
    request.owner.incarnation = incarnation;
    request.owner.token = model::MakeToken(lineage, "web/front", request.owner.slot, incarnation);
    request.owner.revision = base::Sha256("revision one");
    request.name = model::InstanceName(cluster, "web/front", request.owner.slot, request.owner.token);
    request.properties = properties_;
    return request;
  }
  [[nodiscard]] model::Instance Create(const ports::CreateRequest& request) {
    auto result = provider_->Create(request, context_);
    if (!result) FAIL("create failed: " << result.error().message);
    return result->instance;
  }
  [[nodiscard]] base::Result<std::vector<model::Instance>> List(ports::ListRequest request) {
    std::vector<model::Instance> all;
    std::set<std::string> cursors;
    while (true) {
      auto page = provider_->List(request, context_);
      if (!page) return tl::unexpected(page.error());
      last_scope_ = page->scope;
      const bool sorted =
          std::is_sorted(page->instances.begin(), page->instances.end(),
                         [](const model::Instance& a, const model::Instance& b) { return a.id < b.id; });
      if (!sorted) return base::Fail(base::ErrorCode::kInternal, "page is not sorted by id");
      for (model::Instance& instance : page->instances) all.push_back(std::move(instance));
      if (page->next_cursor.empty()) return all;
      if (!cursors.insert(page->next_cursor).second) return base::Fail(base::ErrorCode::kInternal, "cursor repeats");
      request.cursor = page->next_cursor;
    }
  }
  // Without the terminated.
  [[nodiscard]] std::vector<std::string> Ids(const ports::ListRequest& request) {
    std::vector<std::string> ids;
    const auto listed = List(request);
    if (!listed) return {"list failed: " + listed.error().message};
    for (const model::Instance& instance : *listed) {
      if (instance.status != model::InstanceStatus::kTerminated) ids.push_back(instance.id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  [[nodiscard]] std::vector<std::string> OurIds(const std::string& lineage = kLineage) {
    return Ids(In(scope_config(), lineage));
  }
  [[nodiscard]] ports::Description Describe(const std::string& id) {
    const std::vector<std::string> ids{id};
    auto result = provider_->Describe(scope_config(), ids, context_);
    if (!result) FAIL("describe failed: " << result.error().message);
    last_scope_ = result->scope;
    REQUIRE(result->descriptions.size() == 1);
    CHECK(result->descriptions[0].id == id);
    return result->descriptions[0];
  }
  base::Status Destroy(const std::string& id) {
    return provider_->Destroy(fixture_->ScopeConfig(), id, "size_down", context_);
  }
  // What Describe says of an instance that does not exist.
  [[nodiscard]] ports::Presence Absent() const {
    return provider_->Manifest().listing == model::Listing::kAuthoritative ? ports::Presence::kGone
                                                                           : ports::Presence::kUnknown;
  }
  [[nodiscard]] bool IsAbsent(const std::string& id) {
    const ports::Presence presence = Describe(id).presence;
    return presence == ports::Presence::kGone || presence == Absent();
  }
  [[nodiscard]] const std::string& last_scope() const { return last_scope_; }

 private:
  std::unique_ptr<ProviderFixture> fixture_;
  std::unique_ptr<ports::Provider> provider_;
  std::string properties_;
  ports::CallContext context_;
  std::string last_scope_;
};

}  // namespace kadende::tests
