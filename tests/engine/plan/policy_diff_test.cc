#include "engine/plan/policy_diff.h"

#include <catch2/catch.hpp>

using namespace kadende;

TEST_CASE("keys without fields of their own are compared by their innermost keys") {
  model::GroupPolicy before;
  model::GroupPolicy after;
  before.not_in_force = R"({"drain":{"timeout":"15m"},"hooks":[1],"rollout":{"bake":"30s"}})";
  after.not_in_force = R"({"hooks":[2],"preferred":"x","rollout":{"bake":"1m","strategy":"rolling"}})";
  CHECK(plan::PolicyChanges(before, after) ==
        std::vector<std::string>{"drain.timeout: 15m -> none", "hooks: changed", "preferred: none -> x",
                                 "rollout.bake: 30s -> 1m", "rollout.strategy: none -> rolling"});
  after.not_in_force = R"({"hooks":[1,2]})";
  before.not_in_force = "{}";
  CHECK(plan::PolicyChanges(before, after) == std::vector<std::string>{"hooks: none -> 2 entries"});
  CHECK(plan::PolicyChanges(after, after).empty());
}
