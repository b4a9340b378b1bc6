#include "state/git_lines.h"

#include <catch2/catch.hpp>

#include "tests/contract/history_contract.h"
#include "tests/state_git/support.h"

using namespace kadende;
using namespace kadende::tests;

namespace {

// One state directory with a published cluster.
struct World {
  World() : history(OpenHistory(folder / "state")), lines(state::OpenGitLines(folder / "state")) {
    state = SampleCluster();
  }

  std::string Publish(const std::string& address) {
    model::NodeRecord node = SampleNode(state, "web", 2, 1);
    node.address = address;
    state.Apply(model::NodeChanged{"web", node});
    const auto result =
        history->Publish({&state, base::FromUnixMillis(1'763'800'000'000), "apply shop", "", "ann", "{}"});
    if (!result) FAIL(result.error().message);
    MarkPublished(&state, *result);
    return result->commit;
  }
  std::string Own(const std::string& arguments) { return Git(folder / "state/history.git", arguments); }

  ScratchFolder folder;
  std::unique_ptr<ports::History> history;
  std::unique_ptr<ports::Lines> lines;
  model::ClusterState state;
};

TEST_CASE("a line is read from its end down to a serial") {
  World world;
  const std::string first = world.Publish("1");
  const std::string second = world.Publish("2");
  const std::string third = world.Publish("3");
  const auto whole = world.lines->Line(third, 0);
  REQUIRE(whole);
  REQUIRE(whole->size() == 3);
  CHECK(whole->front().id == third);
  CHECK(whole->back().id == first);
  CHECK(world.lines->Line(third, 2)->size() == 2);
  CHECK(world.lines->Line(second, 9)->size() == 1);
  CHECK_FALSE(world.lines->Line("nothing", 0));
}

TEST_CASE("the branch goes on from another commit, and what was on neither line is kept") {
  World world;
  const std::string first = world.Publish("1");
  const model::ClusterState before = world.state;
  const std::string second = world.Publish("2");
  CHECK(world.lines->MoveTo("shop", second) == std::string());  // it is there already
  const std::string stranded = world.lines->MoveTo("shop", first).value();
  CHECK(stranded == "refs/kadende/stranded/shop/2");
  CHECK(world.Own("rev-parse kadende/shop") == first);
  CHECK(world.Own("rev-parse " + stranded) == second);
  const auto kept = world.lines->Stranded(world.state.cluster.lineage);
  REQUIRE(kept);
  REQUIRE(kept->size() == 1);
  CHECK(kept->front().trailers.at("ref") == stranded);
  CHECK(world.lines->Stranded("another")->empty());
  // Forward again: nothing is lost by that.
  CHECK(world.lines->MoveTo("shop", second) == std::string());
  SECTION("a second line that lost at the same serial has a name of its own") {
    REQUIRE(world.lines->MoveTo("shop", first));
    world.state = before;
    const std::string other = world.Publish("other");
    CHECK(world.lines->MoveTo("shop", first) == stranded + "-" + other.substr(0, 12));
  }
  SECTION("publishing goes on from there") {
    world.Publish("3");
    CHECK(world.history->Tip("shop").value()->serial == 3);
  }
}

TEST_CASE("what the remote has had is remembered until it is taken back") {
  World world;
  const std::string first = world.Publish("1");
  CHECK_FALSE(world.lines->Marked("shop").value());
  REQUIRE(world.lines->Mark("shop", first));
  REQUIRE(world.lines->Mark("shop", first));
  CHECK(world.lines->Marked("shop").value()->id == first);
  CHECK_FALSE(world.lines->Marked("other").value());
  REQUIRE(world.lines->Mark("shop", ""));
  CHECK_FALSE(world.lines->Marked("shop").value());
}

}  // namespace
