// A few machines that act on one cluster as they please, one step at a time in an order drawn by chance, while the
// network, the cloud and the machines fail: never two holders, no instance lost or doubled, and a line of commits that
// holds every success.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "tests/engine/apply/team.h"

using namespace kadende;
using test::Clone;
using test::Team;
using test::TestBed;
using test::Wire;

namespace {

constexpr base::Millis kLifetime = std::chrono::minutes(10);
constexpr int kMachines = 3;
constexpr int kTurns = 12;  // actions of each machine

// Lets one machine go on at a time, from one of its steps to the next, and says what becomes of the step, as drawn from
// the seed.
class Chance {
 public:
  Chance(Team& team, std::uint64_t seed, int machines) : team_(team), random_(seed), awaited_(machines) {
    team_.on_step = [this](Clone& clone, std::string_view step) { return Step(clone, step); };
  }
  ~Chance() { team_.on_step = nullptr; }
  Chance(const Chance&) = delete;
  Chance& operator=(const Chance&) = delete;

  // The machine's thread is at its end.
  void Leave() {
    const std::lock_guard lock(mutex_);
    --awaited_;
    running_ = nullptr;
    Next();
  }
  // A number below `limit`.
  std::uint32_t Draw(std::uint32_t limit) {
    const std::lock_guard lock(drawing_);
    return static_cast<std::uint32_t>(random_() % limit);
  }
  Wire Step(Clone& clone, std::string_view step) {
    if (judging_) return Judge(step);  // a renewal while time passes
    if (step == "store" || step == "publish" || step == "branch") return OnDisk(clone);
    std::unique_lock lock(mutex_);
    const auto later = [](Clone* a, Clone* b) { return a->name() < b->name(); };  // whichever thread came first
    waiting_.insert(std::upper_bound(waiting_.begin(), waiting_.end(), &clone, later), &clone);
    running_ = nullptr;
    Next();
    turn_.wait(lock, [&] { return running_ == &clone; });
    if (step == "push") pushing_.insert(&clone);
    if (step == "idle" || step == "claim") pushing_.erase(&clone);
    if (step == "idle") return Wire::kThrough;
    if (step == "pause") return Wire::kLost;  // time passes anyway
    if (Draw(60) == 0) clone.Kill();          // with its disk or without: its thread decides
    if (Draw(40) == 0) SuspendFor(clone, kLifetime * 3 / 2);
    return Judge(step);
  }
  [[nodiscard]] int most_holders() const { return most_holders_; }
  [[nodiscard]] int faults() const { return faults_; }

 private:
  // Kills between two steps that others could see.
  Wire OnDisk(Clone& clone) {
    if (Draw(80) == 0) {
      ++faults_;
      clone.Kill();
    }
    return Wire::kThrough;
  }

  Wire Judge(std::string_view step) {
    const bool looks = step == "look";
    const std::uint32_t draw = Draw(looks ? 40 : 14);
    if (draw > 1) return Wire::kThrough;
    ++faults_;
    return draw == 0 || looks ? Wire::kLost : Wire::kUnheard;
  }

  void SuspendFor(Clone& clone, base::Millis time) {
    clone.Suspend(true);
    ++faults_;
    awake_at_[&clone] = team_.clock.Monotonic() + time;
  }

  // With mutex_ held. Once everybody is at a step, one goes on; the others' time passes.
  void Next() {
    if (static_cast<int>(waiting_.size()) < awaited_ || waiting_.empty()) return;
    Pass(base::Millis(Draw(40'000)));
    Wake();
    while (std::all_of(waiting_.begin(), waiting_.end(), [](Clone* clone) { return clone->suspended(); })) {
      Pass(std::chrono::minutes(1));
      Wake();
    }
    std::size_t chosen = Draw(static_cast<std::uint32_t>(waiting_.size()));
    while (waiting_[chosen]->suspended()) chosen = (chosen + 1) % waiting_.size();
    running_ = waiting_[chosen];
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(chosen));
    turn_.notify_all();
  }
  void Wake() {
    for (auto& [clone, at] : awake_at_) {
      if (clone->suspended() && team_.clock.Monotonic() >= at) clone->Suspend(false);
    }
  }
  void Pass(base::Millis time) {
    judging_ = true;
    team_.Pass(time);
    judging_ = false;
    int holders = 0;
    for (const Clone& clone : team_.clones) {
      // Who pushes its outcome starts nothing more, and the push may have ended its claim before it hears of that.
      if (!clone.dead() && !pushing_.contains(&clone)) holders += clone.remote.Trusted();
    }
    most_holders_ = std::max(most_holders_, holders);
  }

  Team& team_;
  std::mutex drawing_;
  std::mt19937_64 random_;  // guarded by drawing_
  std::mutex mutex_;
  std::condition_variable turn_;
  // Guarded by mutex_, or of whoever has its turn.
  std::vector<Clone*> waiting_;  // by name
  std::map<Clone*, base::Millis> awake_at_;
  std::set<const Clone*> pushing_;
  Clone* running_ = nullptr;
  int awaited_ = 0;
  bool judging_ = false;
  int most_holders_ = 0;
  std::atomic<int> faults_ = 0;
};

model::ClusterSpec Web(std::uint32_t size, const std::string& image) {
  model::ClusterSpec spec = TestBed::Spec({{"web", size}}, image);
  // How long a create whose outcome is open is looked for, where tokens are not idempotent.
  spec.groups[0].policy.timeouts.create = std::chrono::seconds(10);
  return spec;
}

struct Tally {
  int successes = 0;
  int refusals = 0;
  int deaths = 0;
};

bool Succeeded(const base::Result<apply::RunResult>& result) {
  return result && result->published && result->execution.Complete() && result->publish_error.empty() &&
         result->push_error.empty();
}

// What people and CI machines do, in an order of no sense.
void Act(Chance& chance, Clone& clone, Tally& tally) {
  const std::uint32_t what = chance.Draw(10);
  if (what == 0) {
    (void)clone.Pull();
    return;
  }
  const model::ClusterSpec spec = Web(chance.Draw(4), chance.Draw(2) == 0 ? "a" : "b");
  const auto result = what < 4 ? clone.Heal() : clone.Apply(spec);
  tally.successes += Succeeded(result) ? 1 : 0;
  tally.refusals += result ? 0 : 1;
  const bool parted = !result && result.error().message.find("--take-remote") != std::string::npos;
  if (parted) (void)clone.Pull(true);
}

void Live(Team& team, Chance& chance, Clone*& clone, const std::string& name, Tally& tally) {
  for (int turn = 0; turn < kTurns; ++turn) {
    (void)chance.Step(*clone, "idle");
    if (!clone->Lineage().empty() || clone->Pull()) Act(chance, *clone, tally);
    if (!clone->dead()) continue;
    ++tally.deaths;
    if (chance.Draw(2) == 0) {
      clone->Revive();
    } else {
      clone = &team.Add(name + "-" + std::to_string(turn));  // its disk is gone
    }
  }
  chance.Leave();
}

// What lives in the cloud, by token, must be what state has, and each once.
void CheckWorld(Team& team, Clone& clone, std::uint32_t size) {
  const model::ClusterState state = clone.State();
  CHECK(state.intents.empty());
  CHECK(state.IsPublished());
  std::multiset<model::Token> recorded;
  for (const auto& [path, group] : state.groups) {
    for (const auto& [key, node] : group.nodes) {
      if (node.phase != model::NodePhase::kTombstone) recorded.insert(node.token);
    }
  }
  std::multiset<model::Token> there;
  for (const auto& instance : team.fake.Instances()) there.insert(instance.owner.token);
  CHECK(there == recorded);
  CHECK(there.size() == size);
}

// Until nothing is left to do, without faults.
void Settle(Team& team, Clone& clone, const model::ClusterSpec& spec) {
  std::string last;
  for (int attempt = 0; attempt < 8; ++attempt) {
    const auto result = clone.Apply(spec);
    if (result && result->nothing_to_do && result->push_error.empty() && result->publish_error.empty()) return;
    last = result ? result->push_error + result->publish_error : result.error().message;
    if (!result && last.find("--take-remote") != std::string::npos) REQUIRE(clone.Pull(true));
    team.Pass(kLifetime);
  }
  FAIL(clone.name() << " does not come to rest: " << last);
}

void Play(std::uint64_t seed, bool idempotent, Tally& all, int& faults) {
  CAPTURE(seed, idempotent);
  Team team;
  team.fake.manifest.idempotent_tokens = idempotent;
  if (!idempotent) team.clock.StepPerLook(std::chrono::seconds(3));  // beyond the pauses between listings
  REQUIRE(Succeeded(team.Add("first").Apply(Web(2, "a"))));
  std::vector<Clone*> clones;
  for (int i = 0; i < kMachines; ++i) clones.push_back(&team.Add("machine-" + std::to_string(i)));
  std::vector<Tally> tallies(kMachines);
  {
    Chance chance(team, seed, kMachines);
    {
      std::vector<std::jthread> lives;
      for (std::size_t i = 0; i < kMachines; ++i) {
        lives.emplace_back([&, i] { Live(team, chance, clones[i], "machine-" + std::to_string(i), tallies[i]); });
      }
    }
    CHECK(chance.most_holders() <= 1);
    faults += chance.faults();
  }
  int successes = 1;
  for (const Tally& tally : tallies) {
    successes += tally.successes;
    all.successes += tally.successes;
    all.refusals += tally.refusals;
    all.deaths += tally.deaths;
  }
  CHECK(team.Serial() >= static_cast<std::uint64_t>(successes));

  // The faults are over. A machine that knows nothing finds everything; the others come back to it.
  for (Clone& clone : team.clones) clone.Revive();
  team.Pass(kLifetime);
  const model::ClusterSpec spec = Web(3, "c");
  Clone& last = team.Add("last");
  Settle(team, last, spec);
  CheckWorld(team, last, 3);
  for (Clone* clone : clones) {
    Settle(team, *clone, spec);
    CheckWorld(team, *clone, 3);
  }
  CHECK(team.RunRefs() == 0);
  const auto check = test::MemoryCare(team.server).Verify("shop");
  REQUIRE(check);
  CHECK(check->fault.value_or(ports::HistoryFault{}).cause == "");
}

}  // namespace

TEST_CASE("whatever fails between machines that share a cluster, in whichever order they act") {
  const bool idempotent = GENERATE(true, false);
  Tally all;
  int faults = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) Play(seed, idempotent, all, faults);
  INFO(all.successes << " successes, " << all.refusals << " refusals, " << all.deaths << " deaths, " << faults
                     << " faults");
  // Of what would make the above say nothing.
  CHECK(all.successes > 200);
  CHECK(all.refusals > 200);
  CHECK(all.deaths > 100);
}
