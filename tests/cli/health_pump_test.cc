#include "cli/health_pump.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <thread>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_probe.h"
#include "tests/support/memory_store.h"

using namespace kadende;
using model::Finding;
using model::HealthState;

namespace {

constexpr const char* kLineage = "l";

bool Until(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// The probe belongs to the pump; the test answers through this one.
class Handle : public ports::HealthProbe {
 public:
  explicit Handle(tests::FakeProbe& probe) : probe_(probe) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() override {
    while (probe_.AnswerAll(Finding::kUnknown, "cancelled") > 0) {
    }
  }
  void Start(ports::ProbeRequest request, Done done) override { probe_.Start(std::move(request), std::move(done)); }

 private:
  tests::FakeProbe& probe_;
};

class SteadyClock : public ports::Clock {
 public:
  base::TimePoint Now() override { return base::FromUnixMillis(test::FakeClock::kStart) + Monotonic(); }
  base::Millis Monotonic() override {
    return std::chrono::duration_cast<base::Millis>(std::chrono::steady_clock::now().time_since_epoch());
  }
};

model::HealthCheck Check(model::CheckType type) {
  model::HealthCheck check;
  check.type = type;
  check.name = "port";
  check.address = "${node.address}:80";
  check.interval = base::Millis(5);
  check.healthy_after = check.unhealthy_after = 1;
  check.initial_delay = base::Millis(0);
  return check;
}

// One cluster with one group "web" in a store, as a watch has it after a pass.
struct Watched {
  explicit Watched(const model::HealthCheck& check, std::uint32_t size) {
    model::ClusterRecord cluster;
    cluster.lineage = kLineage;
    cluster.name = "shop";
    model::GroupRecord group;
    group.path = "web";
    group.current.size = group.target.size = size;
    group.current.revision = group.target.revision = base::Sha256("r");
    group.current.policy.checks = group.target.policy.checks = {check};
    model::StateChanges changes{model::ClusterRecorded{cluster}, model::GroupRecorded{group}};
    for (std::uint32_t ordinal = 0; ordinal < size; ++ordinal) {
      model::NodeRecord row;
      row.slot.ordinal = ordinal;
      row.incarnation = 1;
      row.phase = model::NodePhase::kLive;
      row.token = base::Sha256(std::to_string(ordinal));
      row.address = "10.0.0.1";
      changes.emplace_back(model::NodeCreated{"web", row});
    }
    REQUIRE(store.Commit(kLineage, changes));
  }
  std::unique_ptr<cli::HealthPump> Pump(ports::Clock& clock) {
    cli::HealthPumpOptions options;
    options.hears_heartbeats = true;
    options.wake = [this](const std::string&) { ++woken; };
    options.notify = [this](const model::Event& event) {
      const std::lock_guard lock(mutex);
      said.push_back(event.message);
    };
    return std::make_unique<cli::HealthPump>(std::make_unique<Handle>(probe), &store, &store, clock, options);
  }
  // What a pass hands over, having judged what it was given.
  void Pass(cli::HealthPump& pump) {
    reconcile::PassHealth known = pump.Known(*store.Load(kLineage));
    reconcile::PassResult pass;
    pass.state = *store.Load(kLineage);
    pass.health = std::move(known.known);
    pump.Passed(pass);
  }
  std::size_t Events() {
    ports::EventQuery query;
    query.lineage = kLineage;
    return store.Events(query)->size();
  }
  std::size_t Said() {
    const std::lock_guard lock(mutex);
    return said.size();
  }

  tests::MemoryStore store;
  tests::FakeProbe probe;
  std::atomic<int> woken = 0;
  std::mutex mutex;
  std::vector<std::string> said;  // guarded by mutex
};

}  // namespace

TEST_CASE("what is due is looked at; a change is told, stored, and makes a pass due") {
  Watched watched(Check(model::CheckType::kTcp), 2);
  SteadyClock clock;
  auto pump = watched.Pump(clock);
  watched.Pass(*pump);
  REQUIRE(Until([&] { return watched.probe.UnderWay().size() == 2; }));
  CHECK(watched.probe.requests().front().check.address == "10.0.0.1:80");
  watched.probe.AnswerAll(Finding::kPass, "connected");
  CHECK(watched.Said() == 2);
  CHECK(watched.woken == 2);
  REQUIRE(Until([&] { return watched.Events() == 2; }));
  REQUIRE(Until([&] {
    const auto stored = watched.store.LoadHealth(kLineage);
    return stored->contains("web") && stored->at("web").size() == 2 &&
           stored->at("web")[1].state == HealthState::kHealthy;
  }));
  REQUIRE(Until([&] { return watched.probe.UnderWay().size() == 2; }));  // looked at again
}

TEST_CASE("looks that the end of a watch cancels say nothing of their nodes") {
  Watched watched(Check(model::CheckType::kTcp), 3);
  SteadyClock clock;
  auto pump = watched.Pump(clock);
  watched.Pass(*pump);
  REQUIRE(Until([&] { return watched.probe.UnderWay().size() == 3; }));
  watched.probe.AnswerAll(Finding::kPass, "connected");
  REQUIRE(Until([&] { return watched.probe.UnderWay().size() == 3; }));
  pump.reset();
  CHECK(watched.Said() == 3);
  CHECK(watched.probe.UnderWay().empty());
  const auto stored = watched.store.LoadHealth(kLineage);
  for (const model::NodeHealth& node : stored->at("web")) {
    CHECK(node.state == HealthState::kHealthy);
  }
}

TEST_CASE("a report counts from when it was made, also after the wall clock was set") {
  Watched watched(Check(model::CheckType::kPushed), 1);
  test::FakeClock clock;
  auto pump = watched.Pump(clock);
  watched.Pass(*pump);
  const auto report = [&](bool healthy) {
    model::HealthReport made;
    made.group = "web";
    made.slot_key = "0";
    made.incarnation = 1;
    made.healthy = healthy;
    made.at = clock.Now();
    made.until = made.at + std::chrono::minutes(1);
    REQUIRE(watched.store.PutReport(kLineage, made));
    clock.Advance(std::chrono::seconds(2));  // they are fetched once a second
  };
  const auto state = [&] { return pump->monitor().Of(kLineage, "web", {0, 1}).state; };
  for (const auto jump : {std::chrono::hours(-5), std::chrono::hours(9)}) {
    clock.Jump(jump);
    report(true);
    CHECK(Until([&] { return state() == HealthState::kHealthy; }));
    clock.Advance(std::chrono::seconds(30));
    report(false);
    CHECK(Until([&] { return state() == HealthState::kUnhealthy; }));
    clock.Advance(std::chrono::seconds(61));
    CHECK(Until([&] { return state() == HealthState::kUnknown; }));
    clock.Advance(std::chrono::minutes(10));
  }
}

TEST_CASE("what is stored and told is by the wall clock as it is, also after it was set") {
  Watched watched(Check(model::CheckType::kTcp), 1);
  test::FakeClock clock;
  auto pump = watched.Pump(clock);
  watched.Pass(*pump);
  for (const auto jump : {std::chrono::hours(9), std::chrono::hours(-20)}) {
    clock.Jump(jump);
    const auto finding = jump.count() > 0 ? Finding::kPass : Finding::kFail;
    const auto wanted = jump.count() > 0 ? HealthState::kHealthy : HealthState::kUnhealthy;
    const auto seen = [&] {
      clock.Advance(std::chrono::seconds(1));
      (void)watched.probe.AnswerAll(finding, "told");
      const auto stored = watched.store.LoadHealth(kLineage);
      const auto group = stored->find("web");
      if (group == stored->end() || group->second.empty() || group->second[0].state != wanted) return false;
      const model::NodeHealth& row = group->second[0];
      const auto since = clock.Now() - row.since;
      const auto last = clock.Now() - row.last_at;
      return std::chrono::abs(since) < std::chrono::hours(1) && std::chrono::abs(last) < std::chrono::hours(1);
    };
    CHECK(Until(seen));
    ports::EventQuery query;
    query.lineage = kLineage;
    const auto events = watched.store.Events(query);
    REQUIRE_FALSE(events->empty());
    CHECK(std::chrono::abs(clock.Now() - events->back().time) < std::chrono::hours(1));
  }
}

TEST_CASE("what an earlier process found counts as found before this one, whatever its clock was") {
  Watched watched(Check(model::CheckType::kTcp), 1);
  test::FakeClock clock;
  model::NodeHealth row;
  row.incarnation = 1;
  row.state = HealthState::kUnhealthy;
  row.last_at = row.since = clock.Now() + std::chrono::hours(5);
  REQUIRE(watched.store.SaveHealth(kLineage, {{"web", {row}}}));
  auto pump = watched.Pump(clock);
  const reconcile::PassHealth known = pump->Known(*watched.store.Load(kLineage));
  CHECK(known.known.at("web").at(0).last_at < known.watching_since);
}

TEST_CASE("passes, answers, heartbeats, reports and other eyes at once") {
  constexpr std::uint32_t kSize = 40;
  Watched watched(Check(model::CheckType::kTcp), kSize);
  SteadyClock clock;
  auto pump = watched.Pump(clock);
  std::atomic<bool> over = false;
  std::deque<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, turn = i]() mutable {
      while (!over) watched.probe.AnswerAll(++turn % 3 == 0 ? Finding::kFail : Finding::kPass, "told");
    });
  }
  threads.emplace_back([&] {
    while (!over) (void)pump->monitor().Beat(base::Sha256("0"), true, "", pump->Now());
  });
  threads.emplace_back([&] {
    while (!over) {
      (void)pump->monitor().Snapshot(kLineage);
      (void)pump->monitor().WatchingSince(kLineage);
    }
  });
  // Policies change, nodes come and go, and the cluster is let go and taken up again.
  model::ClusterState state = *watched.store.Load(kLineage);
  for (std::uint32_t round = 0; round < 150; ++round) {
    state.groups["web"].record.target.policy.checks[0].timeout = base::Millis(100 + round % 2);
    auto& nodes = state.groups["web"].nodes;
    model::NodeRecord moved = nodes.begin()->second;
    nodes.erase(nodes.begin());
    ++moved.incarnation;
    nodes[{moved.slot.ordinal, moved.incarnation}] = moved;
    reconcile::PassResult pass;
    pass.state = state;
    pass.health = pump->Known(state).known;
    pump->Passed(pass);
    if (round % 50 == 49) pump->Forget(kLineage);
  }
  watched.Pass(*pump);
  CHECK(Until([&] { return watched.Said() > kSize; }));
  over = true;
  for (std::thread& thread : threads) thread.join();
  pump.reset();
  CHECK(watched.probe.UnderWay().empty());
}
