#include "engine/reconcile/health_monitor.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace kadende::reconcile {
namespace {

using model::Finding;
using model::HealthState;
using std::chrono::milliseconds;
using std::chrono::seconds;

const base::TimePoint kStart = base::FromUnixMillis(1'800'000'000'000);

model::HealthCheck TcpCheck() {
  model::HealthCheck check;
  check.name = "tcp";
  check.type = model::CheckType::kTcp;
  check.address = "${node.address}:80";
  check.healthy_after = 1;
  check.unhealthy_after = 2;
  check.initial_delay = base::Millis(0);
  return check;
}

model::NodeRecord Row(std::uint32_t ordinal, std::uint32_t incarnation = 1) {
  model::NodeRecord row;
  row.slot.ordinal = ordinal;
  row.incarnation = incarnation;
  row.phase = model::NodePhase::kLive;
  row.token = base::Sha256(std::to_string(ordinal) + "/" + std::to_string(incarnation));
  row.address = "10.0.0." + std::to_string(ordinal);
  row.created_at = kStart - seconds(60);
  return row;
}

// A cluster of one group "web", its monitor, and what the monitor called out.
struct Watched {
  explicit Watched(model::HealthCheck check = TcpCheck(), std::uint32_t size = 2) {
    state.cluster.lineage = "l";
    state.cluster.name = "shop";
    model::GroupState& group = state.groups["web"];
    group.record.path = "web";
    group.record.current.size = group.record.target.size = size;
    group.record.current.revision = group.record.target.revision = base::Sha256("r");
    group.record.target.policy.checks = {std::move(check)};
    for (std::uint32_t i = 0; i < size; ++i) group.nodes[{i, 1}] = Row(i);
  }
  MonitorOptions Options() {
    MonitorOptions options;
    options.hears_heartbeats = true;
    options.wake = [this](const std::string&) { ++woken; };
    options.notify = [this](const std::string&, const model::Event& event) { said.push_back(event.message); };
    options.rouse = [this] { ++roused; };
    return options;
  }
  void Track(base::TimePoint now) { monitor.Track(state, stored, now); }
  // Every look that is due, answered for all nodes alike.
  std::size_t Answer(Finding finding, base::TimePoint now) {
    const auto looks = monitor.Due(now, 1000);
    for (const Look& look : looks) monitor.Found(look.id, {finding, "told", now});
    return looks.size();
  }
  HealthState State(std::uint32_t ordinal, std::uint32_t incarnation = 1) {
    return monitor.Of("l", "web", {ordinal, incarnation}).state;
  }

  model::ClusterState state;
  ports::HealthByGroup stored;
  int woken = 0;
  int roused = 0;
  std::vector<std::string> said;
  HealthMonitor monitor{Options()};
};

TEST_CASE("looks of a new watch are spread over an interval, and carry the node's facts") {
  Watched watched(TcpCheck(), 100);
  watched.Track(kStart);
  CHECK(watched.roused == 1);
  const auto first = watched.monitor.Due(kStart, 1000);
  CHECK(first.size() < 20);
  const auto rest = watched.monitor.Due(kStart + seconds(10), 1000);
  REQUIRE(first.size() + rest.size() == 100);
  CHECK(std::any_of(rest.begin(), rest.end(),
                    [](const Look& look) { return look.request.check.address == "10.0.0.7:80"; }));
  CHECK(watched.monitor.Due(kStart + seconds(60), 1000).empty());  // all are under way
}

TEST_CASE("a node that fails often enough is unhealthy, is said to be, and wakes its cluster") {
  Watched watched;
  watched.Track(kStart);
  CHECK(watched.State(0) == HealthState::kUnknown);
  CHECK(watched.Answer(Finding::kPass, kStart + seconds(10)) == 2);
  CHECK(watched.State(0) == HealthState::kHealthy);
  CHECK(watched.woken == 2);
  CHECK(watched.Answer(Finding::kFail, kStart + seconds(21)) == 2);
  CHECK(watched.State(0) == HealthState::kHealthy);
  CHECK(watched.Answer(Finding::kFail, kStart + seconds(32)) == 2);
  CHECK(watched.State(0) == HealthState::kUnhealthy);
  std::sort(watched.said.begin(), watched.said.end());  // looks come in the order of their jitter
  CHECK(watched.said == std::vector<std::string>{"web[0] is healthy: tcp: told", "web[0] is unhealthy: tcp: told",
                                                 "web[1] is healthy: tcp: told", "web[1] is unhealthy: tcp: told"});
}

TEST_CASE("a node that was changed in place begins anew: its initial delay, and what it failed before") {
  model::HealthCheck check = TcpCheck();
  check.initial_delay = seconds(60);
  Watched watched(check, 2);
  watched.Track(kStart);
  watched.Answer(Finding::kPass, kStart + seconds(10));
  watched.Answer(Finding::kFail, kStart + seconds(21));
  watched.Answer(Finding::kFail, kStart + seconds(32));
  REQUIRE(watched.State(0) == HealthState::kUnhealthy);
  watched.said.clear();
  watched.state.groups["web"].nodes[{0, 1}].revision = base::Sha256("changed");
  SECTION("by the pass that finds it changed, before it judges") {
    watched.monitor.Refresh(watched.state, kStart + seconds(40));
  }
  SECTION("by the pass that changed it") {
    watched.Track(kStart + seconds(40));
  }
  CHECK(watched.State(0) == HealthState::kInitializing);
  CHECK(watched.State(1) == HealthState::kUnhealthy);
  CHECK(watched.said.empty());
  watched.Answer(Finding::kFail, kStart + seconds(50));
  watched.Answer(Finding::kFail, kStart + seconds(99));
  CHECK(watched.State(0) == HealthState::kInitializing);
  watched.Answer(Finding::kFail, kStart + seconds(111));
  watched.Answer(Finding::kFail, kStart + seconds(123));
  CHECK(watched.State(0) == HealthState::kUnhealthy);
}

TEST_CASE("a healthy node that was changed in place stays so until a look says otherwise") {
  model::HealthCheck check = TcpCheck();
  check.initial_delay = seconds(60);
  Watched watched(check, 1);
  watched.Track(kStart);
  watched.Answer(Finding::kPass, kStart + seconds(10));
  watched.state.groups["web"].nodes[{0, 1}].revision = base::Sha256("changed");
  watched.Track(kStart + seconds(15));
  CHECK(watched.State(0) == HealthState::kHealthy);
  watched.Answer(Finding::kFail, kStart + seconds(22));
  CHECK(watched.State(0) == HealthState::kInitializing);
  watched.Answer(Finding::kPass, kStart + seconds(34));
  CHECK(watched.State(0) == HealthState::kHealthy);
}

TEST_CASE("the next look comes an interval after the answer, a tenth more or less") {
  Watched watched(TcpCheck(), 1);
  watched.Track(kStart);
  REQUIRE(watched.Answer(Finding::kPass, kStart + seconds(10)) == 1);
  CHECK(watched.monitor.NextDue() >= kStart + seconds(19));
  CHECK(watched.monitor.NextDue() <= kStart + seconds(21));
  CHECK(watched.monitor.Of("l", "web", {0, 1}).next_at == watched.monitor.NextDue());
}

TEST_CASE("a node that left is forgotten, its successor starts anew and is looked at at once") {
  Watched watched(TcpCheck(), 1);
  watched.Track(kStart);
  const auto looks = watched.monitor.Due(kStart + seconds(10), 10);
  REQUIRE(looks.size() == 1);
  watched.state.groups["web"].nodes = {{{0, 2}, Row(0, 2)}};
  watched.Track(kStart + seconds(11));
  watched.monitor.Found(looks[0].id, {Finding::kPass, "late", kStart + seconds(12)});
  CHECK(watched.State(0, 1) == HealthState::kUnknown);
  CHECK(watched.Answer(Finding::kPass, kStart + seconds(12)) == 1);
  CHECK(watched.State(0, 2) == HealthState::kHealthy);
}

TEST_CASE("a changed policy is in force at the next look; checks that stayed the same keep what is known") {
  Watched watched(TcpCheck(), 1);
  watched.Track(kStart);
  REQUIRE(watched.Answer(Finding::kPass, kStart + seconds(10)) == 1);
  model::HealthCheck more = TcpCheck();
  more.name = "more";
  more.address = "${node.address}:81";
  watched.state.groups["web"].record.target.policy.checks.push_back(more);
  watched.Track(kStart + seconds(11));
  auto looks = watched.monitor.Due(kStart + seconds(11), 10);
  REQUIRE(looks.size() == 2);
  for (const Look& look : looks) watched.monitor.Found(look.id, {Finding::kFail, "refused", kStart + seconds(11)});
  looks = watched.monitor.Due(kStart + seconds(23), 10);
  REQUIRE(looks.size() == 2);
  for (const Look& look : looks) watched.monitor.Found(look.id, {Finding::kFail, "refused", kStart + seconds(23)});
  CHECK(watched.State(0) == HealthState::kUnhealthy);
}

TEST_CASE("a node whose address is not known cannot be looked at: unknown, never unhealthy") {
  Watched watched(TcpCheck(), 1);
  watched.state.groups["web"].nodes[{0, 1}].address.clear();
  watched.Track(kStart);
  for (int i = 1; i < 10; ++i) CHECK(watched.Answer(Finding::kFail, kStart + seconds(12 * i)) == 0);
  CHECK(watched.State(0) == HealthState::kUnknown);
  CHECK_FALSE(watched.monitor.Of("l", "web", {0, 1}).evidence.empty());
}

TEST_CASE("a pushed report stands at once, and is unknown when it was not renewed") {
  model::HealthCheck pushed;
  pushed.name = "pushed";
  pushed.type = model::CheckType::kPushed;
  pushed.initial_delay = base::Millis(0);
  Watched watched(pushed, 1);
  watched.Track(kStart);
  CHECK(watched.monitor.HasPushed("l"));
  model::HealthReport report;
  report.group = "web";
  report.slot_key = "0";
  report.incarnation = 1;
  report.at = kStart + seconds(1);
  report.until = kStart + seconds(30);
  report.message = "disk is full";
  watched.monitor.Report("l", report, kStart + seconds(1));
  CHECK(watched.State(0) == HealthState::kUnhealthy);
  watched.monitor.Report("l", report, kStart + seconds(2));  // the same again
  CHECK(watched.said.size() == 1);
  for (int i = 1; i <= 4; ++i) CHECK(watched.Answer(Finding::kPass, kStart + seconds(10 * i)) == 0);
  CHECK(watched.State(0) == HealthState::kUnknown);
}

TEST_CASE("a node whose heart stops is unhealthy; a stranger's token is nobody's") {
  model::HealthCheck heart;
  heart.name = "heart";
  heart.type = model::CheckType::kHeartbeat;
  heart.healthy_after = 1;
  heart.unhealthy_after = 2;
  heart.initial_delay = base::Millis(0);
  Watched watched(heart, 1);
  watched.Track(kStart);
  CHECK_FALSE(watched.monitor.Beat(base::Sha256("stranger"), true, "", kStart));
  CHECK(watched.monitor.Beat(Row(0).token, true, "", kStart + seconds(1)));
  CHECK(watched.State(0) == HealthState::kHealthy);
  for (int i = 1; i <= 3; ++i) (void)watched.monitor.Due(kStart + seconds(10 * i), 10);
  CHECK(watched.State(0) == HealthState::kHealthy);
  for (int i = 4; i <= 8; ++i) (void)watched.monitor.Due(kStart + seconds(12 * i), 10);
  CHECK(watched.State(0) == HealthState::kUnhealthy);
}

TEST_CASE("a report finds its node by logical id, and only the incarnation that it names") {
  model::HealthCheck pushed;
  pushed.name = "pushed";
  pushed.type = model::CheckType::kPushed;
  pushed.initial_delay = base::Millis(0);
  Watched watched(pushed, 0);
  auto& nodes = watched.state.groups["web"].nodes;
  for (std::uint32_t ordinal = 0; ordinal < 3; ++ordinal) {
    model::NodeRecord row = Row(ordinal, 4);
    row.slot.logical_id = std::to_string(2 - ordinal);  // which look like other nodes' ordinals
    nodes[{ordinal, 4}] = row;
  }
  watched.Track(kStart);
  model::HealthReport report;
  report.group = "web";
  report.slot_key = "2";
  report.incarnation = 3;
  report.at = kStart + seconds(1);
  report.until = kStart + seconds(30);
  watched.monitor.Report("l", report, kStart + seconds(1));
  CHECK(watched.said.empty());
  report.incarnation = 4;
  watched.monitor.Report("l", report, kStart + seconds(1));
  CHECK(watched.State(0, 4) == HealthState::kUnhealthy);
  CHECK(watched.State(2, 4) == HealthState::kUnknown);
  report.slot_key = "nobody";
  watched.monitor.Report("l", report, kStart + seconds(2));
  CHECK(watched.said.size() == 1);
}

TEST_CASE("heartbeats of another interval are waited for anew: silence proves nothing until one could have come") {
  model::HealthCheck heart;
  heart.name = "heart";
  heart.type = model::CheckType::kHeartbeat;
  heart.healthy_after = heart.unhealthy_after = 1;
  heart.initial_delay = base::Millis(0);
  Watched watched(heart, 1);
  watched.Track(kStart);
  CHECK(watched.monitor.Beat(Row(0).token, true, "", kStart + seconds(1)));
  watched.state.groups["web"].record.target.policy.checks[0].interval = seconds(60);
  watched.Track(kStart + seconds(300));
  (void)watched.monitor.Due(kStart + seconds(300), 10);
  (void)watched.monitor.Due(kStart + seconds(400), 10);
  CHECK(watched.said == std::vector<std::string>{"web[0] is healthy: heart"});
  CHECK(watched.monitor.Beat(Row(0).token, true, "", kStart + seconds(410)));
  CHECK(watched.State(0) == HealthState::kHealthy);
}

TEST_CASE("time in which the watch was held up is no silence of a heart") {
  model::HealthCheck heart;
  heart.name = "heart";
  heart.type = model::CheckType::kHeartbeat;
  heart.healthy_after = heart.unhealthy_after = 1;
  heart.initial_delay = base::Millis(0);
  Watched watched(heart, 2);
  watched.Track(kStart);
  CHECK(watched.monitor.Beat(Row(0).token, true, "", kStart + seconds(19)));
  for (int i = 0; i <= 20; ++i) (void)watched.monitor.Due(kStart + seconds(i), 10);
  (void)watched.monitor.Due(kStart + seconds(600), 10);  // stopped in between
  CHECK(watched.State(0) == HealthState::kHealthy);
  CHECK(watched.State(1) != HealthState::kUnhealthy);
  CHECK(watched.monitor.Beat(Row(0).token, true, "", kStart + seconds(601)));
  for (int i = 602; i <= 625; ++i) (void)watched.monitor.Due(kStart + seconds(i), 10);
  CHECK(watched.State(0) == HealthState::kHealthy);
  CHECK(watched.State(1) == HealthState::kUnhealthy);  // never heard, and listened for long enough
}

TEST_CASE("a node that an apply has just made is followed without its cluster being watched") {
  Watched watched(TcpCheck(), 1);
  watched.monitor.Follow(watched.state.cluster, "web", Row(5), watched.state.groups["web"].record.target.policy);
  CHECK_FALSE(watched.monitor.WatchingSince("l"));
  CHECK(watched.Answer(Finding::kPass, kStart) == 1);
  CHECK(watched.State(5) == HealthState::kHealthy);
  watched.monitor.Forget("l");
  CHECK(watched.State(5) == HealthState::kUnknown);
  CHECK(watched.monitor.Due(kStart + seconds(60), 10).empty());
}

}  // namespace
}  // namespace kadende::reconcile
