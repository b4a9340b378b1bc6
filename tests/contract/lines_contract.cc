#include "tests/contract/lines_contract.h"

#include <catch2/catch.hpp>
#include <utility>

#include "tests/contract/history_contract.h"

namespace kadende::tests {
namespace {

using base::ErrorCode;

// One version after the other of the sample cluster.
class Versions {
 public:
  explicit Versions(LinesFixture& fixture) : fixture_(fixture), state_(SampleCluster()) {}

  std::string Publish(const std::string& address) {
    model::NodeRecord node = SampleNode(state_, "web", 2, 1);
    node.address = address;
    state_.Apply(model::NodeChanged{"web", node});
    ports::PublishRequest request;
    request.state = &state_;
    request.time = base::FromUnixMillis(1'763'800'000'000 + static_cast<std::int64_t>(state_.cluster.serial) * 1000);
    request.subject = "apply shop";
    request.actor = "ann";
    request.plan = "{}";
    const auto result = fixture_.History().Publish(request);
    if (!result) FAIL(result.error().message);
    MarkPublished(&state_, *result);
    return result->commit;
  }
  // Leaves out what is older than the tip.
  std::string Compact() {
    ports::CompactRequest request;
    request.name = "shop";
    request.expected = state_.cluster.commit;
    request.keep_from = base::FromUnixMillis(1'763'900'000'000);
    request.now = request.keep_from;
    request.actor = "ann";
    const auto compacted = fixture_.Care().Compact(request);
    if (!compacted) FAIL(compacted.error().message);
    REQUIRE(compacted->removed > 0);
    MarkPublished(&state_, compacted->published);
    return compacted->published.commit;
  }
  model::ClusterState& state() { return state_; }

 private:
  LinesFixture& fixture_;
  model::ClusterState state_;
};

std::string Tip(LinesFixture& fixture) {
  const auto tip = fixture.History().Tip("shop");
  REQUIRE(tip);
  return *tip ? (*tip)->id : std::string();
}

std::string MoveTo(LinesFixture& fixture, const std::string& commit) {
  const auto moved = fixture.Lines().MoveTo("shop", commit);
  if (!moved) FAIL(moved.error().message);
  CHECK(Tip(fixture) == commit);
  return *moved;
}

std::vector<std::string> StrandedIds(LinesFixture& fixture, const std::string& lineage) {
  const auto stranded = fixture.Lines().Stranded(lineage);
  REQUIRE(stranded);
  std::vector<std::string> ids;
  for (const auto& commit : *stranded) {
    CHECK(commit.trailers.at("ref").starts_with("refs/kadende/stranded/"));
    ids.push_back(commit.id);
  }
  return ids;
}

void CheckLine(const LinesFixtureFactory& make) {
  const auto fixture = make();
  Versions versions(*fixture);

  SECTION("a line is read from its end down to a serial") {
    const std::string first = versions.Publish("1");
    const std::string second = versions.Publish("2");
    const std::string third = versions.Publish("3");
    const auto whole = fixture->Lines().Line(third, 0);
    REQUIRE(whole);
    REQUIRE(whole->size() == 3);
    CHECK(whole->front().id == third);
    CHECK(whole->front().serial == 3);
    CHECK(whole->front().lineage == versions.state().cluster.lineage);
    CHECK(whole->back().id == first);
    CHECK(fixture->Lines().Line(third, 2)->size() == 2);
    CHECK(fixture->Lines().Line(second, 9)->size() == 1);  // its end, whatever its serial
  }
  SECTION("a commit that no branch leads to is still a line's end") {
    const std::string first = versions.Publish("1");
    const std::string second = versions.Publish("2");
    MoveTo(*fixture, first);
    CHECK(fixture->Lines().Line(second, 0)->size() == 2);
  }
  SECTION("what is no commit here has no line") {
    CHECK_FALSE(fixture->Lines().Line("nothing", 0));
    versions.Publish("1");
    CHECK_FALSE(fixture->Lines().Line("nothing", 0));
    CHECK_FALSE(fixture->Lines().Line(std::string(40, 'a'), 0));
  }
}

void CheckMoves(const LinesFixtureFactory& make) {
  const auto fixture = make();
  Versions versions(*fixture);
  const std::string first = versions.Publish("1");
  const model::ClusterState before = versions.state();
  const std::string second = versions.Publish("2");
  const std::string lineage = versions.state().cluster.lineage;

  SECTION("where the branch is already nothing happens") {
    CHECK(MoveTo(*fixture, second).empty());
    CHECK(StrandedIds(*fixture, lineage).empty());
  }
  SECTION("what was on neither line is kept, and found by its lineage") {
    CHECK(MoveTo(*fixture, first) == "refs/kadende/stranded/shop/2");
    fixture->Restart();
    CHECK(Tip(*fixture) == first);
    CHECK(StrandedIds(*fixture, lineage) == std::vector<std::string>{second});
    CHECK(StrandedIds(*fixture, "another").empty());
    CHECK(MoveTo(*fixture, second).empty());  // forward: nothing is lost by that
  }
  SECTION("moved again, as after a crash, it is the same ref") {
    const std::string stranded = MoveTo(*fixture, first);
    CHECK(MoveTo(*fixture, second).empty());
    CHECK(MoveTo(*fixture, first) == stranded);
    CHECK(StrandedIds(*fixture, lineage).size() == 1);
  }
  SECTION("a second line that lost at the same serial has a name of its own; the newest comes first") {
    const std::string stranded = MoveTo(*fixture, first);
    versions.state() = before;
    const std::string other = versions.Publish("other");
    CHECK(MoveTo(*fixture, first) == stranded + "-" + other.substr(0, 12));
    versions.state() = before;
    versions.Publish("third");
    const std::string last = versions.Publish("fourth");
    MoveTo(*fixture, first);
    const auto ids = StrandedIds(*fixture, lineage);
    REQUIRE(ids.size() == 3);
    CHECK(ids.front() == last);
  }
  SECTION("publishing goes on from there") {
    MoveTo(*fixture, first);
    versions.state() = before;
    versions.Publish("3");
    CHECK(fixture->History().Tip("shop").value()->serial == 2);
  }
  SECTION("a commit that is not here moves nothing") {
    CHECK_FALSE(fixture->Lines().MoveTo("shop", std::string(40, 'a')));
    CHECK_FALSE(fixture->Lines().MoveTo("shop", "nothing"));
    CHECK(Tip(*fixture) == second);
    CHECK(StrandedIds(*fixture, lineage).empty());
  }
  SECTION("a line begun anew stands for the one that it was begun on") {
    const std::string compacted = versions.Compact();
    CHECK(MoveTo(*fixture, second).empty());     // what it holds is in `second`
    CHECK(MoveTo(*fixture, compacted).empty());  // and the other way round
    CHECK(StrandedIds(*fixture, lineage).empty());
  }
  SECTION("what the remote has had is in whatever took the place of its line") {
    versions.state() = before;
    const std::string compacted = [&] {
      MoveTo(*fixture, second);
      versions.state().Apply(model::Published{2, second});
      return versions.Compact();
    }();
    MoveTo(*fixture, first);
    REQUIRE(fixture->Lines().Mark("shop", first));
    CHECK(MoveTo(*fixture, compacted).empty());  // `first` was left out of it
  }
}

void CheckMarks(const LinesFixtureFactory& make) {
  const auto fixture = make();
  Versions versions(*fixture);

  SECTION("of a cluster that is not there") {
    CHECK_FALSE(fixture->Lines().Marked("shop").value());
    CHECK(fixture->Lines().Stranded("any")->empty());
    CHECK(fixture->Lines().Mark("shop", ""));
  }
  SECTION("what the remote has had is remembered until it is taken back") {
    const std::string first = versions.Publish("1");
    const std::string second = versions.Publish("2");
    CHECK_FALSE(fixture->Lines().Marked("shop").value());
    REQUIRE(fixture->Lines().Mark("shop", first));
    REQUIRE(fixture->Lines().Mark("shop", first));
    fixture->Restart();
    CHECK(fixture->Lines().Marked("shop").value()->id == first);
    CHECK(fixture->Lines().Marked("shop").value()->serial == 1);
    CHECK_FALSE(fixture->Lines().Marked("other").value());
    REQUIRE(fixture->Lines().Mark("shop", second));
    CHECK(fixture->Lines().Marked("shop").value()->id == second);
    REQUIRE(fixture->Lines().Mark("shop", first));  // also back
    CHECK(fixture->Lines().Marked("shop").value()->id == first);
    REQUIRE(fixture->Lines().Mark("shop", ""));
    CHECK_FALSE(fixture->Lines().Marked("shop").value());
  }
}

}  // namespace

void CheckLinesContract(const LinesFixtureFactory& make_fixture) {
  CheckLine(make_fixture);
  CheckMoves(make_fixture);
  CheckMarks(make_fixture);
}

}  // namespace kadende::tests
