// A plan of a file that nobody has accepted connects to no address that the file alone names.
#include "cli/cautious_providers.h"

#include <catch2/catch.hpp>

#include "tests/support/fake_provider.h"

namespace kadende::cli {
namespace {

constexpr const char* kKnown = R"({"host":"tcp://known:1"})";
constexpr const char* kNew = R"({"host":"tcp://new:1"})";

struct World {
  World() {
    provider.manifest.scope_properties = {"host"};
    source.Add(&provider);
    model::RevisionRecord revision;
    revision.provider.name = "fake";
    revision.scope_config = kKnown;
    state.groups["web"].record.revisions.push_back(revision);
  }
  test::FakeProvider provider{"fake"};
  test::FakeProviders source;
  model::ClusterState state;
};

TEST_CASE("what was applied may be looked at, an address that is new may not") {
  World world;
  CautiousProviders cautious(world.source, world.state);
  auto found = cautious.Find({"fake", "", ""});
  REQUIRE(found);
  CHECK((*found)->List({kKnown, "l", {}, {}}, {}));
  CHECK((*found)->List({"{}", "l", {}, {}}, {}));
  CHECK(cautious.Notes().empty());
  CHECK(world.provider.Calls().size() == 2);
  const auto listed = (*found)->List({kNew, "l", {}, {}}, {});
  REQUIRE(listed);
  CHECK(listed->scope.empty());  // as a place that does not exist yet
  const std::vector<std::string> ids{"i-1"};
  CHECK((*found)->Describe(kNew, ids, {}).error().code == base::ErrorCode::kUnavailable);
  CHECK(world.provider.Calls().size() == 2);  // nobody was asked
  REQUIRE(cautious.Notes().size() == 1);
  CHECK(cautious.Notes()[0].find("provider `fake` was not asked at {\"host\":\"tcp://new:1\"}") == 0);
}

TEST_CASE("a plan changes nothing") {
  World world;
  CautiousProviders cautious(world.source, world.state);
  auto found = cautious.Find({"fake", "", ""});
  REQUIRE(found);
  CHECK_FALSE((*found)->Create({}, {}));
  CHECK_FALSE((*found)->Update({}, {}));
  CHECK_FALSE((*found)->Destroy("{}", "i-1", "size_down", {}));
  CHECK(world.provider.Calls().empty());
  CHECK(*cautious.Find({"fake", "", ""}) == *found);
  CHECK_FALSE(cautious.Find({"other", "", ""}));
}

}  // namespace
}  // namespace kadende::cli
