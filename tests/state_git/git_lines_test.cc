#include "state/git_lines.h"

#include <catch2/catch.hpp>

#include "state/git_care.h"
#include "tests/contract/history_contract.h"
#include "tests/contract/lines_contract.h"
#include "tests/state_git/support.h"

using namespace kadende;
using namespace kadende::tests;

namespace {

class GitLinesFixture : public LinesFixture {
 public:
  GitLinesFixture() { Restart(); }
  ports::History& History() override { return *history_; }
  ports::Lines& Lines() override { return *lines_; }
  ports::HistoryCare& Care() override { return *care_; }
  void Restart() override {
    history_ = OpenHistory(folder_ / "state");
    lines_ = state::OpenGitLines(folder_ / "state");
    care_ = state::OpenGitCare({folder_ / "state", {}, false});
  }
  std::string Own(const std::string& arguments) { return Git(folder_ / "state/history.git", arguments); }

 private:
  ScratchFolder folder_;
  std::unique_ptr<ports::History> history_;
  std::unique_ptr<ports::Lines> lines_;
  std::unique_ptr<ports::HistoryCare> care_;
};

}  // namespace

TEST_CASE("git keeps the contract of lines") {
  CheckLinesContract([] { return std::make_unique<GitLinesFixture>(); });
}

TEST_CASE("branch, mark and what lost are refs that git itself shows") {
  GitLinesFixture fixture;
  model::ClusterState state = SampleCluster();
  const auto publish = [&] {
    const auto result =
        fixture.History().Publish({&state, base::FromUnixMillis(1'763'800'000'000), "apply shop", "", "ann", "{}"});
    REQUIRE(result);
    MarkPublished(&state, *result);
    return result->commit;
  };
  const std::string first = publish();
  model::NodeRecord node = SampleNode(state, "web", 2, 1);
  node.address = "10.9.9.9";
  state.Apply(model::NodeChanged{"web", node});
  const std::string second = publish();
  REQUIRE(fixture.Lines().Mark("shop", first));
  REQUIRE(fixture.Lines().MoveTo("shop", first));
  CHECK(fixture.Own("for-each-ref --format='%(objectname) %(refname)'") ==
        first + " refs/heads/kadende/shop\n" + first + " refs/kadende/shared/shop\n" + second +
            " refs/kadende/stranded/shop/2");
}
