#include "cli/store_check.h"

#include <catch2/catch.hpp>
#include <functional>

#include "tests/contract/history_contract.h"

using namespace kadende;
using namespace kadende::cli;
using namespace kadende::tests;
using model::ClusterState;

namespace {

ClusterState Published() {
  ClusterState state = SampleCluster();
  MarkPublished(&state, {7, std::string(40, 'a'), {}});
  return state;
}

}  // namespace

TEST_CASE("a store that is what was published has no fault") {
  const ClusterState state = Published();
  const StoreCheck check = CompareWithPublished(state, state);
  CHECK_FALSE(check.fault);
  CHECK(check.unpublished == 0);
  CHECK(check.rows > 10);
}

TEST_CASE("the first row that differs is named") {
  struct Case {
    const char* place;
    const char* cause;
    std::function<void(ClusterState&)> change;
  };
  const std::vector<Case> cases = {
      {"the cluster's row", "its specification is not the published one",
       [](ClusterState& state) { state.cluster.spec_text += "#"; }},
      {"group web", "its target is not the published one",
       [](ClusterState& state) { ++state.groups.at("web").record.target.size; }},
      {"group data/db", "it was published, and the store does not have it",
       [](ClusterState& state) { state.groups.erase("data/db"); }},
      {"web[1], incarnation 1", "its address is not the published one",
       [](ClusterState& state) {
         state.groups.at("web").nodes.at({1, 1}).address = "10.9.9.9";
       }},
      {"web[200], incarnation 4", "this row was published, and the store does not have it",
       [](ClusterState& state) {
         state.groups.at("web").nodes.erase({200, 4});
       }},
      {"the cluster's row", "it was published last as",
       [](ClusterState& state) { state.cluster.commit = std::string(40, 'b'); }},
  };
  for (const Case& example : cases) {
    CAPTURE(example.cause);
    ClusterState state = Published();
    example.change(state);
    const StoreCheck check = CompareWithPublished(state, Published());
    REQUIRE(check.fault);
    CHECK(check.fault->place == std::string("the working store: ") + example.place);
    CHECK(check.fault->cause.starts_with(example.cause));
    CHECK_FALSE(check.fault->remedy.empty());
  }
}

TEST_CASE("what the store has changed since is no fault") {
  ClusterState state = Published();
  model::NodeRecord node = SampleNode(state, "web", 1, 1);
  node.address = "10.9.9.9";
  state.Apply(model::NodeChanged{"web", node});
  const StoreCheck check = CompareWithPublished(state, Published());
  CHECK_FALSE(check.fault);
  CHECK(check.unpublished == 1);
}

TEST_CASE("incarnations that were created never fall") {
  const auto created = [](std::uint64_t id, const char* slot, std::uint32_t incarnation) {
    model::Event event;
    event.id = id;
    event.kind = model::EventKind::kNodeCreated;
    event.group = "web";
    event.slot_key = slot;
    event.incarnation = incarnation;
    return event;
  };
  CHECK_FALSE(CheckIncarnations({created(1, "0", 1), created(2, "1", 1), created(3, "0", 2), created(4, "0", 2)}));
  const auto fault = CheckIncarnations({created(1, "0", 3), created(2, "1", 1), created(3, "0", 2)});
  REQUIRE(fault);
  CHECK(fault->place.starts_with("event 3 ("));
  CHECK(fault->cause == "web[0] was created as incarnation 2 after incarnation 3");
}
