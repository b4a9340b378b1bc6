// A run that is cut off at its N-th step, for every N, and the run after it: none lost, none doubled. A step is a
// commit of the store (before or after), a provider call (before, or after its effect), or a commit of the history.
#include <catch2/catch.hpp>

#include <atomic>
#include <stdexcept>

#include "tests/engine/apply/test_bed.h"

using namespace kadende;
using test::TestBed;

namespace {

struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

// After step N nothing works any more: every later step dies as well, so nothing of the killed run is recorded.
class Killer {
 public:
  Killer(TestBed& bed, int at) : bed_(bed), left_(at) {
    bed.store.OnCommit([this](const model::StateChanges&) -> base::Status {
      Step();
      return {};
    });
    bed.fake.on_call = [this](const test::FakeCall& call) {
      if (call.kind != test::CallKind::kCreate && call.kind != test::CallKind::kDestroy) return test::FakeAnswer::Go();
      Step();
      return Passed() ? test::FakeAnswer::Lost() : test::FakeAnswer::Go();
    };
    bed.history.before_commit = [this] { return Step(), base::Status(); };
    bed.history.after_commit = [this] { return Step(), base::Status(); };
  }
  ~Killer() {
    bed_.store.OnCommit(nullptr);
    bed_.fake.on_call = nullptr;
    bed_.history.before_commit = nullptr;
    bed_.history.after_commit = nullptr;
  }
  Killer(const Killer&) = delete;
  Killer& operator=(const Killer&) = delete;

  [[nodiscard]] bool fired() const { return fired_; }

 private:
  void Step() {
    if (left_.fetch_sub(1) > 0) return;
    fired_ = true;
    throw Killed();
  }
  // The call right before the end still has its effect, and its answer is lost.
  [[nodiscard]] bool Passed() {
    if (left_ > 0) return false;
    fired_ = true;
    return true;
  }

  TestBed& bed_;
  std::atomic<int> left_;
  std::atomic<bool> fired_ = false;
};

// True where the run got through without being killed.
bool RunUntilKilled(TestBed& bed, const model::ClusterSpec& spec, int step) {
  const Killer killer(bed, step);
  try {
    apply::RunRequest request = bed.Request(spec);
    request.execute.retry.attempts = 1;
    (void)apply::Run(request, bed.Ports());
  } catch (const Killed&) {
    return false;
  }
  return !killer.fired();
}

void RequireExactly(TestBed& bed, const model::ClusterSpec& spec, int step) {
  INFO("killed at step " << step);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto result = bed.Apply(spec);
    if (!result) FAIL(result.error().message);
    REQUIRE(result->execution.Complete());
    REQUIRE(result->publish_error.empty());
  }
  const model::ClusterState state = bed.State();
  CHECK(state.intents.empty());
  CHECK(state.IsPublished());
  const auto instances = bed.fake.Instances();
  std::size_t rows = 0;
  for (const model::GroupSpec& wanted : spec.groups) {
    const auto& group = state.groups.at(wanted.path);
    CHECK(group.LiveCount() == wanted.size);
    CHECK(group.record.current == group.record.target);
    for (const auto& [key, node] : group.nodes) {
      if (node.phase == model::NodePhase::kTombstone) continue;
      ++rows;
      CHECK(std::count_if(instances.begin(), instances.end(), [&n = node](const auto& instance) {
              return instance.id == n.instance_id && instance.owner.token == n.token;
            }) == 1);
    }
  }
  CHECK(rows == instances.size());
}

void CutEverywhere(bool idempotent, const std::function<void(TestBed&)>& before, const model::ClusterSpec& spec) {
  bool through = false;
  for (int step = 0; step < 60 && !through; ++step) {
    TestBed bed;
    bed.fake.manifest.idempotent_tokens = idempotent;
    bed.parallelism = 4;
    before(bed);
    through = RunUntilKilled(bed, spec, step);
    bed.clock.Advance(std::chrono::minutes(6));      // beyond the create timeout
    bed.clock.StepPerLook(std::chrono::seconds(3));  // beyond the pauses between listings
    RequireExactly(bed, spec, step);
  }
  CHECK(through);
}

void Nothing(TestBed& /*bed*/) {}
void ThreeOld(TestBed& bed) {
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 3}})));
}

}  // namespace

TEST_CASE("a first apply that is killed at any step is completed by the next") {
  CutEverywhere(true, Nothing, TestBed::Spec({{"web", 2}}));
}

TEST_CASE("a first apply that is killed at any step, without idempotent tokens") {
  CutEverywhere(false, Nothing, TestBed::Spec({{"web", 2}}));
}

TEST_CASE("a launch-first rollout that is killed at any step is completed by the next") {
  CutEverywhere(true, ThreeOld, TestBed::Spec({{"web", 3}}, "b"));
}

TEST_CASE("a rollout and a scale-down that are killed at any step, without idempotent tokens") {
  CutEverywhere(false, ThreeOld, TestBed::Spec({{"web", 2}}, "b"));
}

TEST_CASE("a destroy-first rollout that is killed at any step is completed by the next") {
  model::ClusterSpec spec = TestBed::Spec({{"web", 3}}, "b");
  spec.groups[0].policy.rollout.order = model::ReplaceOrder::kDestroyFirst;
  CutEverywhere(true, ThreeOld, spec);
}
