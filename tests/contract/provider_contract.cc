#include "tests/contract/provider_contract.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "tests/contract/provider_world.h"

namespace kadende::tests {
namespace {

using base::Effect;
using base::ErrorCode;
using model::Instance;
using model::InstanceStatus;
using ports::CallContext;
using ports::CreateRequest;
using ports::Presence;
using std::chrono::milliseconds;
using std::chrono::seconds;

void CheckSameOwner(const model::Ownership& got, const model::Ownership& want) {
  CHECK(got.lineage == want.lineage);
  CHECK(got.cluster == want.cluster);
  CHECK(got.group == want.group);
  CHECK(got.slot == want.slot);
  CHECK(got.incarnation == want.incarnation);
  CHECK(got.token == want.token);
  CHECK(got.revision == want.revision);
}

// Runs `call(i)` for i in [0, count) from 8 threads. Catch2 assertions are not thread-safe: results are collected.
template <class F>
auto InParallel(int count, F call) {
  using Answer = decltype(call(0));
  std::vector<std::optional<Answer>> answers(static_cast<std::size_t>(count));
  std::atomic<int> next{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = next++; i < count; i = next++) answers[static_cast<std::size_t>(i)].emplace(call(i));
      });
    }
  }
  std::vector<Answer> all;
  for (auto& answer : answers) all.push_back(std::move(*answer));
  return all;
}

void CheckManifestAndValidate(const ProviderFixtureFactory& make) {
  SECTION("the manifest is filled in and constant") {
    ProviderWorld world(make);
    const model::Manifest& manifest = world.provider().Manifest();
    CHECK_FALSE(manifest.name.empty());
    CHECK_FALSE(manifest.version.empty());
    CHECK(manifest.property_schema.find("\"type\"") != std::string::npos);
    CHECK(&manifest == &world.provider().Manifest());
  }
  SECTION("good properties have no diagnostics, also with expressions that are not known yet") {
    ProviderWorld world(make);
    CHECK(Render(world.provider().Validate(world.fixture().Properties())).empty());
  }
  SECTION("bad properties are named by path") {
    ProviderWorld world(make);
    for (const InvalidProperties& bad : world.fixture().Invalid()) {
      INFO(bad.properties);
      const base::Diagnostics diagnostics = world.provider().Validate(bad.properties);
      REQUIRE(diagnostics.HasErrors());
      CHECK(diagnostics.items().front().path == bad.path);
    }
  }
}

void CheckCreateAndList(const ProviderFixtureFactory& make) {
  SECTION("a place that nobody made yet lists nothing") {
    ProviderWorld world(make);
    CHECK(world.OurIds().empty());
  }
  SECTION("an empty place has the scope that it had") {
    ProviderWorld world(make);
    const std::string id = world.Create(world.Request(0)).id;
    REQUIRE(world.provider().Destroy(world.scope_config(), id, "size_down", world.context()));
    CHECK(Eventually([&] { return world.OurIds().empty(); }));
    CHECK_FALSE(world.last_scope().empty());
  }
  SECTION("a created instance is listed and described with its tags and labels") {
    ProviderWorld world(make);
    CreateRequest request = world.Request(3);
    request.owner.slot.logical_id = "a";
    request.labels = {{"empty", ""}, {"tier", "web \"front\" \xC3\xA4"}};
    const auto created = world.provider().Create(request, world.context());
    REQUIRE(created);
    CHECK(created->instance.name == request.name);
    REQUIRE(Eventually([&] { return world.OurIds() == std::vector<std::string>{created->instance.id}; }));
    CHECK(world.last_scope() == created->scope);
    const auto listed = world.List(In(world.scope_config(), kLineage));
    REQUIRE(listed);
    REQUIRE(Eventually([&] { return world.Describe(created->instance.id).presence == Presence::kPresent; }));
    CHECK(world.last_scope() == created->scope);
    for (const Instance& instance : {created->instance, listed->at(0), world.Describe(created->instance.id).instance}) {
      CHECK(instance.id == created->instance.id);
      CHECK(instance.name == request.name);
      CheckSameOwner(instance.owner, request.owner);
      CHECK(instance.labels == request.labels);
      CHECK(instance.status == InstanceStatus::kRunning);
      CHECK(instance.addresses == created->instance.addresses);
      CHECK(instance.attributes == created->instance.attributes);
      CHECK(instance.created_at > base::TimePoint{});
    }
  }
  SECTION("a listing is filtered by lineage, by cluster name, or shows everything of ours") {
    ProviderWorld world(make);
    const std::string shop = world.Create(world.Request(0)).id;
    const std::string other = world.Create(world.Request(0, kOtherLineage, "shop")).id;
    const std::string blog = world.Create(world.Request(1, kOtherLineage, "blog")).id;
    using Ids = std::vector<std::string>;
    const auto sorted = [](Ids ids) {
      std::sort(ids.begin(), ids.end());
      return ids;
    };
    const std::string scope = world.scope_config();
    REQUIRE(Eventually([&] { return world.Ids(In(scope)) == sorted({shop, other, blog}); }));
    CHECK(world.OurIds() == Ids{shop});
    CHECK(world.OurIds(kOtherLineage) == sorted({other, blog}));
    CHECK(world.Ids(In(scope, "", "shop")) == sorted({shop, other}));
    CHECK(world.Ids(In(scope, "", "blog")) == Ids{blog});
    CHECK(world.Ids(In(scope, "", "sho")).empty());
    CHECK(world.OurIds("cccccccccccccccccccccccccc").empty());
  }
  SECTION("many concurrent creates give as many instances, and pages add up to all of them") {
    ProviderWorld world(make);
    const int many = world.fixture().Many();
    const auto results = InParallel(many, [&](int i) {
      return world.provider().Create(world.Request(static_cast<std::uint32_t>(i)), world.context());
    });
    std::vector<std::string> ids;
    for (const auto& result : results) {
      REQUIRE(result);
      ids.push_back(result->instance.id);
    }
    std::sort(ids.begin(), ids.end());
    REQUIRE(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
    CHECK(Eventually([&] { return world.OurIds() == ids; }));
    const auto gone = InParallel(many, [&](int i) { return world.Destroy(ids[static_cast<std::size_t>(i)]); });
    for (const auto& status : gone) CHECK(status);
    CHECK(Eventually([&] { return world.OurIds().empty(); }));
  }
}

void CheckTokens(const ProviderFixtureFactory& make) {
  SECTION("another incarnation of the same slot is another instance") {
    ProviderWorld world(make);
    const std::string first = world.Create(world.Request(0)).id;
    CHECK(world.Create(world.Request(0, kLineage, "shop", 2)).id != first);
  }
  SECTION("with idempotent tokens a repeated create gives the same instance, also by another provider object") {
    ProviderWorld world(make);
    if (!world.provider().Manifest().idempotent_tokens) return;
    const Instance first = world.Create(world.Request(0));
    CHECK(world.Create(world.Request(0)).id == first.id);
    const auto again = world.fixture().Make()->Create(world.Request(0), world.context());
    REQUIRE(again);
    CHECK(again->instance.id == first.id);
    CHECK(world.OurIds().size() == 1);
  }
  SECTION("with idempotent tokens concurrent creates of one token make one instance") {
    ProviderWorld world(make);
    if (!world.provider().Manifest().idempotent_tokens) return;
    const auto results =
        InParallel(16, [&](int) { return world.provider().Create(world.Request(0), world.context()); });
    for (const auto& result : results) {
      REQUIRE(result);
      CHECK(result->instance.id == results[0]->instance.id);
    }
    CHECK(world.OurIds().size() == 1);
  }
  SECTION("the remembered token of a destroyed instance makes no second one") {
    ProviderWorld world(make);
    if (!world.fixture().RemembersDestroyedTokens()) return;
    const Instance first = world.Create(world.Request(0));
    REQUIRE(world.Destroy(first.id));
    const Instance again = world.Create(world.Request(0));
    CHECK(again.id == first.id);
    CHECK(again.status == InstanceStatus::kTerminated);
    CHECK(world.OurIds().empty());
  }
}

void CheckDestroyAndDescribe(const ProviderFixtureFactory& make) {
  SECTION("a destroyed instance is gone; destroying it again succeeds") {
    ProviderWorld world(make);
    const std::string kept = world.Create(world.Request(0)).id;
    const std::string id = world.Create(world.Request(1)).id;
    REQUIRE(world.Destroy(id));
    CHECK(Eventually([&] { return world.OurIds() == std::vector<std::string>{kept}; }));
    CHECK(Eventually([&] { return world.IsAbsent(id); }));
    CHECK(world.Destroy(id));
    CHECK(world.OurIds() == std::vector<std::string>{kept});
  }
  SECTION("concurrent destroys of one instance all succeed") {
    ProviderWorld world(make);
    const std::string id = world.Create(world.Request(0)).id;
    for (const auto& status : InParallel(8, [&](int) { return world.Destroy(id); })) CHECK(status);
    CHECK(Eventually([&] { return world.OurIds().empty(); }));
  }
  SECTION("an unknown id is described as absent and destroyed with success") {
    ProviderWorld world(make);
    const std::string id = world.Create(world.Request(0)).id;
    REQUIRE(Eventually([&] { return world.Describe(id).presence == Presence::kPresent; }));
    CHECK(world.Describe(world.fixture().UnknownId()).presence == world.Absent());
    CHECK(world.Describe("no such form of id").presence == world.Absent());
    CHECK(world.Destroy(world.fixture().UnknownId()));
    CHECK(world.OurIds().size() == 1);
  }
  SECTION("descriptions come in the order of the request, repeated ids included") {
    ProviderWorld world(make);
    const std::string a = world.Create(world.Request(0)).id;
    const std::string b = world.Create(world.Request(1)).id;
    const std::vector<std::string> ids{b, world.fixture().UnknownId(), a, b};
    const auto described = world.provider().Describe(world.scope_config(), ids, world.context());
    REQUIRE(described);
    REQUIRE(described->descriptions.size() == ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) CHECK(described->descriptions[i].id == ids[i]);
    const auto none = world.provider().Describe(world.scope_config(), {}, world.context());
    REQUIRE(none);
    CHECK(none->descriptions.empty());
  }
  SECTION("an instance that ended by itself is terminated or absent, never running") {
    ProviderWorld world(make);
    const std::string id = world.Create(world.Request(0)).id;
    const std::string kept = world.Create(world.Request(1)).id;
    if (!world.fixture().EndBehindItsBack(id)) return;
    CHECK(Eventually([&] { return world.OurIds() == std::vector<std::string>{kept}; }));
    CHECK(Eventually([&] { return world.IsAbsent(id); }));
    CHECK(world.Destroy(id));
  }
  SECTION("an instance of which only remains live is gone, and a destroy ends them") {
    ProviderWorld world(make);
    const std::string id = world.Create(world.Request(0)).id;
    if (!world.fixture().EndLeavingRemains(id)) return;
    CHECK(world.fixture().Remains(id) > 0);
    CHECK(Eventually([&] { return world.OurIds().empty(); }));
    CHECK(Eventually([&] { return world.IsAbsent(id); }));
    CHECK(world.Destroy(id));
    CHECK(world.fixture().Remains(id) == 0);
  }
  SECTION("remains are ended before the next incarnation is made, for they may hold what it needs") {
    ProviderWorld world(make);
    const std::string id = world.Create(world.Request(0)).id;
    const std::string beside = world.Create(world.Request(1)).id;
    if (!world.fixture().EndLeavingRemains(id)) return;
    const std::string next = world.Create(world.Request(0, kLineage, "shop", 3)).id;
    CHECK(world.fixture().Remains(id) == 0);
    CHECK(Eventually([&] {
      return world.Describe(next).presence == Presence::kPresent &&
             world.Describe(beside).presence == Presence::kPresent;
    }));
    CHECK(world.Destroy(id));
  }
  SECTION("an instance that the provider calls unhealthy is listed so") {
    ProviderWorld world(make);
    const std::string id = world.Create(world.Request(0)).id;
    if (!world.fixture().MakeUnhealthy(id)) return;
    CHECK(Eventually([&] { return world.Describe(id).instance.status == InstanceStatus::kUnhealthy; }));
    CHECK_FALSE(world.Describe(id).instance.status_reason.empty());
  }
}

void CheckUpdate(const ProviderFixtureFactory& make) {
  SECTION("update replaces labels and ownership and keeps the instance") {
    ProviderWorld world(make);
    CreateRequest request = world.Request(0);
    request.labels = {{"a", "1"}, {"b", "2"}};
    const std::string id = world.Create(request).id;
    ports::UpdateRequest update{id, request.owner, {{"b", "3"}, {"c", "4"}}, request.properties};
    update.owner.revision = base::Sha256("revision two");
    update.owner.cluster = "renamed";
    update.owner.group = "web/moved";
    const auto updated = world.provider().Update(update, world.context());
    REQUIRE(updated);
    CHECK(updated->id == id);
    CHECK(Eventually([&] { return world.Describe(id).instance.labels == update.labels; }));
    CheckSameOwner(updated->owner, update.owner);
    CheckSameOwner(world.Describe(id).instance.owner, update.owner);
    CHECK(world.Ids(In(world.scope_config(), "", "renamed")) == std::vector<std::string>{id});
    CHECK(world.Ids(In(world.scope_config(), "", "shop")).empty());
    CHECK(world.OurIds() == std::vector<std::string>{id});
  }
  SECTION("update accepts a changed mutable property") {
    ProviderWorld world(make);
    const std::string changed = world.fixture().MutatedProperties();
    if (changed.empty()) return;
    const CreateRequest request = world.Request(0);
    const std::string id = world.Create(request).id;
    CHECK(world.provider().Update({id, request.owner, {}, changed}, world.context()));
    CHECK(Eventually([&] { return world.OurIds() == std::vector<std::string>{id}; }));
  }
  SECTION("update of an unknown id is not_found and makes nothing") {
    ProviderWorld world(make);
    const CreateRequest request = world.Request(0);
    const std::string id = world.Create(request).id;  // the place exists from its first create on
    const auto updated =
        world.provider().Update({world.fixture().UnknownId(), request.owner, {}, request.properties}, world.context());
    REQUIRE_FALSE(updated);
    CHECK(updated.error().code == ErrorCode::kNotFound);
    CHECK(Eventually([&] { return world.OurIds() == std::vector<std::string>{id}; }));
  }
}

void CheckScope(const ProviderFixtureFactory& make) {
  SECTION("the scope is the same for every call and every provider object") {
    ProviderWorld world(make);
    const auto created = world.provider().Create(world.Request(0), world.context());
    REQUIRE(created);
    const auto again = world.fixture().Make()->List(In(world.scope_config()), world.context());
    REQUIRE(again);
    CHECK(again->scope == created->scope);
  }
  SECTION("another place has another scope and none of our instances") {
    ProviderWorld world(make);
    const std::string other = world.fixture().OtherScopeConfig();
    if (other.empty()) return;
    const auto created = world.provider().Create(world.Request(0), world.context());
    REQUIRE(created);
    const auto listed = world.provider().List(In(other), world.context());
    REQUIRE(listed);
    CHECK(listed->scope != created->scope);
    CHECK(listed->instances.empty());
  }
  SECTION("a scope configuration that means no place is an error, never an empty listing") {
    ProviderWorld world(make);
    for (const std::string& bad : world.fixture().BadScopes()) {
      INFO(bad);
      const std::vector<std::string> ids{world.fixture().UnknownId()};
      CHECK_FALSE(world.provider().List(In(bad), world.context()));
      CHECK_FALSE(world.provider().Describe(bad, ids, world.context()));
      CHECK_FALSE(world.provider().Destroy(bad, ids[0], "size_down", world.context()));
    }
  }
}

void CheckWaiting(const ProviderFixtureFactory& make) {
  SECTION("a call that is stopped before it starts has no effect") {
    ProviderWorld world(make);
    std::stop_source source;
    source.request_stop();
    CallContext stopped = world.context();
    stopped.stop = source.get_token();
    const auto created = world.provider().Create(world.Request(0), stopped);
    REQUIRE_FALSE(created);
    CHECK(created.error().code == ErrorCode::kCancelled);
    CHECK(created.error().effect == Effect::kNone);
    CHECK(world.OurIds().empty());
  }
  SECTION("a slow create ends at its timeout and says that it may have had its effect") {
    ProviderWorld world(make);
    if (!world.fixture().MakeCreatesSlow()) return;
    CallContext brief = world.context();
    brief.timeout = milliseconds(30);
    const auto created = world.provider().Create(world.Request(0), brief);
    REQUIRE_FALSE(created);
    CHECK(created.error().code == ErrorCode::kTimeout);
    CHECK(created.error().effect == Effect::kPossible);
  }
  SECTION("a slow create ends when it is stopped and says that it may have had its effect") {
    ProviderWorld world(make);
    if (!world.fixture().MakeCreatesSlow()) return;
    std::stop_source source;
    CallContext context = world.context();
    context.stop = source.get_token();
    std::jthread stopper([&] {
      std::this_thread::sleep_for(milliseconds(30));
      source.request_stop();
    });
    const auto created = world.provider().Create(world.Request(0), context);
    REQUIRE_FALSE(created);
    CHECK(created.error().code == ErrorCode::kCancelled);
    CHECK(created.error().effect == Effect::kPossible);
  }
}

}  // namespace

void CheckProviderContract(const ProviderFixtureFactory& make_fixture) {
  CheckManifestAndValidate(make_fixture);
  CheckCreateAndList(make_fixture);
  CheckTokens(make_fixture);
  CheckDestroyAndDescribe(make_fixture);
  CheckUpdate(make_fixture);
  CheckScope(make_fixture);
  CheckWaiting(make_fixture);
}

}  // namespace kadende::tests
