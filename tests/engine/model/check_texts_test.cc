#include "engine/model/check_texts.h"

#include <catch2/catch.hpp>

namespace kadende::model {
namespace {

TEST_CASE("a check is filled in for its group first, for its node later") {
  const std::map<std::string, std::string> variables = {{"port", "8080"}};
  HealthCheck check;
  check.url = "http://${node.address}:${var.port}/$${literal}";
  check.command = {"./check", "${cluster.name}", "${9100 + node.ordinal}"};
  check.headers = {{"Host", "${node.name}.example"}};
  const auto bound = BindCheck(check, {"shop", "1", "web", &variables});
  REQUIRE(bound);
  CHECK(bound->url == "http://${node.address}:8080/$${literal}");
  CHECK(bound->command[1] == "shop");
  CHECK(NeedsNode(*bound));
  const auto rendered = RenderCheck(*bound, {"web-3", 3, "10.0.0.9"});
  REQUIRE(rendered);
  CHECK(rendered->url == "http://10.0.0.9:8080/${literal}");
  CHECK(rendered->command == std::vector<std::string>{"./check", "shop", "9103"});
  CHECK(rendered->headers.at("Host") == "web-3.example");
}

TEST_CASE("a text that is one whole number stays a text") {
  const std::map<std::string, std::string> variables = {{"port", "8080"}};
  HealthCheck check;
  check.command = {"${var.port}"};
  const auto bound = BindCheck(check, {"shop", "1", "web", &variables});
  REQUIRE(bound);
  CHECK(bound->command[0] == "8080");
  CHECK_FALSE(NeedsNode(*bound));
}

TEST_CASE("an unknown variable names the check") {
  HealthCheck check;
  check.name = "ready";
  check.url = "http://${var.nowhere}/";
  const auto bound = BindCheck(check, {"shop", "1", "web", nullptr});
  REQUIRE_FALSE(bound);
  CHECK(bound.error().message.find("healthChecks.ready") != std::string::npos);
}

}  // namespace
}  // namespace kadende::model
