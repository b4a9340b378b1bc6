#include "state/git_node_history.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>

#include "engine/model/spec_hash.h"
#include "state/git_care.h"
#include "tests/contract/history_contract.h"
#include "tests/contract/node_history_contract.h"
#include "tests/state_git/support.h"

using namespace kadende;
using namespace kadende::tests;

namespace {

class GitFixture : public NodeHistoryFixture {
 public:
  GitFixture() : history_(OpenHistory(folder_ / ".kadende")) {
    state::GitOptions options;
    options.state_directory = folder_ / ".kadende";
    nodes_ = state::OpenGitNodeHistory(options);
  }
  ports::History& History() override { return *history_; }
  ports::NodeHistory& Nodes() override { return *nodes_; }

 private:
  ScratchFolder folder_;
  std::unique_ptr<ports::History> history_;
  std::unique_ptr<ports::NodeHistory> nodes_;
};

}  // namespace

TEST_CASE("git keeps the contract of node histories") {
  CheckNodeHistoryContract([] { return std::make_unique<GitFixture>(); });
}

// Not run by default: `test_state_git [.bench]` prints the figures of state/README.md.
TEST_CASE("a node's life among 1,000 versions of 10,000 nodes", "[.bench]") {
  ScratchFolder folder;
  const auto history = OpenHistory(folder / ".kadende");
  model::ClusterState state = SampleCluster();
  state.cluster.spec_hash = model::SpecHash(state.cluster.spec_text, state.cluster.variables);
  for (std::uint32_t i = 400; i < 10'000; ++i) {
    state.Apply(model::NodeCreated{"web", SampleNode(state, "web", i, 1)});
  }
  for (std::uint32_t i = 0; i < 1000; ++i) {
    model::NodeRecord node = SampleNode(state, "web", 400 + i * 7 % 9000, 1);
    node.address = "10.9." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    state.Apply(model::NodeChanged{"web", node});
    const auto result = history->Publish(
        {&state, base::FromUnixMillis(1'763'800'000'000 + i * 60'000), "watch shop: -/+1", "", "ann@host", "{}", {}});
    REQUIRE(result);
    MarkPublished(&state, *result);
  }
  state::GitOptions options;
  options.state_directory = folder / ".kadende";
  const auto timed = [](const char* what, auto&& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const auto took = std::chrono::steady_clock::now() - start;
    std::printf("%-28s %5.1f ms\n", what, std::chrono::duration<double, std::milli>(took).count());
  };
  timed("log of all", [&] { CHECK(OpenHistory(folder / ".kadende")->Log("shop", 0)->size() == 1000); });
  timed("one node", [&] { CHECK(state::OpenGitNodeHistory(options)->Trace("shop", {"web", "407", ""})); });
  timed("a node that never was", [&] {
    CHECK_FALSE(state::OpenGitNodeHistory(options)->Trace("shop", {"web", "99999", ""}));
  });
  timed("one group", [&] { CHECK(state::OpenGitNodeHistory(options)->OfGroup("shop", "web", 0)); });
  timed("one version", [&] { CHECK(OpenHistory(folder / ".kadende")->Read("shop", "500")); });
  timed("verify", [&] { CHECK_FALSE(state::OpenGitCare(options)->Verify("shop")->fault); });
  const ports::CompactRequest request{"shop", state.cluster.commit,
                                      base::FromUnixMillis(1'763'800'000'000 + 30'000'000),
                                      base::FromUnixMillis(1'763'900'000'000), "ann@host"};
  timed("compact to a half", [&] { CHECK(state::OpenGitCare(options)->Compact(request)->removed > 400); });
}
