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

TEST_CASE("of a new group's policy its checks are told, and what is not as usual") {
  CHECK(plan::FirstPolicy({}).empty());
  model::GroupPolicy policy;
  policy.rollout.max_surge = {2, false};
  policy.not_in_force = R"({"drain":{"timeout":"15m"},"hooks":[{"at":"post_create","exec":["./site"]}]})";
  model::HealthCheck http;
  http.name = "ready";
  http.type = model::CheckType::kHttp;
  http.url = "http://${node.address}/";
  http.statuses = {{200, 299}, {304, 304}};
  http.unhealthy_for = base::Millis(30'000);
  model::HealthCheck exec;
  exec.name = "disk";
  exec.type = model::CheckType::kExec;
  exec.command = {"./check", "disk"};
  policy.checks = {http, exec};
  CHECK(plan::FirstPolicy(policy) ==
        std::vector<std::string>{
            "rollout.maxSurge: 2",
            "healthChecks.ready: http http://${node.address}/ every 10s, unhealthyFor 30s, status 200-299, status 304",
            "healthChecks.disk: exec ./check disk every 10s", "drain.timeout: 15m",
            R"(hooks: [{"at":"post_create","exec":["./site"]}])"});
}
