#include <algorithm>
#include <catch2/catch.hpp>

#include "cli/view/nodes_table.h"
#include "cli/view/style.h"
#include "engine/base/json.h"
#include "tests/cli_view/samples.h"

using namespace kadende;
using namespace kadende::cli;
using namespace kadende::tests;
using model::HealthState;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const base::TimePoint kNow = base::FromUnixMillis(1'763'800'000'000) + minutes(5);

model::NodeHealth Health(std::uint32_t ordinal, HealthState state, const std::string& evidence) {
  model::NodeHealth health;
  health.slot.ordinal = ordinal;
  health.incarnation = 1;
  health.state = state;
  health.since = kNow - minutes(3);
  health.check = "http";
  health.evidence = evidence;
  health.last_at = kNow - seconds(6);
  health.next_at = kNow + seconds(4);
  return health;
}

// web[0] is healthy, web[1] unhealthy behind the brake, web[2] unhealthy and not due yet.
struct Scene {
  model::ClusterState state = SampleState();
  ports::HealthByGroup health;
  NodesTableOptions options;

  Scene() {
    model::NodeHealth braked = Health(1, HealthState::kUnhealthy, "status 500");
    braked.held_back = "maxUnhealthy: 2 of 3 live nodes are unhealthy, 40% (1) may be; see that the checks are right";
    model::NodeHealth early = Health(2, HealthState::kUnhealthy, "connection refused\x1b[2J");
    early.held_back = "acted upon after 5m";
    early.held_until = kNow + minutes(2);
    health["web"] = {Health(0, HealthState::kHealthy, "status 200"), braked, early};
    model::GroupRecord& web = state.groups.at("web").record;
    web.backoff = {};
    web.brakes = {
        {model::BrakeKind::kMaxUnhealthy, "2 of 3 live nodes are unhealthy, 40% (1) may be", kNow - minutes(1)}};
    options.now = kNow;
  }

  [[nodiscard]] NodesSeen Seen() const { return {state, nullptr, &health}; }
};

std::size_t Widest(const std::vector<std::string>& lines) {
  std::size_t widest = 0;
  for (const std::string& line : lines) widest = std::max(widest, DisplayWidth(line));
  return widest;
}

bool Has(const std::vector<std::string>& lines, const std::string& text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("nodes with their health, and why the unhealthy are left alone") {
  CheckGolden("nodes_health.txt", NodesTable(Scene().Seen(), Scene().options));
}

TEST_CASE("at 100 columns the table stays readable") {
  Scene scene;
  for (auto& [key, node] : scene.state.groups.at("web").nodes) {
    node.instance_id = "dgj2jshsvs33wdreesy344utf4.flg6rjnjwf7bzasm";
  }
  scene.options.width = 100;
  CheckGolden("nodes_health_100.txt", NodesTable(scene.Seen(), scene.options));
}

TEST_CASE("health that nobody keeps up is shown as old") {
  Scene scene;
  scene.options.now = kNow + minutes(20);
  const std::string text = NodesTable(scene.Seen(), scene.options);
  CHECK(text.find("unhealthy?") != std::string::npos);
  CHECK(text.find("web: last looked at 20m ago, and nobody looks now") != std::string::npos);
  const auto json = base::ParseJson(NodesJson(scene.Seen(), scene.options));
  REQUIRE(json);
  CHECK((*json)["nodes"][0]["health"]["stale"] == true);
}

TEST_CASE("health of a former incarnation is not this node's") {
  Scene scene;
  scene.health.at("web")[1].incarnation = 7;
  const auto json = base::ParseJson(NodesJson(scene.Seen(), scene.options));
  REQUIRE(json);
  CHECK_FALSE((*json)["nodes"][1].contains("health"));
}

TEST_CASE("the JSON of nodes carries all that is known of health") {
  const auto json = base::ParseJson(NodesJson(Scene().Seen(), Scene().options));
  REQUIRE(json);
  const auto& early = (*json)["nodes"][2]["health"];
  CHECK(early["state"] == "unhealthy");
  CHECK(early["check"] == "http");
  CHECK(early["heldBack"] == "acted upon after 5m");
  CHECK(early["heldUntil"] == base::FormatRfc3339(kNow + minutes(2), true));
  CHECK(early["nextLook"] == base::FormatRfc3339(kNow + seconds(4), true));
  const auto& web = (*json)["groups"][0];
  CHECK(web["brakes"][0]["kind"] == "maxUnhealthy");
  CHECK(web["health"]["unhealthy"] == 2);
}

TEST_CASE("a screen that is too small keeps the unhealthy and counts the rest") {
  Scene scene;
  scene.options.width = 79;
  scene.state.groups.at("web").record.brakes.clear();
  scene.health.at("web")[1].held_back.clear();
  scene.health.at("web")[2].state = HealthState::kHealthy;
  const std::vector<std::string> screen = NodesScreen(scene.Seen(), scene.options, 4);
  REQUIRE(screen.size() == 4);
  CHECK(screen[0] == "shop at 2025-11-22T08:31:40Z: 3 nodes; 1 unhealthy, 2 healthy");
  CHECK(screen[2].starts_with("web[1]"));
  CHECK(screen[3] == "and 2 more nodes: 2 healthy");
}

TEST_CASE("a screen never leaves its window") {
  Scene scene;
  for (const std::size_t width : {1, 7, 20, 40, 79, 200}) {
    for (std::size_t height = 1; height < 30; ++height) {
      scene.options.width = width;
      const std::vector<std::string> screen = NodesScreen(scene.Seen(), scene.options, height);
      INFO(width << " x " << height);
      CHECK(screen.size() <= std::max<std::size_t>(height, 3));
      CHECK(Widest(screen) <= std::max<std::size_t>(width, 8));
      CHECK_FALSE(Has(screen, "\x1b"));
    }
  }
}

TEST_CASE("time that goes by is no change of nodes, what they say is") {
  Scene scene;
  const std::string before = NodesFingerprint(scene.Seen(), scene.options);
  scene.options.now += seconds(9);
  scene.health.at("web")[0].last_at += seconds(10);
  scene.health.at("web")[0].next_at += seconds(10);
  CHECK(NodesFingerprint(scene.Seen(), scene.options) == before);
  scene.health.at("web")[0].evidence = "status 204";
  CHECK(NodesFingerprint(scene.Seen(), scene.options) != before);
}
