// What right files mean.
#include "lang/parser.h"

#include "tests/lang/support.h"

namespace kadende::lang {
namespace {

const model::GroupSpec& Group(const ParsedSpec& parsed, const std::string& path) {
  for (const auto& group : parsed.spec.groups) {
    if (group.path == path) return group;
  }
  FAIL("no group " << path);
  throw std::logic_error("unreachable");
}

TEST_CASE("the basic example parses without a word") {
  const ParsedSpec parsed = ParseText(ReadTestFile(LANG_EXAMPLES "/basic_cluster.yml"));
  CHECK(base::Render(parsed.diagnostics).empty());
  CHECK(parsed.spec.name == "basic_cluster");
  CHECK(parsed.spec.version == "0.0.1");
  REQUIRE(parsed.spec.groups.size() == 4);
  CHECK(parsed.spec.groups[1].path == "group1");
  CHECK(Group(parsed, "group2/sub-group2").size == 3);
  CHECK(Group(parsed, "group2/sub-group1").provider.version == "0.0.1");
  CHECK(Group(parsed, "group2/sub-group2").properties == R"({"instanceType":"standard","memory":1,"sshKey":"mwas"})");
}

TEST_CASE("the complete example parses, and all of it has an effect") {
  const ParsedSpec parsed = ParseText(ReadTestFile(LANG_TESTDATA "/complete.yml"));
  CHECK_FALSE(parsed.diagnostics.HasErrors());
  INFO(base::Render(parsed.diagnostics));
  CHECK(parsed.diagnostics.empty());
  const auto& db = Group(parsed, "data/db");
  CHECK(db.logical_ids == std::vector<std::string>{"a", "b", "c"});
  CHECK(db.size == 3);
  CHECK(db.policy.not_in_force == "{}");
  CHECK(db.policy.remediation.max_unhealthy == model::CountOrPercent{40, true});
  const auto& web = Group(parsed, "web");
  CHECK(web.moved_from == "frontend");
  CHECK(web.policy.depends_on == std::vector<std::string>{"data/db"});
  CHECK(web.policy.rollout.order == model::ReplaceOrder::kLaunchFirst);
  CHECK(web.policy.rollout.bake == std::chrono::seconds(30));
  REQUIRE(web.policy.checks.size() == 3);
  CHECK(web.policy.checks[0].name == "ready");
  CHECK(web.policy.checks[0].statuses == std::vector<model::StatusRange>{{200, 299}});
  CHECK(web.policy.checks[0].unhealthy_for == base::Millis(0));
  CHECK(web.policy.checks[1].name == "tcp");
  CHECK(web.policy.checks[1].address == "${node.address}:8080");
  CHECK(web.policy.checks[2].command == std::vector<std::string>{"./check", "${node.name}"});
  REQUIRE(web.policy.hooks.size() == 1);
  CHECK(web.policy.hooks[0].at == model::HookPoint::kPostCreate);
  CHECK(web.policy.hooks[0].exec == std::vector<std::string>{"ansible-playbook", "site.yml"});
  CHECK(web.policy.hooks[0].timeout == std::chrono::minutes(10));
  CHECK(web.policy.drain.timeout == std::chrono::minutes(15));
  CHECK(web.policy.drain.unreachable == std::chrono::seconds(60));
}

TEST_CASE("every key of a health check reaches the policy; checks without a name are numbered") {
  const auto parsed = ParseText(
      Cluster("  web:\n"
              "    size: 1\n"
              "    resourcePlugin: {name: process}\n"
              "    healthChecks:\n"
              "      - {type: http, url: \"https://${node.address}/\", method: HEAD, headers: {Host: shop.example},\n"
              "         verifyTls: false, status: [204, 300-302], bodyContains: ok, interval: 1s, timeout: 2s,\n"
              "         healthyAfter: 4, unhealthyAfter: 5, initialDelay: 6s, unhealthyFor: 7s, unknownFor: 8s}\n"
              "      - {type: http, url: \"http://${node.address}/\"}\n"
              "      - {type: pushed, ttl: 1m}\n"
              "    remediation: {action: external, maxUnhealthy: 2, maxInFlight: 50%}\n"));
  INFO(base::Render(parsed.diagnostics));
  REQUIRE(parsed.diagnostics.empty());
  const model::GroupPolicy& policy = Group(parsed, "web").policy;
  REQUIRE(policy.checks.size() == 3);
  model::HealthCheck wanted;
  wanted.name = "http";
  wanted.type = model::CheckType::kHttp;
  wanted.url = "https://${node.address}/";
  wanted.method = "HEAD";
  wanted.headers = {{"Host", "shop.example"}};
  wanted.verify_tls = false;
  wanted.statuses = {{204, 204}, {300, 302}};
  wanted.body_contains = "ok";
  wanted.interval = std::chrono::seconds(1);
  wanted.timeout = std::chrono::seconds(2);
  wanted.healthy_after = 4;
  wanted.unhealthy_after = 5;
  wanted.initial_delay = std::chrono::seconds(6);
  wanted.unhealthy_for = std::chrono::seconds(7);
  wanted.unknown_for = std::chrono::seconds(8);
  CHECK(policy.checks[0] == wanted);
  CHECK(policy.checks[1].name == "http-2");
  CHECK(policy.checks[2].ttl == std::chrono::minutes(1));
  CHECK(policy.remediation == model::RemediationPolicy{model::RemedyAction::kExternal, {2, false}, {50, true}});
}

TEST_CASE("every key of the brakes reaches the policy") {
  const auto parsed =
      ParseText(Cluster("  web:\n"
                        "    size: 8\n"
                        "    kind: quorum\n"
                        "    resourcePlugin: {name: process}\n"
                        "    remediation:\n"
                        "      unhealthyRange: {min: 2, max: 50%}\n"
                        "      rate: {count: 3, per: 1m}\n"
                        "      minCapacity: 80%\n"
                        "      blastCap: 7\n"
                        "      retry: {max: 2, period: 5s, lastsAfter: 9m}\n"
                        "      flapping: {changes: 0, within: 8m}\n"
                        "      suspendAfter: 5h\n"));
  INFO(base::Render(parsed.diagnostics));
  REQUIRE(parsed.diagnostics.empty());
  const model::GroupPolicy& policy = Group(parsed, "web").policy;
  CHECK(policy.quorum);
  model::RemediationPolicy wanted;
  wanted.unhealthy_range = model::UnhealthyRange{{2, false}, {50, true}};
  wanted.rate = {{3, false}, std::chrono::minutes(1)};
  wanted.min_capacity = {80, true};
  wanted.blast_cap = model::CountOrPercent{7, false};
  wanted.retry = {2, std::chrono::seconds(5), std::chrono::minutes(9)};
  wanted.flapping = {0, std::chrono::minutes(8)};
  wanted.suspend_after = std::chrono::hours(5);
  CHECK(policy.remediation == wanted);
}

TEST_CASE("a range of failing nodes that begins behind its end is an error") {
  const auto parsed =
      ParseText(Cluster("  web:\n"
                        "    size: 8\n"
                        "    resourcePlugin: {name: process}\n"
                        "    remediation: {unhealthyRange: {min: 5, max: 2}}\n"));
  CHECK_THAT(base::Render(parsed.diagnostics), Catch::Contains("the range's `min` (5) is above its `max` (2)"));
}

TEST_CASE("a group without anything optional has the documented defaults") {
  const auto parsed = ParseText(Cluster("  web: {size: 1, resourcePlugin: {name: process}}\n"));
  REQUIRE(parsed.diagnostics.empty());
  const auto& web = Group(parsed, "web");
  CHECK(web.provider.version == "latest");
  CHECK(web.policy == model::GroupPolicy{});
}

TEST_CASE("defaults are merged below the group's own values") {
  const auto parsed = ParseText(
      "version: 1\nname: shop\ndefaults:\n  resourcePlugin: {name: sim, version: 2}\n  resourceProperties: {a: 1, b: "
      "{c: "
      "2, d: 3}}\n  labels: {x: y}\ngroups:\n  web:\n    size: 1\n    resourceProperties: {b: {c: 4}, e: [5]}\n");
  REQUIRE(base::Render(parsed.diagnostics).empty());
  const auto& web = Group(parsed, "web");
  CHECK(web.provider.name == "sim");
  CHECK(web.properties == R"({"a":1,"b":{"c":4,"d":3},"e":[5]})");
  CHECK(web.labels.at("x") == "y");
}

TEST_CASE("scalars that YAML versions read differently stay text") {
  const auto parsed = ParseText(Cluster(
      "  web:\n    size: 1\n    resourcePlugin: {name: sim}\n    resourceProperties: {mode: 017, hex: 0x1F, on: "
      "yes, yes: off, n: -3, f: 1.50, t: true, s: \"1\", nil: ~, d: 1_000}\n"));
  REQUIRE(base::Render(parsed.diagnostics).empty());
  CHECK(Group(parsed, "web").properties ==
        R"({"d":"1_000","f":1.5,"hex":"0x1F","mode":"017","n":-3,"nil":null,"on":"yes","s":"1","t":true,"yes":"off"})");
}

TEST_CASE("variables are typed, and fill in structure and labels") {
  const std::string text =
      "version: 1\nname: shop\nvariables:\n  n: {type: integer, default: 2}\n  tier: {default: 1.10}\n  big: {type: "
      "boolean}\n  f: {type: number, default: 2}\ngroups:\n  web: {size: \"${var.n + 1}\", resourcePlugin: {name: "
      "sim}, "
      "labels: {tier: \"${var.tier}-${group.path}\"}}\n";
  const auto parsed = ParseText(text, {{"big", "true"}, {"n", "7"}});
  REQUIRE(base::Render(parsed.diagnostics).empty());
  CHECK(Group(parsed, "web").size == 8);
  CHECK(Group(parsed, "web").labels.at("tier") == "1.10-web");
  CHECK(parsed.spec.variables ==
        std::map<std::string, std::string>{{"big", "true"}, {"f", "2"}, {"n", "7"}, {"tier", "\"1.10\""}});
  CHECK(parsed.spec.hash != ParseText(text, {{"big", "false"}, {"n", "7"}}).spec.hash);
  CHECK(parsed.spec.text == text);
}

TEST_CASE("a dependency on a folder is one on each group in it") {
  const auto parsed = ParseText(
      Cluster("  a: {size: 1, resourcePlugin: {name: sim}, dependsOn: data}\n  data:\n    y: {size: 1, resourcePlugin: "
              "{name: sim}}\n    x: {size: 1, resourcePlugin: {name: sim}}\n"));
  REQUIRE(base::Render(parsed.diagnostics).empty());
  CHECK(Group(parsed, "a").policy.depends_on == std::vector<std::string>{"data/x", "data/y"});
}

TEST_CASE("positions lead from values to the file") {
  const auto parsed =
      ParseText(Cluster("  data:\n    db:\n      size: 1\n      resourcePlugin: {name: sim}\n      "
                        "resourceProperties:\n        args: [a, "
                        "b]\n"));
  const base::SourceRange& range = parsed.positions.at("groups.data.db.resourceProperties.args[1]");
  CHECK(range.line == 9);
  CHECK(range.column == 19);
  CHECK(parsed.positions.at("groups.data.db").line == 5);
}

TEST_CASE("a file of variables") {
  const VariableFile file = ParseVariables("image: nginx\nn: 017\nlist: [1]\n", "prod.yml");
  CHECK(file.values == std::map<std::string, std::string>{{"image", "nginx"}, {"n", "017"}});
  CHECK(base::Render(file.diagnostics) ==
        "prod.yml:3:1: error: a variable's value is a single value, but this is a list (list)\n"
        "    3 | list: [1]\n"
        "      | ^~~~\n");
}

TEST_CASE("a file can be judged without values for its variables: what uses them is not, everything else is") {
  const std::string text =
      "version: 1\nname: shop\nvariables: {image: {}, n: {type: integer}}\ngroups:\n  web:\n    size: \"${var.n}\"\n"
      "    resourcePlugin: {name: x}\n    resourceProperties: {image: \"${var.image}\"}\n"
      "    healthChecks: [{type: tcp, address: \"${var.image}:80\"}]\n";
  ParseOptions options;
  options.file = "cluster.yml";
  CHECK(Parse(text, options).diagnostics.HasErrors());
  options.variables_may_lack = true;
  CHECK(Parse(text, options).diagnostics.items().empty());
  const ParsedSpec wrong = Parse(text + "    labels: {a: \"${var.imag}\"}\n", options);
  REQUIRE(wrong.diagnostics.items().size() == 1);
  CHECK(wrong.diagnostics.items().front().message == "the variable `imag` is not declared");
  options.variables = {{"n", "two"}};
  CHECK(Parse(text, options).diagnostics.HasErrors());  // a value that is given must fit
}

}  // namespace
}  // namespace kadende::lang
