#include "engine/model/policy_json.h"

#include <catch2/catch.hpp>

namespace kadende::model {

TEST_CASE("a target reads back whole") {
  GroupTarget target;
  target.size = 3;
  target.logical_ids = {"a", "b", "c"};
  target.revision = base::Sha256("r");
  target.policy.max = 9;
  target.policy.rollout.max_surge = {25, true};
  target.policy.rollout.max_unavailable = {2, false};
  target.policy.rollout.order = ReplaceOrder::kDestroyFirst;
  target.policy.orphans = OrphanPolicy::kAdopt;
  target.policy.timeouts.create = base::Millis(1234);
  target.policy.depends_on = {"x"};
  target.policy.not_in_force = R"({"drain":{"timeout":"15m"}})";
  const auto read = TargetFromJson(TargetToJson(target));
  REQUIRE(read);
  CHECK(*read == target);
}

TEST_CASE("every brake's setting reads back, and usual ones are not written") {
  GroupTarget target;
  CHECK(TargetToJson(target).find("remediation") == std::string::npos);
  target.policy.quorum = true;
  RemediationPolicy& remediation = target.policy.remediation;
  remediation.unhealthy_range = UnhealthyRange{{2, false}, {50, true}};
  remediation.rate = {{3, false}, std::chrono::minutes(1)};
  remediation.min_capacity = {80, true};
  remediation.blast_cap = CountOrPercent{7, false};
  remediation.retry = {2, std::chrono::seconds(5), std::chrono::minutes(9)};
  remediation.flapping = {9, std::chrono::minutes(8)};
  remediation.suspend_after = std::chrono::hours(5);
  const auto read = TargetFromJson(TargetToJson(target));
  REQUIRE(read);
  CHECK(*read == target);
}

TEST_CASE("health checks, remediation and bake read back whole") {
  GroupTarget target;
  HealthCheck check;
  check.name = "ready";
  check.type = CheckType::kHttp;
  check.url = "http://${node.address}/";
  check.method = "HEAD";
  check.statuses = {{200, 299}, {404, 404}};
  check.headers = {{"Host", "shop"}};
  check.verify_tls = false;
  check.unhealthy_for = base::Millis(0);
  check.ttl = std::chrono::minutes(1);
  HealthCheck run;
  run.name = "run";
  run.type = CheckType::kExec;
  run.command = {"./check", "-v"};
  target.policy.checks = {check, run};
  target.policy.remediation = {RemedyAction::kExternal, {2, false}, {50, true}};
  target.policy.rollout.bake = base::Millis(0);
  const auto read = TargetFromJson(TargetToJson(target));
  REQUIRE(read);
  CHECK(*read == target);
}

TEST_CASE("a check of a newer version is an error: a group must not be kept by half its checks") {
  const auto read = TargetFromJson(R"({"size":1,"revision":"","policy":{"checks":[{"name":"x","type":"psychic"}]}})");
  REQUIRE_FALSE(read);
  CHECK(read.error().code == base::ErrorCode::kCorrupt);
}

TEST_CASE("a document of an older version gets today's defaults") {
  const auto read = TargetFromJson(R"({"size":2,"revision":""})");
  REQUIRE(read);
  GroupTarget expected;
  expected.size = 2;
  CHECK(*read == expected);
}

TEST_CASE("an orphan policy of a newer version destroys nothing") {
  const auto read = TargetFromJson(R"({"size":0,"revision":"","policy":{"orphans":"recycle"}})");
  REQUIRE(read);
  CHECK(read->policy.orphans == OrphanPolicy::kReport);
}

TEST_CASE("an unreadable target is an error") {
  CHECK_FALSE(TargetFromJson("[]"));
  CHECK_FALSE(TargetFromJson(R"({"size":1,"revision":"zz"})"));
}

}  // namespace kadende::model
