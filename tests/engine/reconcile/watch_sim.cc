#include "tests/engine/reconcile/watch_sim.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include <stop_token>

#include "engine/base/text.h"
#include "engine/plan/rollout_turns.h"

namespace kadende::test {
namespace {

constexpr base::Millis kTick = 5s;
constexpr base::Millis kPassEvery = 10s;

std::string Node(std::uint32_t ordinal, std::uint32_t incarnation) {
  return "web[" + std::to_string(ordinal) + "]#" + std::to_string(incarnation);
}

// "00:05:10"
std::string Clock(base::Millis time) {
  const auto all = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  const auto two = [](long long number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two(all / 3600) + ":" + two(all / 60 % 60) + ":" + two(all % 60);
}

std::string InstanceOf(const ports::ProbeRequest& request) {
  for (const auto& [name, value] : request.environment) {
    if (name == "KADENDE_INSTANCE_ID") return value;
  }
  return "";
}

}  // namespace

WatchSim::WatchSim(std::uint32_t size) {
  spec_ = TestBed::Spec({{"web", size}});
  model::HealthCheck check;
  check.name = "ready";
  check.type = model::CheckType::kExec;  // its environment says which instance is meant
  check.command = {"check"};
  check.initial_delay = 1min;
  policy().checks = {check};
  bed.fake.on_call = nullptr;
}

base::TimePoint WatchSim::Now() {
  return anchor_ + (bed.clock.Monotonic() - anchored_);
}

void WatchSim::Apply() {
  spec_.text += ".";
  spec_.hash = base::Sha256(spec_.text);
  const auto applied = bed.Apply(spec_);
  if (!applied) FAIL(applied.error().message);
  if (monitor_) Track();
}

void WatchSim::BeginRollout(const std::string& image) {
  spec_.groups[0].properties = R"({"image":")" + image + R"("})";
  spec_.text += image;
  spec_.hash = base::Sha256(spec_.text);
  apply::RunRequest request = bed.Request(spec_);
  std::stop_source stopped;
  request.execute.drain = stopped.get_token();
  request.approve = [&stopped](const model::Plan&) { return stopped.request_stop(); };
  const auto begun = apply::Run(request, bed.Ports());
  if (!begun) FAIL(begun.error().message);
  Change([](model::GroupRecord& record) {  // a killed one says nothing more
    REQUIRE(record.rollout);
    record.rollout->stop = model::RolloutStop::kNone;
    record.rollout->why.clear();
    record.rollout->stopped_at = {};
  });
  Say("an apply begins a rollout of image " + image + " and is killed");
}

void WatchSim::Promote() {
  Change([](model::GroupRecord& record) {
    REQUIRE(record.rollout);
    record.rollout->passed =
        plan::StopAfter(record.target.policy.rollout, record.target.size, record.rollout->passed).nodes;
    record.rollout->stop = model::RolloutStop::kNone;
  });
  Say("ann lets the rollout go on");
}

void WatchSim::Start() {
  Apply();
  Restart();
  Run(30min);
  telling = true;
  text_.clear();
  calls_told_ = bed.fake.Calls().size();
  events_told_ = bed.observer.events.size();
  began_ = bed.clock.Monotonic();
}

void WatchSim::Stop() {
  monitor_.reset();
  Tell("controller stops");
}

void WatchSim::Restart() {
  monitor_ = std::make_unique<reconcile::HealthMonitor>(reconcile::MonitorOptions{});
  anchor_ = bed.clock.Now();
  anchored_ = bed.clock.Monotonic();
  // A store keeps rows, but not what passes remember.
  for (auto& [path, rows] : health_) {
    for (model::NodeHealth& row : rows) row.memory = {};
  }
  Track();
  Tell("controller starts");
}

void WatchSim::Track() {
  monitor_->Track(bed.State(), health_, Now());
}

void WatchSim::Run(base::Millis time) {
  for (base::Millis passed{0}; passed < time; passed += kTick) {
    bed.clock.Advance(kTick);
    if (!monitor_) continue;
    Look();
    since_pass_ += kTick;
    if (since_pass_ >= kPassEvery) Pass();
  }
}

bool WatchSim::Answers(const std::string& id) {
  if (broken_.contains(id)) return false;
  const auto instances = bed.fake.Instances();
  const bool there = std::any_of(instances.begin(), instances.end(), [&](const model::Instance& instance) {
    return instance.id == id && instance.status == model::InstanceStatus::kRunning;
  });
  const base::Millis born = born_.try_emplace(id, bed.clock.Monotonic()).first->second;
  return there && (mended_.contains(id) || bed.clock.Monotonic() - born >= boot);
}

void WatchSim::Look() {
  const base::TimePoint now = Now();
  for (const model::Instance& instance : bed.fake.Instances()) {
    born_.try_emplace(instance.id, bed.clock.Monotonic());
    // What has booted once needs no boot any more, however slow those after it are.
    if (bed.clock.Monotonic() - born_.at(instance.id) >= boot) mended_.insert(instance.id);
  }
  for (;;) {
    const std::vector<reconcile::Look> looks = monitor_->Due(now, 1000);
    if (looks.empty()) return;
    for (const reconcile::Look& look : looks) {
      if (!probes_work) {
        monitor_->Found(look.id, {model::Finding::kUnknown, "cannot be started", now});
        continue;
      }
      const bool passes = Answers(InstanceOf(look.request));
      monitor_->Found(look.id, passes ? model::Observation{model::Finding::kPass, "exit 0", now}
                                      : model::Observation{model::Finding::kFail, "exit 1", now});
    }
  }
}

void WatchSim::Pass() {
  since_pass_ = base::Millis(0);
  apply::RunRequest request;
  request.lineage = bed.Lineage();
  request.kind = model::RunKind::kWatch;
  request.plan.heal_only = true;
  request.plan.judge = [this](const model::ClusterState& state, const plan::PriorView& view, base::TimePoint) {
    return Judged(state, view);
  };
  request.execute.parallelism = 1;
  request.execute.actor = "watch";
  request.execute.grow_backoff = true;
  request.execute.retry = {.attempts = 1, .base = base::Millis(1), .max = base::Millis(1)};
  const auto ran = apply::Run(request, bed.Ports());
  if (!ran) {
    Tell("pass failed: " + ran.error().message);
    return;
  }
  Track();
  TellLapses();
  TellCalls();
  TellGroup(ran->plan);
}

plan::Judgement WatchSim::Judged(const model::ClusterState& state, const plan::PriorView& view) {
  monitor_->Refresh(state, Now());
  ports::HealthByGroup health = monitor_->Snapshot(bed.Lineage());
  reconcile::CarryOver(health_, health);
  auto decision = reconcile::Judge(state, view, health, *monitor_->WatchingSince(bed.Lineage()), Now());
  health_ = std::move(health);
  TellHealth();
  for (const model::StateChange& change : decision.judgement.changes) {
    const auto* event = std::get_if<model::EventRecorded>(&change);
    if (event == nullptr || event->event.kind == model::EventKind::kNodeUnhealthy) continue;
    Tell(std::string(model::EventKindName(event->event.kind)) + ": " + event->event.message);
  }
  const model::GroupState& group = state.groups.at("web");
  for (const auto& [ordinal, why] : decision.judgement.groups["web"].replace) {
    const model::NodeRecord* row = group.Live(ordinal);
    REQUIRE(row != nullptr);
    if (on_replace) on_replace(*row, why);
    Tell(Node(ordinal, row->incarnation) + " is to be replaced: " + why);
  }
  return std::move(decision.judgement);
}

void WatchSim::TellHealth() {
  for (const model::NodeHealth& node : health_["web"]) {
    const std::string name = Node(node.slot.ordinal, node.incarnation);
    std::string state(model::HealthStateName(node.state));
    if (std::exchange(told_[name], state) != state) {
      Tell(name + " " + state + (node.state == model::HealthState::kHealthy ? "" : ": " + node.evidence));
    }
    std::string held = node.held_back;
    if (node.held_until != base::TimePoint{}) held += ", until " + base::FormatRfc3339(node.held_until);
    if (std::exchange(told_[name + " held"], held) != held && !held.empty()) Tell(name + " is left alone: " + held);
  }
}

void WatchSim::TellCalls() {
  const std::vector<FakeCall> calls = bed.fake.Calls();
  for (; calls_told_ < calls.size(); ++calls_told_) {
    const FakeCall& call = calls[calls_told_];
    if (call.kind == CallKind::kCreate || call.kind == CallKind::kDestroy) Tell(call.ToText());
  }
}

void WatchSim::TellLapses() {
  for (; events_told_ < bed.observer.events.size(); ++events_told_) {
    const model::Event& event = bed.observer.events[events_told_];
    if (event.kind == model::EventKind::kHoldLapsed) Tell("hold_lapsed: " + event.message);
  }
}

void WatchSim::TellGroup(const model::Plan& plan) {
  for (const model::PlanGroup& group : plan.groups) {
    if (std::exchange(told_["frozen"], group.frozen) == group.frozen) continue;
    Tell(group.frozen.empty() ? "web is no longer frozen" : "web is frozen: " + group.frozen);
  }
}

void WatchSim::Tell(const std::string& line) {
  if (telling) text_ += Clock(bed.clock.Monotonic() - began_) + " " + line + "\n";
}

void WatchSim::Say(const std::string& line) {
  Tell("-- " + line);
}

std::string WatchSim::Told() {
  return text_ + "at the end: " + bed.Rows() + (Group().record.brakes.empty() ? "" : ", braked") + "\n";
}

std::string WatchSim::IdOf(std::uint32_t ordinal) {
  const model::GroupState group = Group();
  const model::NodeRecord* row = group.Live(ordinal);
  return row == nullptr ? "" : row->instance_id;
}

void WatchSim::Break(std::uint32_t ordinal) {
  broken_.insert(IdOf(ordinal));
  Say("web[" + std::to_string(ordinal) + "] breaks");
}

void WatchSim::Mend(std::uint32_t ordinal) {
  broken_.erase(IdOf(ordinal));
  Say("web[" + std::to_string(ordinal) + "] recovers");
}

void WatchSim::MendAll() {
  broken_.clear();
}

void WatchSim::Provider(std::uint32_t ordinal, model::InstanceStatus status, std::string reason) {
  bed.fake.SetStatus(IdOf(ordinal), status, std::move(reason));
  Say("the provider says that web[" + std::to_string(ordinal) + "] is " +
      std::string(model::InstanceStatusName(status)));
}

void WatchSim::Vanish(std::uint32_t ordinal) {
  bed.fake.Vanish(IdOf(ordinal));
  Say("web[" + std::to_string(ordinal) + "] vanishes");
}

void WatchSim::Change(const std::function<void(model::GroupRecord&)>& change) {
  model::GroupRecord record = Group().record;
  change(record);
  REQUIRE(bed.store.Commit(bed.Lineage(), {model::GroupRecorded{record}}));
}

void WatchSim::AddHold(model::Hold hold) {
  hold.owner = "ann";
  hold.since = bed.clock.Now();
  Change([&](model::GroupRecord& record) { record.holds.push_back(std::move(hold)); });
}

void WatchSim::Hold(std::uint32_t ordinal, std::string reason, base::Millis lasts) {
  model::Hold hold;
  hold.slot_key = std::to_string(ordinal);
  hold.reason = std::move(reason);
  if (lasts > base::Millis(0)) hold.until = bed.clock.Now() + lasts;
  AddHold(std::move(hold));
  Say("ann holds web[" + std::to_string(ordinal) + "]" +
      (lasts > base::Millis(0) ? " for " + base::FormatDuration(lasts) : ""));
}

void WatchSim::HoldGroup(std::string reason) {
  model::Hold hold;
  hold.reason = std::move(reason);
  AddHold(std::move(hold));
  Say("ann holds web");
}

void WatchSim::Taint(std::uint32_t ordinal, bool tainted) {
  const model::GroupState group = Group();
  const model::NodeRecord* row = group.Live(ordinal);
  REQUIRE(row != nullptr);
  model::NodeRecord node = *row;
  node.tainted = tainted;
  REQUIRE(bed.store.Commit(bed.Lineage(), {model::NodeChanged{"web", std::move(node)}}));
  Say(std::string("ann ") + (tainted ? "taints" : "untaints") + " web[" + std::to_string(ordinal) + "]");
}

void WatchSim::Unhold() {
  Change([](model::GroupRecord& record) { record.holds.clear(); });
  Say("holds are gone");
}

void WatchSim::Release() {
  Change([this](model::GroupRecord& record) {
    record.release = model::Release{"ann", bed.clock.Now(), bed.clock.Now() + 1h};
  });
  Say("ann releases web");
}

bool WatchSim::AllHealthy() {
  const model::GroupState group = Group();
  std::uint32_t live = 0;
  for (const auto& [key, row] : group.nodes) {
    if (row.phase == model::NodePhase::kLeaving) return false;
    if (row.phase != model::NodePhase::kLive) continue;
    ++live;
    if (!Answers(row.instance_id)) return false;
  }
  const auto instances = bed.fake.Instances();  // remains of what ended by itself may stay listed
  const auto there = std::count_if(instances.begin(), instances.end(), [](const model::Instance& instance) {
    return instance.status != model::InstanceStatus::kTerminated;
  });
  return live == group.record.target.size && static_cast<std::uint32_t>(there) == live;
}

}  // namespace kadende::test
