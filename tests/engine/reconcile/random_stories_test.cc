// Random stories: faults of nodes, providers, probes, listings, clocks and controllers in any order. Whatever happens,
// no healthy node is destroyed by our own action without a planned reason, size plus surge is never exceeded, and once
// the faults stop everything converges. KADENDE_SEED=n tells one story, KADENDE_STORIES=n that many.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "tests/engine/reconcile/watch_sim.h"

namespace kadende::test {
namespace {

using model::InstanceStatus;

constexpr int kSteps = 250;  // of ten seconds to three minutes

std::uint64_t Number(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class RandomStory {
 public:
  explicit RandomStory(std::uint64_t seed) : random_(seed), sim_(1 + static_cast<std::uint32_t>(seed % 9)) {
    size_ = sim_.group().size;
    model::GroupPolicy& policy = sim_.policy();
    policy.remediation.max_in_flight = {Pick(100), true};
    policy.remediation.rate = {{10 + Pick(90), true}, base::Millis(std::chrono::minutes(1 + Pick(10)))};
    if (Pick(2) == 0) policy.remediation.blast_cap = {1 + Pick(4), false};
    policy.remediation.min_capacity = {Pick(101), true};
    policy.quorum = Pick(5) == 0;
    policy.rollout.max_surge = {1 + Pick(2), false};
    policy.checks[0].unhealthy_for = base::Millis(std::chrono::seconds(30 * Pick(12)));
    policy.checks[0].initial_delay = base::Millis(std::chrono::seconds(60 * Pick(6)));
    surge_ = policy.rollout.max_surge.value;
    if (Pick(4) == 0) {
      policy.rollout.order = model::ReplaceOrder::kDestroyFirst;
      surge_ = 0;
    }
    if (Pick(6) == 0) policy.checks.clear();
  }

  void Tell() {
    sim_.Start();
    sim_.on_replace = [this](const model::NodeRecord& row, const std::string& why) { Judge(row, why); };
    for (int step = 0; step < kSteps; ++step) {
      sim_.bed.fake.on_call = [this](const FakeCall& call) { return Guard(call); };
      Fault();
      const std::uint32_t ticks = 1 + (Pick(4) == 0 ? Pick(18) : Pick(3));
      for (std::uint32_t tick = 0; tick < ticks; ++tick) Pass();
    }
    Cease();
    for (int tick = 0; tick < 6 * 240 && !(sim_.AllHealthy() && tick > 60); ++tick) Pass();
    INFO(sim_.Told());
    CHECK(sim_.AllHealthy());
  }

  [[nodiscard]] std::uint32_t replaced() const { return replaced_; }

 private:
  std::uint32_t Pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

  void Pass() {
    sim_.Run(10s);
    for (const model::Instance& instance : sim_.bed.fake.Instances()) {
      if (sim_.Answers(instance.id)) {
        const base::Millis now = sim_.bed.clock.Monotonic();
        // One look that passes makes nothing healthy.
        if (now - well_since_.try_emplace(instance.id, now).first->second >= 30s) well_until_[instance.id] = now;
      } else {
        well_since_.erase(instance.id);
      }
    }
  }

  void Fault() {
    const std::uint32_t ordinal = Pick(size_);
    if (sim_.IdOf(ordinal).empty()) return;
    switch (Pick(24)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return sim_.Break(ordinal);
      case 4:
      case 5:
        return sim_.Mend(ordinal);
      case 6:
        for (std::uint32_t slot = 0; slot < size_; ++slot) {
          if (!sim_.IdOf(slot).empty()) sim_.Break(slot);
        }
        return;
      case 7:
      case 8:
        return sim_.MendAll();
      case 9: {
        constexpr InstanceStatus kStatuses[] = {InstanceStatus::kPending, InstanceStatus::kUnhealthy,
                                                InstanceStatus::kStopped, InstanceStatus::kTerminating,
                                                InstanceStatus::kUnknown};
        return sim_.Provider(ordinal, kStatuses[Pick(5)]);
      }
      case 10:
      case 11:
        return Well(sim_.IdOf(ordinal));
      case 12:
        return sim_.Vanish(ordinal);
      case 13:
        return sim_.Provider(ordinal, InstanceStatus::kTerminated);
      case 14:
        sim_.probes_work = !sim_.probes_work;
        return;
      case 15:
        for (const model::Instance& instance : sim_.bed.fake.Instances()) {
          sim_.bed.fake.Hide(instance.id, Pick(2) == 0);
        }
        return;
      case 16:
        return sim_.bed.fake.SetScope(Pick(2) == 0 ? "another account" : "");
      case 17:
        return sim_.bed.clock.Jump(base::Millis(std::chrono::minutes(Pick(121)) - 60min));
      case 18:
        restarted_ = sim_.bed.clock.Monotonic();
        return sim_.Restart();
      case 19:
        sim_.boot = Pick(3) == 0 ? base::Millis(1000h) : base::Millis(std::chrono::seconds(Pick(400)));
        return;
      case 20:
        creates_fail_ = !creates_fail_;
        return;
      case 21:
        return sim_.Hold(ordinal, "");
      case 22:
        return sim_.Unhold();
      case 23:
        return sim_.Release();
      default:
        return;
    }
  }

  // What a terminated instance was told to be it stays.
  void Well(const std::string& id) {
    for (const model::Instance& instance : sim_.bed.fake.Instances()) {
      if (instance.id == id && instance.status != InstanceStatus::kTerminated) {
        sim_.bed.fake.SetStatus(id, InstanceStatus::kRunning);
      }
    }
  }

  void Cease() {
    sim_.Say("faults stop");
    sim_.Release();  // of what is left to a person
    sim_.MendAll();
    sim_.Unhold();
    sim_.probes_work = true;
    sim_.boot = 20s;
    sim_.bed.fake.SetScope("");
    creates_fail_ = false;
    for (const model::Instance& instance : sim_.bed.fake.Instances()) {
      sim_.bed.fake.Hide(instance.id, false);
      Well(instance.id);
    }
  }

  // A planned reason: it does not answer (two looks may take twenty seconds to tell), and has not for unhealthyFor, and
  // this controller has looked for long enough. A node that never answered or that the provider denies has less time.
  void Judge(const model::NodeRecord& row, const std::string& why) {
    ++replaced_;
    given_up_.insert(row.instance_id);
    const base::Millis now = sim_.bed.clock.Monotonic();
    INFO(sim_.Told() << row.instance_id << " is given up: " << why);
    CHECK(now - restarted_ >= 1min);
    const auto well = well_since_.find(row.instance_id);
    if (sim_.Answers(row.instance_id) && well != well_since_.end()) CHECK(now - well->second <= 20s);
    const auto seen = well_until_.find(row.instance_id);
    if (seen == well_until_.end() || why.find("`ready`") == std::string::npos || sim_.policy().checks.empty()) return;
    if (why.starts_with("never was healthy")) return;  // one answer does not make it healthy
    const base::Millis unhealthy_for = sim_.policy().checks[0].unhealthy_for;
    CHECK(now - restarted_ >= 2 * unhealthy_for);
    if (!sim_.Answers(row.instance_id)) CHECK(now - seen->second >= unhealthy_for);
  }

  FakeAnswer Guard(const FakeCall& call) {
    if (call.kind == CallKind::kCreate) {
      if (creates_fail_) return FakeAnswer::Fail(base::ErrorCode::kQuota, "quota");
      std::uint32_t there = 0;
      for (const model::Instance& instance : sim_.bed.fake.Instances()) {
        there += instance.status == InstanceStatus::kTerminated ? 0 : 1;
      }
      INFO(sim_.Told() << call.ToText());
      CHECK(there + 1 <= size_ + surge_);
    } else if (call.kind == CallKind::kDestroy) {
      bool ended = false;
      for (const model::Instance& instance : sim_.bed.fake.Instances()) {
        ended = ended || (instance.id == call.id && instance.status == InstanceStatus::kTerminated);
      }
      INFO(sim_.Told() << call.ToText());
      CHECK((ended || given_up_.contains(call.id)));
    }
    return FakeAnswer::Go();
  }

  std::mt19937_64 random_;
  WatchSim sim_;
  std::uint32_t size_ = 0;
  std::uint32_t surge_ = 0;
  std::uint32_t replaced_ = 0;
  bool creates_fail_ = false;
  std::set<std::string> given_up_;
  base::Millis restarted_{0};
  // By instance, as seen every ten seconds.
  std::map<std::string, base::Millis> well_since_;
  std::map<std::string, base::Millis> well_until_;
};

}  // namespace

TEST_CASE("random stories: bounded, and they converge") {
  const std::uint64_t first = Number("KADENDE_SEED", 1);
  const std::uint64_t count = Number("KADENDE_STORIES", std::getenv("KADENDE_SEED") == nullptr ? 24 : 1);
  std::uint64_t replaced = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    INFO("KADENDE_SEED=" << seed);
    RandomStory story(seed);
    story.Tell();
    replaced += story.replaced();
  }
  if (count > 1) CHECK(replaced > count);  // or nothing was tried
}

}  // namespace kadende::test
