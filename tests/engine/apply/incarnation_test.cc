#include "engine/apply/incarnation.h"

#include <catch2/catch.hpp>

using namespace kadende;

TEST_CASE("an incarnation is spent by a row, a tombstone or an open create of that slot, and no other") {
  model::ClusterState state;
  const auto open = [&](std::uint32_t ordinal, std::uint32_t incarnation) {
    model::Intent intent;
    intent.node = {"web", {ordinal, ""}};
    intent.incarnation = incarnation;
    state.Apply(model::IntentWritten{intent});
  };
  CHECK(apply::HighestAsked(state, {"web", {1, ""}}) == 0);
  state.Apply(model::CreateFailed{"web", {1, ""}, 1, {}});
  CHECK(apply::HighestAsked(state, {"web", {1, ""}}) == 1);
  // Several runs, one after the other, whose creates have an unknown end.
  for (const std::uint32_t incarnation : {2U, 3U, 4U}) open(1, incarnation);
  open(0, 7);
  open(2, 8);
  CHECK(apply::HighestAsked(state, {"web", {1, ""}}) == 4);
  CHECK(apply::HighestAsked(state, {"web", {0, ""}}) == 7);
  CHECK(apply::HighestAsked(state, {"api", {1, ""}}) == 0);
}
