#include <catch2/catch.hpp>
#include <fstream>

#include "tests/contract/provider_world.h"
#include "tests/providers/sim/sim_support.h"

namespace kadende::tests {
namespace {

using base::Effect;
using base::ErrorCode;
using base::Millis;
using model::InstanceStatus;
using providers::MakeSimProvider;
using providers::SimCommand;
using providers::SimFlavor;

std::vector<model::Instance> ListAll(ports::Provider& provider) {
  const auto page = provider.List(In(kSimScope), {});
  REQUIRE(page);
  return page->instances;
}

TEST_CASE("a create is in no listing before its latency has passed, and the call lasts as long") {
  const SimPlace place;
  place.Set("create-latency", "300ms");
  const auto provider = MakeSimProvider(place.folder());
  const auto early = provider->Create(SimRequest(0), Within(Millis(20)));
  REQUIRE_FALSE(early);
  CHECK(early.error().code == ErrorCode::kTimeout);
  CHECK(early.error().effect == Effect::kPossible);
  CHECK(ListAll(*provider).empty());
  CHECK(place.Count().pending == 1);
  const auto created = provider->Create(SimRequest(0), {});  // the same token: waits for the same instance
  REQUIRE(created);
  CHECK(created->instance.id == "sim-00000000001");
  CHECK(ListAll(*provider).size() == 1);
  CHECK(place.Count().made == 1);
  CHECK(place.Count().deduplicated == 1);
}

TEST_CASE("without idempotent tokens every accepted create makes an instance") {
  const SimPlace place;
  const auto provider = MakeSimProvider(place.folder(), SimFlavor::kBasic);
  REQUIRE(provider->Create(SimRequest(0), {}));
  REQUIRE(provider->Create(SimRequest(0), {}));
  CHECK(place.Count().made == 2);
  CHECK(place.Count().deduplicated == 0);
}

TEST_CASE("a counted failure says what it did: nothing, perhaps, or everything") {
  const SimPlace place;
  const auto provider = MakeSimProvider(place.folder());
  const auto fail = [&](const std::string& effect, std::uint32_t ordinal) {
    place.Set("create-fail-effect", effect);
    place.Set("create-fail-next", "1");
    const auto created = provider->Create(SimRequest(ordinal), {});
    REQUIRE_FALSE(created);
    CHECK(created.error().code == ErrorCode::kUnavailable);
    return created.error().effect;
  };
  CHECK(fail("none", 0) == Effect::kNone);
  CHECK(fail("lost", 1) == Effect::kPossible);
  CHECK(place.Count().made == 0);
  CHECK(fail("done", 2) == Effect::kPossible);
  CHECK(place.Count().made == 1);
  CHECK(provider->Create(SimRequest(2), {}));
  CHECK(place.Count().made == 1);
}

TEST_CASE("chance failures are the same for the same seed") {
  const auto outcome = [](const std::string& seed) {
    const SimPlace place;
    place.Set("create-fail-probability", "0.5");
    place.Set("seed", seed);
    const auto provider = MakeSimProvider(place.folder());
    std::string made;
    for (std::uint32_t i = 0; i < 64; ++i) made += provider->Create(SimRequest(i), {}) ? 'x' : '-';
    return made;
  };
  const std::string first = outcome("7");
  CHECK(first == outcome("7"));
  CHECK(first != outcome("8"));
  CHECK(first.find('x') != std::string::npos);
  CHECK(first.find('-') != std::string::npos);
}

TEST_CASE("listings and destroys fail on demand, too") {
  const SimPlace place;
  const auto provider = MakeSimProvider(place.folder());
  const auto created = provider->Create(SimRequest(0), {});
  REQUIRE(created);
  place.Set("list-fail-next", "2");
  place.Set("list-fail-code", "denied");
  CHECK(provider->List(In(kSimScope), {}).error().code == ErrorCode::kDenied);
  CHECK(provider->Describe(kSimScope, {}, {}).error().code == ErrorCode::kDenied);
  CHECK(ListAll(*provider).size() == 1);
  place.Set("destroy-fail-next", "1");
  place.Set("destroy-fail-effect", "done");
  CHECK(provider->Destroy(kSimScope, created->instance.id, "size_down", {}).error().effect == Effect::kPossible);
  CHECK(ListAll(*provider).empty());
}

TEST_CASE("calls above the throttle are told when to come back") {
  const SimPlace place;
  place.Set("throttle", "5");
  const auto provider = MakeSimProvider(place.folder());
  std::optional<base::Error> refused;
  for (std::uint32_t i = 0; i < 20 && !refused; ++i) {
    const auto created = provider->Create(SimRequest(i), {});
    if (!created) refused = created.error();
  }
  REQUIRE(refused);
  CHECK(refused->code == ErrorCode::kThrottled);
  CHECK(refused->effect == Effect::kNone);
  CHECK(refused->retry_after > Millis(0));
  CHECK(refused->retry_after <= Millis(1000));
}

TEST_CASE("capacity refuses with quota and frees by destroy") {
  const SimPlace place;
  place.Set("capacity", "1");
  const auto provider = MakeSimProvider(place.folder());
  const auto first = provider->Create(SimRequest(0), {});
  REQUIRE(first);
  CHECK(provider->Create(SimRequest(1), {}).error().code == ErrorCode::kQuota);
  REQUIRE(provider->Destroy(kSimScope, first->instance.id, "size_down", {}));
  CHECK(provider->Create(SimRequest(1), {}));
}

TEST_CASE("a destroy takes its latency, and a second one waits for the same end") {
  const SimPlace place;
  const auto provider = MakeSimProvider(place.folder());
  const std::string id = provider->Create(SimRequest(0), {}).value().instance.id;
  place.Set("destroy-latency", "300ms");
  CHECK(provider->Destroy(kSimScope, id, "size_down", Within(Millis(20))).error().code == ErrorCode::kTimeout);
  CHECK(ListAll(*provider).at(0).status == InstanceStatus::kTerminating);
  CHECK(provider->Destroy(kSimScope, id, "size_down", {}));
  CHECK(ListAll(*provider).empty());
  CHECK(place.Count().destroyed == 1);
}

TEST_CASE("commands: unhealthy, stopped, healthy again, terminated until destroyed, vanished") {
  const SimPlace place;
  const auto cloud = place.Cloud();
  const auto provider = MakeSimProvider(place.folder());
  const std::string id = provider->Create(SimRequest(0), {}).value().instance.id;
  const auto status_after = [&](SimCommand command) {
    REQUIRE(cloud->Command(command, id, "why"));
    CHECK(ListAll(*provider).at(0).status_reason == "why");
    return ListAll(*provider).at(0).status;
  };
  CHECK(status_after(SimCommand::kUnhealthy) == InstanceStatus::kUnhealthy);
  CHECK(status_after(SimCommand::kStop) == InstanceStatus::kStopped);
  CHECK(status_after(SimCommand::kHealthy) == InstanceStatus::kRunning);
  CHECK(status_after(SimCommand::kTerminate) == InstanceStatus::kTerminated);
  CHECK(cloud->Command(SimCommand::kHealthy, id, "").error().code == ErrorCode::kNotFound);
  REQUIRE(provider->Destroy(kSimScope, id, "size_down", {}));
  CHECK(ListAll(*provider).empty());
  const auto second = provider->Create(SimRequest(1), {});
  REQUIRE(second);
  REQUIRE(cloud->Command(SimCommand::kVanish, second->instance.name, ""));  // by name
  CHECK(ListAll(*provider).empty());
  CHECK(place.Count().made == 2);
  CHECK(place.Count().ended == 2);
}

TEST_CASE("late listings show sim-basic the cloud as it was, and sim as it is") {
  const SimPlace place;
  place.Set("listing-delay", "400ms");
  const auto late = MakeSimProvider(place.folder(), SimFlavor::kBasic);
  const auto exact = MakeSimProvider(place.folder());
  const std::string id = late->Create(SimRequest(0), {}).value().instance.id;
  CHECK(ListAll(*late).empty());
  CHECK(ListAll(*exact).size() == 1);
  REQUIRE(Eventually([&] { return ListAll(*late).size() == 1; }));
  REQUIRE(late->Destroy(kSimScope, id, "size_down", {}));
  CHECK(ListAll(*late).size() == 1);
  CHECK(ListAll(*exact).empty());
  CHECK(Eventually([&] { return ListAll(*late).empty(); }));
}

TEST_CASE("a file that is something else is refused and left as it was") {
  const SimPlace place;
  std::ofstream(place.path()) << "name: shop\n";
  const auto provider = MakeSimProvider(place.folder());
  CHECK(provider->List(In(kSimScope), {}).error().code == ErrorCode::kCorrupt);
  CHECK_FALSE(std::filesystem::exists(place.path() + "-lock"));
}

TEST_CASE("the data file of another database is refused and left as it was") {
  const SimPlace place;
  const auto folder = std::filesystem::path(place.path()).parent_path();
  std::ofstream(folder / "data.mdb");
  std::ofstream(folder / "lock.mdb");
  const auto provider = MakeSimProvider(place.folder());
  CHECK(provider->List(In(R"({"cloud":"data.mdb"})"), {}).error().code == ErrorCode::kCorrupt);
  CHECK(std::filesystem::file_size(folder / "data.mdb") == 0);
}

TEST_CASE("looking at a cloud that nobody made yet does not make it") {
  const SimPlace place;
  const auto provider = MakeSimProvider(place.folder());
  const auto listed = provider->List(In(kSimScope), {});
  REQUIRE(listed);
  CHECK(listed->scope.empty());
  CHECK(listed->instances.empty());
  CHECK_FALSE(std::filesystem::exists(place.path()));
}

TEST_CASE("a cloud that is removed is no proof that its instances are gone, and a new file is another scope") {
  const SimPlace place;
  const auto provider = MakeSimProvider(place.folder());
  const auto created = provider->Create(SimRequest(0), {});
  REQUIRE(created);
  std::filesystem::remove(place.path());
  std::filesystem::remove(place.path() + "-lock");
  CHECK(provider->Destroy(kSimScope, created->instance.id, "size_down", {}).error().code == ErrorCode::kUnavailable);
  const auto listed = provider->List(In(kSimScope), {});
  REQUIRE(listed);
  CHECK(listed->scope != created->scope);
}

TEST_CASE("settings are read back as they were set, and a misspelt one is named") {
  const SimPlace place;
  place.Set("create-latency", "1m30s");
  place.Set("update-fail-probability", "0.25");
  const auto settings = place.Cloud()->Settings();
  REQUIRE(settings);
  CHECK(GetSimSetting(*settings, "create-latency") == "1m30s");
  CHECK(GetSimSetting(*settings, "update-fail-probability") == "0.25");
  CHECK(providers::ParseSimSettings(providers::FormatSimSettings(*settings)).value() == *settings);
  providers::SimSettings copy;
  CHECK(SetSimSetting(copy, "create-latancy", "1s").error().message ==
        "unknown setting `create-latancy`, did you mean `create-latency`?");
  CHECK(SetSimSetting(copy, "create-latency", "50").error().message ==
        "setting `create-latency` is `50`, must be a duration such as 50ms or 1m30s");
}

}  // namespace
}  // namespace kadende::tests
