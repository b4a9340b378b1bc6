// Tables of findings -> states. A story is one letter per look, ten seconds apart: p pass, f fail, u could not look;
// what comes back is the state after each: i initializing, h healthy, x unhealthy, ? unknown.
#include "engine/reconcile/health_state.h"

#include <catch2/catch.hpp>

using namespace kadende;
using model::CheckHealth;
using model::Finding;
using model::HealthState;
using reconcile::Combine;
using reconcile::Lapse;
using reconcile::NamedCheck;
using reconcile::Observe;

namespace {

constexpr auto kTick = std::chrono::seconds(10);
const base::TimePoint kStart = base::FromUnixMillis(1'800'000'000'000);

char Letter(HealthState state) {
  switch (state) {
    case HealthState::kInitializing:
      return 'i';
    case HealthState::kHealthy:
      return 'h';
    case HealthState::kUnhealthy:
      return 'x';
    case HealthState::kUnknown:
      return '?';
  }
  return ' ';
}

Finding Of(char letter) {
  return letter == 'p' ? Finding::kPass : letter == 'f' ? Finding::kFail : Finding::kUnknown;
}

struct Story {
  model::HealthCheck check;
  base::TimePoint born = kStart - std::chrono::hours(1);
  base::TimePoint at = kStart;
  CheckHealth health;

  std::string Tell(const std::string& looks) {
    std::string states;
    for (const char look : looks) {
      at += kTick;
      health = Observe(health, check, {Of(look), std::string(1, look), at}, born);
      states += Letter(health.state);
    }
    return states;
  }
};

Story Young() {
  Story story;
  story.born = kStart;
  return story;
}

}  // namespace

TEST_CASE("healthy after two passes in a row, unhealthy after three failures in a row") {
  CHECK(Story().Tell("pp") == "?h");
  CHECK(Story().Tell("ppff") == "?hhh");
  CHECK(Story().Tell("ppfff") == "?hhhx");
  CHECK(Story().Tell("ppffpff") == "?hhhhhh");
  CHECK(Story().Tell("fffpfpp") == "??xxxxh");
}

TEST_CASE("thresholds are the check's own") {
  Story story;
  story.check.healthy_after = 1;
  story.check.unhealthy_after = 1;
  CHECK(story.Tell("pfpf") == "hxhx");
}

TEST_CASE("a young node's failures do not count until its initial delay is over") {
  Story story = Young();
  story.check.initial_delay = std::chrono::seconds(45);
  CHECK(story.Tell("ffff") == "iiii");
  CHECK(story.health.fails == 0);
  CHECK(story.Tell("fff") == "iix");
}

TEST_CASE("the initial delay ends at the first healthy") {
  CHECK(Young().Tell("ffppfff") == "iiihhhx");
}

TEST_CASE("a slow starter that becomes healthy late within its delay never was unhealthy") {
  CHECK(Young().Tell(std::string(25, 'f') + "pp") == std::string(26, 'i') + "h");
}

TEST_CASE("the initial delay starts anew when the node was changed in place") {
  Story story;
  CHECK(story.Tell("pp") == "?h");
  story.born = story.at + base::Millis(1);
  CHECK(story.Tell("ffff") == "iiii");
  CHECK(story.Tell("ppfff") == "ihhhx");
}

TEST_CASE("passes from before a change in place do not end its delay") {
  Story story;
  CHECK(story.Tell("pppp") == "?hhh");
  story.born = story.at + base::Millis(1);
  CHECK(story.Tell("pfff") == "hiii");
}

TEST_CASE("a look that failed by itself changes nothing at once") {
  CHECK(Story().Tell("ppuup") == "?hhhh");
  CHECK(Story().Tell("fffuuf") == "??xxxx");
}

TEST_CASE("failures count on over a look that failed by itself") {
  CHECK(Story().Tell("ppfufuf") == "?hhhhhx");
}

TEST_CASE("unknown after as many looks that failed by themselves as failures make unhealthy") {
  Story story;
  CHECK(story.Tell("ppuuu") == "?hhh?");
  CHECK(story.health.unknown_since == kStart + 3 * kTick);
  CHECK(story.Tell("up") == "??");
  CHECK(story.health.unknown_since == base::TimePoint{});
  CHECK(story.Tell("p") == "h");
  CHECK(Story().Tell("fffuuu") == "??xxx?");
  CHECK(Young().Tell("fuuu") == "iii?");
}

TEST_CASE("from unknown back to unhealthy takes the whole row again") {
  CHECK(Story().Tell("fffuuufff") == "??xxx???x");
}

TEST_CASE("since is of the state, and stays while it lasts") {
  Story story;
  story.Tell("ppfff");
  CHECK(story.health.since == kStart + 5 * kTick);
  story.Tell("ffff");
  CHECK(story.health.since == kStart + 5 * kTick);
  CHECK(story.health.last_at == kStart + 9 * kTick);
}

TEST_CASE("a break in the looks starts rows and countdowns anew") {
  Story story;
  story.Tell("ppfff");
  story.at += std::chrono::hours(3);
  CHECK(story.Tell("f") == "x");
  CHECK(story.health.since == story.at);
  CHECK(story.health.fails == 1);
  Story other;
  other.Tell("ppff");
  other.at += std::chrono::hours(3);
  CHECK(other.Tell("fff") == "hhx");
}

TEST_CASE("a birth in the future, by another clock, bounds the delay all the same") {
  Story story = Young();
  story.born = kStart + std::chrono::hours(10);
  story.check.initial_delay = std::chrono::seconds(40);
  CHECK(story.Tell("ffff") == "iiii");
  CHECK(story.Tell("fffff") == "iixxx");
  Story joined = Young();
  joined.born = kStart + std::chrono::hours(10);
  CHECK(joined.Tell("ppfff") == "ihhhx");
}

TEST_CASE("a clock that goes back makes nothing unhealthy") {
  Story story;
  story.Tell("ppff");
  story.at -= std::chrono::hours(5);
  CHECK(story.Tell("p") == "h");
  CHECK(story.health.fails == 0);
}

TEST_CASE("the first healthy moment is kept") {
  Story story = Young();
  story.Tell("ffpp");
  CHECK(story.health.healthy_at == kStart + 4 * kTick);
  story.Tell("fffpp");
  CHECK(story.health.healthy_at == kStart + 4 * kTick);
}

TEST_CASE("a report that was not renewed is worth nothing: unknown, said once") {
  Story story;
  story.check.type = model::CheckType::kPushed;
  story.Tell("pp");
  const CheckHealth lapsed = Lapse(story.health, story.at + std::chrono::seconds(30));
  CHECK(lapsed.state == HealthState::kUnknown);
  CHECK(lapsed.since == story.at + std::chrono::seconds(30));
  CHECK(lapsed.evidence == "no report since 2027-01-15T08:00:20Z");
  const CheckHealth again = Lapse(lapsed, story.at + std::chrono::seconds(90));
  CHECK(again.since == lapsed.since);
  CHECK(Lapse({}, kStart).evidence == "no report yet");
}

TEST_CASE("pushed reports may be far apart and still be in a row") {
  Story story;
  story.check.type = model::CheckType::kPushed;
  story.Tell("ff");
  story.at += std::chrono::hours(2);
  CHECK(story.Tell("f") == "x");
}

namespace {

CheckHealth In(HealthState state, base::Millis since = base::Millis(0), std::string evidence = {}) {
  CheckHealth health;
  health.state = state;
  health.since = kStart + since;
  health.last_at = kStart + std::chrono::minutes(5);
  health.evidence = std::move(evidence);
  return health;
}

}  // namespace

TEST_CASE("a node is the worst of its checks: unhealthy, then unknown, then initializing") {
  const CheckHealth h = In(HealthState::kHealthy);
  const CheckHealth i = In(HealthState::kInitializing);
  const CheckHealth u = In(HealthState::kUnknown);
  const CheckHealth x = In(HealthState::kUnhealthy);
  const auto of = [](std::vector<const CheckHealth*> checks) {
    std::vector<NamedCheck> named;
    for (const CheckHealth* check : checks) named.push_back({"c", check, std::chrono::minutes(5)});
    return Letter(Combine({}, named, kStart + std::chrono::minutes(6)).state);
  };
  CHECK(of({&h, &h}) == 'h');
  CHECK(of({&h, &i}) == 'i');
  CHECK(of({&i, &u}) == '?');
  CHECK(of({&u, &x}) == 'x');
  CHECK(of({&x, &h}) == 'x');
  CHECK(of({}) == '?');
}

TEST_CASE("of two unhealthy checks the one that is acted upon first decides") {
  const CheckHealth slow = In(HealthState::kUnhealthy, base::Millis(0), "slow");
  const CheckHealth fast = In(HealthState::kUnhealthy, std::chrono::minutes(4), "fast");
  const std::vector<NamedCheck> named{{"slow", &slow, std::chrono::hours(1)}, {"fast", &fast, base::Millis(0)}};
  const model::NodeHealth node = Combine({}, named, kStart + std::chrono::minutes(5));
  CHECK(node.check == "fast");
  CHECK(node.evidence == "fast");
  CHECK(node.check_since == kStart + std::chrono::minutes(4));
  CHECK(node.since == kStart + std::chrono::minutes(5));
}

TEST_CASE("a node keeps since while its state lasts, and the first healthy moment for good") {
  const CheckHealth x = In(HealthState::kUnhealthy);
  const CheckHealth h = In(HealthState::kHealthy);
  const std::vector<NamedCheck> bad{{"c", &x, {}}};
  const std::vector<NamedCheck> good{{"c", &h, {}}};
  const base::TimePoint later = kStart + std::chrono::minutes(6);
  model::NodeHealth node = Combine({}, good, later);
  CHECK(node.joined_at == later);
  node = Combine(node, bad, later + kTick);
  node = Combine(node, bad, later + 2 * kTick);
  CHECK(node.since == later + kTick);
  CHECK(node.joined_at == later);
  node = Combine(node, good, later + 3 * kTick);
  CHECK(node.joined_at == later);
  node.since = later + std::chrono::hours(9);  // stored by another clock
  CHECK(Combine(node, good, later + 4 * kTick).since == later + 4 * kTick);
}

TEST_CASE("an unhealthy node is recovering while its last look passed") {
  const std::vector<std::pair<std::string, bool>> rows{
      {"fff", false}, {"fffp", true}, {"fffpf", false}, {"fffpp", false}};
  for (const auto& [looks, recovering] : rows) {
    Story story;
    story.Tell(looks);
    const std::vector<NamedCheck> named{{"c", &story.health, {}}};
    CHECK(Combine({}, named, story.at).recovering == recovering);
  }
}

TEST_CASE("a young node is recovering, too, while its last look passed") {
  Story story = Young();
  story.Tell("f");
  std::vector<NamedCheck> named{{"c", &story.health, {}}};
  CHECK_FALSE(Combine({}, named, story.at).recovering);
  story.Tell("p");
  CHECK(Combine({}, named, story.at).state == HealthState::kInitializing);
  CHECK(Combine({}, named, story.at).recovering);
}
