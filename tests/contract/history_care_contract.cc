#include "tests/contract/history_care_contract.h"

#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "engine/model/spec_hash.h"
#include "tests/contract/history_contract.h"

namespace kadende::tests {
namespace {

using base::ErrorCode;

constexpr std::uint64_t kVersions = 5;

base::TimePoint TimeOf(std::uint64_t serial) {
  return base::FromUnixMillis(1'763'800'000'000) + std::chrono::hours(serial);
}

// A history of five versions, one an hour.
class Versions {
 public:
  explicit Versions(HistoryCareFixture& fixture) : fixture_(fixture), state_(SampleCluster()) {
    state_.cluster.spec_hash = model::SpecHash(state_.cluster.spec_text, state_.cluster.variables);
    for (std::uint64_t i = 0; i < kVersions; ++i) Next();
  }

  void Next() {
    const std::uint64_t made = commits.size() + 1;
    model::NodeRecord node = SampleNode(state_, "web", 1, 1);
    node.address = "10.0.1." + std::to_string(made);
    state_.Apply(model::NodeChanged{"web", node});
    ports::PublishRequest request;
    request.state = &state_;
    request.time = TimeOf(made);
    request.subject = "apply shop: ~" + std::to_string(made);
    request.body = "the plan";
    request.actor = "ann@host";
    request.plan = "{\"of\":" + std::to_string(made) + "}";
    const auto result = fixture_.History().Publish(request);
    if (!result) FAIL(result.error().message);
    MarkPublished(&state_, *result);
    commits.push_back(result->commit);
  }
  // Versions from `serial` on are kept.
  ports::CompactResult CompactTo(std::uint64_t serial) {
    auto result = fixture_.Care().Compact(RequestTo(serial));
    if (!result) FAIL(result.error().message);
    return std::move(*result);
  }
  [[nodiscard]] ports::CompactRequest RequestTo(std::uint64_t serial) const {
    return {"shop", state_.cluster.commit, TimeOf(serial) + std::chrono::minutes(1), TimeOf(10), "bob"};
  }
  model::ClusterState& state() { return state_; }

  std::vector<std::string> commits;  // as published, oldest first

 private:
  HistoryCareFixture& fixture_;
  model::ClusterState state_;
};

ports::HistoryCheck Verify(HistoryCareFixture& fixture) {
  auto check = fixture.Care().Verify("shop");
  if (!check) FAIL(check.error().message);
  return std::move(*check);
}

bool Has(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return true;
}

void CheckVerify(const HistoryCareFixtureFactory& make) {
  const auto fixture = make();

  SECTION("nothing was published") {
    CHECK(fixture->Care().Verify("shop").error().code == ErrorCode::kNotFound);
  }
  SECTION("a whole history has no fault") {
    const Versions versions(*fixture);
    const ports::HistoryCheck check = Verify(*fixture);
    CHECK_FALSE(check.fault);
    CHECK(check.versions == kVersions);
    CHECK(check.objects >= kVersions);
    CHECK(check.oldest_serial == 1);
    CHECK(check.newest_serial == kVersions);
    CHECK(check.tip == versions.commits.back());
    CHECK(fixture->Care().Verify("other").error().code == ErrorCode::kNotFound);
  }
  SECTION("a serial that does not follow") {
    const Versions versions(*fixture);
    fixture->ForgeSerial(8);
    const ports::HistoryCheck check = Verify(*fixture);
    REQUIRE(check.fault);
    CHECK(check.versions == kVersions);  // those before it
    Has(check.fault->place, "serial 8 (");
    Has(check.fault->cause, "its serial is 8, the version before it has 5");
    CHECK_FALSE(check.fault->remedy.empty());
  }
  SECTION("an incarnation that fell") {
    const Versions versions(*fixture);
    fixture->ForgeFall();
    const ports::HistoryCheck check = Verify(*fixture);
    REQUIRE(check.fault);
    CHECK(check.versions == kVersions);
    Has(check.fault->place, "serial 6 (");
    Has(check.fault->cause, "slot 200 fell from incarnation 4 to 3");
  }
  SECTION("a version that is gone") {
    const Versions versions(*fixture);
    fixture->Lose(versions.commits[2]);
    const ports::HistoryCheck check = Verify(*fixture);
    REQUIRE(check.fault);
    Has(check.fault->place, "the version before serial 4 (");
  }
}

void CheckCompact(const HistoryCareFixtureFactory& make) {
  const auto fixture = make();
  Versions versions(*fixture);
  const std::string old_tip = versions.commits.back();
  const std::string before = Dump(fixture->History().Read("shop", "HEAD")->state);

  SECTION("old versions are left out, kept ones say and hold what they did") {
    const ports::CompactResult result = versions.CompactTo(3);
    CHECK(result.removed == 2);
    CHECK(result.kept == 3);
    CHECK(result.published.serial == kVersions + 1);
    const auto log = fixture->History().Log("shop", 0);
    REQUIRE(log);
    REQUIRE(log->size() == 4);
    const ports::CommitSummary& top = log->front();
    CHECK(top.id == result.published.commit);
    CHECK(top.trailers.at(std::string(ports::kCompactedTrailer)) == "5 " + old_tip);
    CHECK(ports::IsCompactionOf(top, old_tip));
    CHECK(top.actor == "bob");
    CHECK(top.time == TimeOf(10));
    CHECK(top.lineage == versions.state().cluster.lineage);
    for (std::uint64_t serial = 3; serial <= kVersions; ++serial) {
      CAPTURE(serial);
      const auto version = fixture->History().Read("shop", std::to_string(serial));
      REQUIRE(version);
      CHECK(version->commit.id != versions.commits[serial - 1]);
      CHECK(version->commit.subject == "apply shop: ~" + std::to_string(serial));
      CHECK(version->commit.body == "the plan");
      CHECK(version->commit.time == TimeOf(serial));
      CHECK(version->plan == "{\"of\":" + std::to_string(serial) + "}");
      CHECK(version->state.groups.at("web").nodes.at({1, 1}).address == "10.0.1." + std::to_string(serial));
    }
    CHECK(fixture->History().Read("shop", "2").error().code == ErrorCode::kNotFound);
    // The tip's tree, under another id.
    auto now = fixture->History().Read("shop", "HEAD")->state;
    now.cluster.serial = kVersions;
    now.cluster.commit = old_tip;
    CHECK(Dump(now) == before);
    const ports::HistoryCheck check = Verify(*fixture);
    CHECK_FALSE(check.fault);
    CHECK(check.oldest_serial == 3);
  }
  SECTION("publishing goes on from there, whether the store has heard of it or not") {
    const ports::CompactResult result = versions.CompactTo(3);
    if (GENERATE(true, false)) MarkPublished(&versions.state(), result.published);
    versions.Next();
    CHECK(versions.state().cluster.serial == kVersions + 2);
    CHECK(fixture->History().Log("shop", 0)->size() == 5);
    CHECK_FALSE(Verify(*fixture).fault);
  }
  SECTION("again, later") {
    MarkPublished(&versions.state(), versions.CompactTo(3).published);
    CHECK(versions.CompactTo(4).removed == 1);
    CHECK_FALSE(Verify(*fixture).fault);
  }
  SECTION("where all is to be kept nothing is made") {
    const ports::CompactResult result = versions.CompactTo(1);
    CHECK(result.removed == 0);
    CHECK(result.kept == kVersions);
    CHECK(result.published.commit == old_tip);
    CHECK(result.published.serial == kVersions);
    CHECK(fixture->History().Tip("shop").value()->id == old_tip);
  }
  SECTION("all but the version in force may go") {
    const ports::CompactResult result = versions.CompactTo(100);
    CHECK(result.removed == kVersions - 1);
    CHECK(result.kept == 1);
    CHECK_FALSE(Verify(*fixture).fault);
  }
  SECTION("a branch that is elsewhere is a conflict, and stays") {
    for (const std::string& expected : {versions.commits[3], std::string(40, 'a'), std::string()}) {
      ports::CompactRequest request = versions.RequestTo(3);
      request.expected = expected;
      const auto refused = fixture->Care().Compact(request);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == ErrorCode::kConflict);
      CHECK(fixture->History().Tip("shop").value()->id == old_tip);
    }
  }
}

}  // namespace

void CheckHistoryCareContract(const HistoryCareFixtureFactory& make_fixture) {
  CheckVerify(make_fixture);
  CheckCompact(make_fixture);
}

}  // namespace kadende::tests
