// Runs of a cluster that several machines share: who may act, and what becomes of those who were cut off.
#include <array>
#include <atomic>
#include <barrier>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/engine/apply/team.h"

using namespace kadende;
using base::ErrorCode;
using test::Clone;
using test::Team;
using test::TestBed;
using test::Wire;

namespace {

constexpr base::Millis kLifetime = std::chrono::minutes(10);

model::ClusterSpec Web(std::uint32_t size, const std::string& image = "a") {
  return TestBed::Spec({{"web", size}}, image);
}

apply::RunResult Applied(Clone& clone, const model::ClusterSpec& spec) {
  auto result = clone.Apply(spec);
  if (!result) FAIL(clone.name() << ": " << result.error().message);
  INFO(result->publish_error << result->push_error);
  REQUIRE(result->execution.Complete());
  REQUIRE(result->publish_error.empty());
  REQUIRE(result->push_error.empty());
  return std::move(*result);
}

base::Error Refused(Clone& clone, const model::ClusterSpec& spec) {
  const auto result = clone.Apply(spec);
  REQUIRE_FALSE(result);
  return result.error();
}

bool Has(const std::string& text, const std::string& part) {
  INFO(text);
  const bool has = text.find(part) != std::string::npos;
  CHECK(has);
  return has;
}

// All is as after runs that nobody disturbed.
void CheckSettled(Team& team, const std::string& world) {
  CHECK(team.World() == world);
  CHECK(team.RunRefs() == 0);
  const auto check = test::MemoryCare(team.server).Verify("shop");
  REQUIRE(check);
  CHECK(check->fault.value_or(ports::HistoryFault{}).cause == "");
  Clone& fresh = team.Add("fresh");
  REQUIRE(fresh.Pull());
  const model::ClusterState state = fresh.State();
  CHECK(state.intents.empty());
  std::size_t rows = 0;
  for (const auto& [path, group] : state.groups) {
    for (const auto& [key, node] : group.nodes) rows += node.phase == model::NodePhase::kTombstone ? 0 : 1;
  }
  CHECK(rows == team.fake.Instances().size());
}

// Does something at the first step of this name that one machine makes; the result is the step's.
void At(Team& team, Clone& clone, const std::string& step, const std::function<Wire()>& then) {
  team.on_step = [&team, &clone, step, then, done = std::make_shared<bool>(false)](Clone& who, std::string_view what) {
    if (*done || &who != &clone || what != step) return Wire::kThrough;
    *done = true;
    return then();
  };
}

// No way to the remote for one machine, from now on.
void CutOff(Team& team, Clone& clone) {
  team.on_step = [&clone](Clone& who, std::string_view step) {
    const bool remote =
        step == "fetch" || step == "list" || step == "claim" || step == "renew" || step == "push" || step == "release";
    return &who == &clone && remote ? Wire::kLost : Wire::kThrough;
  };
}

}  // namespace

TEST_CASE("a run is claimed before its first call, and its end is in the push of its outcome") {
  Team team;
  Clone& ann = team.Add("ann");
  std::size_t claimed = 0;
  At(team, ann, "create", [&] {
    claimed = team.RunRefs();
    const auto claim = team.server.Find(team.server.Ref(test::MemoryRunRef("shop")));
    REQUIRE(claim);
    CHECK(claim->state.intents.size() == 2);  // all that the run may create
    CHECK(team.Serial() == 0);
    return Wire::kThrough;
  });
  Applied(ann, Web(2));
  CHECK(claimed == 1);
  CHECK(team.Serial() == 1);
  Clone& bob = team.Add("bob");
  CHECK(Applied(bob, Web(2)).nothing_to_do);
  CHECK(team.Serial() == 1);
  CheckSettled(team, "web[0]#1 web[1]#1");
}

TEST_CASE("who comes while somebody holds the cluster is told who, and touches nothing") {
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  Applied(ann, Web(1));
  At(team, ann, "create", [&] {
    const base::Error refused = Refused(bob, Web(3));
    CHECK(refused.code == ErrorCode::kConflict);
    Has(refused.message, "cluster shop is locked by ann on ann (apply, pid ");
    Has(refused.message, "`kadende state unlock` breaks it");
    CHECK(bob.Heal().value().locked_out.find("locked by ann") != std::string::npos);
    return Wire::kThrough;
  });
  Applied(ann, Web(2));
  CHECK(team.fake.Calls(test::CallKind::kCreate).size() == 2);
  Applied(bob, Web(3));
  CheckSettled(team, "web[0]#1 web[1]#1 web[2]#1");
}

TEST_CASE("who waits for the holder goes on from what it leaves") {
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  Applied(ann, Web(1));
  // Bob comes while Ann holds it; she dies, and he waits until her lock expires.
  At(team, ann, "create", [&] {
    ann.Kill();
    return Wire::kThrough;
  });
  CHECK(ann.Apply(Web(2)).error().code == ErrorCode::kCancelled);
  const model::ClusterSpec spec = Web(3);
  apply::RunRequest request = bob.Request(spec);
  request.lock_wait = kLifetime * 2;
  const auto result = bob.Run(request);
  if (!result) FAIL(result.error().message);
  CHECK(bob.observer.Count(model::EventKind::kRunTakenOver) == 1);
  CheckSettled(team, "web[0]#1 web[1]#1 web[2]#1");
}

TEST_CASE("of many who ask at once exactly one gets it, and the others are told who") {
  constexpr int kMany = 6;
  Team team;
  Applied(team.Add("first"), Web(1));
  std::vector<Clone*> clones;
  for (int i = 0; i < kMany; ++i) {
    clones.push_back(&team.Add("clone-" + std::to_string(i)));
    REQUIRE(clones.back()->Pull());
  }
  // All have looked and nobody has asked yet; the winner acts once the others have been refused.
  std::barrier asking(kMany);
  std::barrier refused(kMany);
  std::array<std::atomic<int>, kMany> asked{};
  team.on_step = [&](Clone& who, std::string_view step) {
    const auto number = std::stoul(who.name().substr(6));
    if (step == "claim" && asked[number]++ == 0) asking.arrive_and_wait();
    if (step == "create") refused.arrive_and_wait();
    return Wire::kThrough;
  };
  std::vector<base::Result<apply::RunResult>> results(kMany);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kMany; ++i) {
      threads.emplace_back([&, i] {
        results[i] = clones[i]->Apply(Web(2));
        if (!results[i]) refused.arrive_and_drop();
      });
    }
  }
  int winners = 0;
  std::string winner;
  for (std::size_t i = 0; i < kMany; ++i) {
    if (results[i]) winner = clones[i]->name();
    winners += results[i] ? 1 : 0;
  }
  CHECK(winners == 1);
  for (const auto& result : results) {
    if (result) continue;
    CHECK(result.error().code == ErrorCode::kConflict);
    Has(result.error().message, "cluster shop is locked by " + winner);
  }
  team.on_step = nullptr;
  CheckSettled(team, "web[0]#1 web[1]#1");
}

TEST_CASE("a holder that is awake keeps its lock for as long as its run takes") {
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  At(team, ann, "create", [&] {
    team.Pass(kLifetime * 5);
    Has(Refused(bob, Web(1)).message, "locked by ann");
    return Wire::kThrough;
  });
  CHECK(Applied(ann, Web(2)).execution.done.create == 2);
  CheckSettled(team, "web[0]#1 web[1]#1");
}

TEST_CASE("a machine that dies in mid-run is followed by one that finds every instance") {
  // Whether its last call had its effect, whether tokens are idempotent, and whether it comes back with its disk.
  const bool effect = GENERATE(true, false);
  const bool idempotent = GENERATE(true, false);
  const bool comes_back = GENERATE(true, false);
  CAPTURE(effect, idempotent, comes_back);
  Team team;
  team.fake.manifest.idempotent_tokens = idempotent;
  Clone& ann = team.Add("ann");
  Applied(ann, Web(1));
  int creates = 0;
  team.fake.on_call = [&](const test::FakeCall& call) {
    if (call.kind != test::CallKind::kCreate || ++creates < 2) return test::FakeAnswer::Go();
    ann.Kill();
    return effect ? test::FakeAnswer::Lost() : test::FakeAnswer::Fail(ErrorCode::kUnavailable, "no answer");
  };
  CHECK(ann.Apply(Web(4)).error().code == ErrorCode::kCancelled);
  team.fake.on_call = nullptr;
  Clone& bob = team.Add("bob");
  CHECK(Refused(bob, Web(4)).code == ErrorCode::kConflict);
  team.Pass(kLifetime);
  team.clock.StepPerLook(std::chrono::seconds(3));  // beyond the pauses between listings
  Applied(bob, Web(4));
  CHECK(bob.observer.Count(model::EventKind::kRunTakenOver) == 1);
  CHECK(team.fake.Instances().size() == 4);
  if (comes_back) {
    ann.Revive();
    CHECK(Applied(ann, Web(4)).nothing_to_do);
    CHECK(ann.State().intents.empty());
  }
  CHECK(team.fake.created() == 4);
  CheckSettled(team, team.World());
}

TEST_CASE("who dies in taking over loses nothing of what it took over") {
  // The claim is its own by then, and its store has not heard of what stands in it.
  const std::string step = GENERATE("list", "store");
  const bool same_machine = GENERATE(true, false);
  CAPTURE(step, same_machine);
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  Applied(ann, Web(1));
  At(team, ann, "create", [&] {
    ann.Kill();
    return Wire::kThrough;
  });
  team.fake.on_call = [](const test::FakeCall& call) {
    return call.kind == test::CallKind::kCreate ? test::FakeAnswer::Lost() : test::FakeAnswer::Go();
  };
  CHECK(ann.Apply(Web(3)).error().code == ErrorCode::kCancelled);
  team.fake.on_call = nullptr;
  team.Pass(kLifetime);
  REQUIRE(bob.Pull());
  At(team, bob, "claim", [&] {
    At(team, bob, step, [&] {
      bob.Kill();
      return Wire::kThrough;
    });
    return Wire::kThrough;
  });
  CHECK(bob.Apply(Web(3)).error().code == ErrorCode::kCancelled);
  const auto claim = team.server.Find(team.server.Ref(test::MemoryRunRef("shop")));
  REQUIRE(claim);
  REQUIRE(claim->claim->host == "bob");

  if (!same_machine) team.Pass(kLifetime);
  Clone& next = same_machine ? bob : team.Add("carol");
  next.Revive();
  Applied(next, Web(1));
  // Ann's creates are settled: made again under their tokens and destroyed, never forgotten.
  CHECK(next.State().groups.at("web").HighestIncarnation(1) >= 1);
  CHECK(next.State().groups.at("web").HighestIncarnation(2) >= 1);
  CheckSettled(team, "web[0]#1");
}

TEST_CASE("the machine that died goes on by itself, without waiting for its own lock") {
  for (const char* const step : {"create", "push", "publish", "store"}) {
    CAPTURE(step);
    Team team;
    Clone& ann = team.Add("ann");
    Applied(ann, Web(1));
    At(team, ann, "claim", [&] {
      At(team, ann, step, [&] {
        ann.Kill();
        return Wire::kThrough;
      });
      return Wire::kThrough;
    });
    CHECK(ann.Apply(Web(3)).error().code == ErrorCode::kCancelled);
    CHECK(team.RunRefs() == 1);
    ann.Revive();
    Applied(ann, Web(3));
    CheckSettled(team, "web[0]#1 web[1]#1 web[2]#1");
  }
}

TEST_CASE("a holder that was suspended past its lifetime starts nothing more") {
  const bool taken_over = GENERATE(true, false);
  CAPTURE(taken_over);
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  Applied(ann, Web(1));
  std::size_t before = 0;
  At(team, ann, "create", [&] {
    ann.Suspend(true);
    if (taken_over) {
      team.Pass(kLifetime);
      Applied(bob, Web(3));
      before = team.fake.created();
    } else {
      team.Pass(kLifetime * 2 / 3);
    }
    ann.Suspend(false);
    return Wire::kThrough;
  });
  const auto result = ann.Apply(Web(3));
  if (!result) FAIL(result.error().message);
  CHECK(result->execution.interrupted);
  CHECK_FALSE(result->execution.Complete());
  team.on_step = nullptr;
  if (taken_over) {
    CHECK(team.fake.created() == before);  // the call that was under way asked for what Bob had made
    CHECK_FALSE(result->push_error.empty());
  } else {
    CHECK(team.fake.created() == 2);  // the call that was under way
  }
  Applied(ann, Web(3));
  CheckSettled(team, "web[0]#1 web[1]#1 web[2]#1");
}

TEST_CASE("a lock that a person broke is not its holder's any more, however much it is alive") {
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  Applied(ann, Web(1));
  At(team, ann, "create", [&] {
    const auto view = bob.remote.Fetch("shop");
    REQUIRE(view);
    CHECK(apply::Unlock("shop", *view, "bob", bob.Ports()).value());
    CHECK_FALSE(apply::Unlock("shop", *view, "bob", bob.Ports()).value());  // it changed hands meanwhile
    team.Pass(kLifetime / 3);                                               // she tries to renew
    Applied(bob, Web(2));
    return Wire::kThrough;
  });
  const auto result = ann.Apply(Web(4));
  if (!result) FAIL(result.error().message);
  CHECK(result->execution.interrupted);
  CHECK_FALSE(result->push_error.empty());
  team.on_step = nullptr;
  CHECK(team.World() == "web[0]#1 web[1]#1");
  Applied(ann, Web(4));
  // What she was about to create was given up by who took over: those incarnations are spent.
  CheckSettled(team, "web[0]#1 web[1]#1 web[2]#2 web[3]#2");
}

TEST_CASE("a lock that is broken in mid-rollout still tells what its run was about") {
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  Applied(ann, Web(2));
  At(team, ann, "create", [&] {
    ann.Kill();
    return Wire::kUnheard;
  });
  CHECK(ann.Apply(Web(2, "b")).error().code == ErrorCode::kCancelled);
  REQUIRE(bob.Pull());
  const auto view = bob.remote.Fetch("shop");
  REQUIRE(view);
  const auto before = bob.remote.Read("shop", view->claim->commit);
  REQUIRE(before);
  REQUIRE(apply::Unlock("shop", *view, "bob", bob.Ports()).value());
  const auto broken = bob.remote.Fetch("shop");
  const auto after = bob.remote.Read("shop", broken->claim->commit);
  if (!after) FAIL(after.error().message);
  CHECK(after->state.groups.at("web").record.target == before->state.groups.at("web").record.target);
  CHECK(after->state.intents == before->state.intents);
  team.Pass(std::chrono::seconds(1));
  Applied(bob, Web(2, "b"));
  CheckSettled(team, team.World());
}

TEST_CASE("without a way to the remote an apply does nothing, and says so") {
  Team team;
  Clone& ann = team.Add("ann");
  Applied(ann, Web(1));
  CutOff(team, ann);
  const base::Error refused = Refused(ann, Web(3));
  CHECK(refused.code == ErrorCode::kUnavailable);
  Has(refused.message, "its remote cannot be asked; nothing was done");
  CHECK(team.fake.created() == 1);
  CHECK(ann.State().groups.at("web").record.target.size == 1);
}

TEST_CASE("a claim that is lost on its way leaves nothing behind that the next run trips over") {
  const Wire how = GENERATE(Wire::kLost, Wire::kUnheard, Wire::kDenied);
  const bool looked_up = GENERATE(true, false);
  CAPTURE(static_cast<int>(how), looked_up);
  Team team;
  Clone& ann = team.Add("ann");
  Applied(ann, Web(1));
  bool lost = false;
  team.on_step = [&](Clone& /*who*/, std::string_view step) {
    if (step == "claim" && !std::exchange(lost, true)) return how;
    return lost && !looked_up && step == "list" ? Wire::kLost : Wire::kThrough;
  };
  const auto result = ann.Apply(Web(3));
  team.on_step = nullptr;
  if (how == Wire::kUnheard && looked_up) {
    REQUIRE(result);  // found to have worked
  } else {
    REQUIRE_FALSE(result);
    CHECK(team.fake.created() == 1);
    CHECK(ann.State().groups.at("web").record.target.size == 1);
    CHECK(team.RunRefs() == (how == Wire::kUnheard ? 1 : 0));
    Applied(ann, Web(3));
  }
  CheckSettled(team, "web[0]#1 web[1]#1 web[2]#1");
}

TEST_CASE("a remote that is lost in mid-run freezes it when the lock cannot be trusted any more") {
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  Applied(ann, Web(1));
  At(team, ann, "create", [&] {
    CutOff(team, ann);
    team.Pass(kLifetime * 2 / 3);
    return Wire::kThrough;
  });
  const auto result = ann.Apply(Web(4));
  REQUIRE(result);
  CHECK(result->execution.interrupted);
  Has(result->push_error, "cannot reach memory://team");
  CHECK(team.World() == "web[0]#1 web[1]#1");  // the call that was under way, no more
  const bool she_first = GENERATE(true, false);
  team.on_step = nullptr;
  if (!she_first) {
    CHECK(Refused(bob, Web(4)).code == ErrorCode::kConflict);
    team.Pass(kLifetime);
    Applied(bob, Web(4));
  }
  Applied(ann, Web(4));
  CheckSettled(team, "web[0]#1 web[1]#1 web[2]#1 web[3]#1");
}

TEST_CASE("a single watcher that may goes on healing without its remote") {
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  Applied(ann, Web(2));
  REQUIRE(bob.Pull());
  ann.unclaimed_when_lost = GENERATE(true, false);
  const auto lost = team.fake.FindByNode("web[1]");
  REQUIRE(lost);
  team.fake.SetStatus(lost->id, model::InstanceStatus::kTerminated);
  team.clock.Advance(std::chrono::minutes(1));
  CutOff(team, ann);
  const auto healed = ann.Heal();
  team.on_step = nullptr;
  if (!ann.unclaimed_when_lost) {
    REQUIRE_FALSE(healed);
    CHECK(team.fake.created() == 2);
    return;
  }
  REQUIRE(healed);
  CHECK(team.fake.created() == 3);
  CHECK(ann.State().IsPublished());

  SECTION("what it did goes out when the remote is back") {
    Applied(ann, Web(2));
    CheckSettled(team, team.World());
  }
}

TEST_CASE("where both moved the remote wins, and nothing that only the other knows is lost") {
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  Applied(ann, Web(2));
  REQUIRE(bob.Pull());
  // She acts without a claim, and the cloud's listing is late to show what she made.
  ann.unclaimed_when_lost = true;
  CutOff(team, ann);
  REQUIRE(ann.Apply(Web(3)));
  team.on_step = nullptr;
  const auto made = team.fake.FindByNode("web[2]");
  REQUIRE(made);
  team.fake.Hide(made->id, true);
  Applied(bob, Web(2, "b"));
  team.fake.Hide(made->id, false);

  const base::Error refused = Refused(ann, Web(3, "b"));
  CHECK(refused.code == ErrorCode::kConflict);
  Has(refused.message, "both moved, and only this one knows of");
  Has(refused.message, "web[2] (" + made->id + ")");
  Has(refused.message, "`kadende state pull --take-remote` goes on from the remote's");
  REQUIRE(ann.Pull(true));
  const auto stranded = ann.lines.Stranded(ann.Lineage());
  REQUIRE(stranded->size() == 1);
  CHECK(stranded->front().serial == 2);
  CHECK(stranded->front().actor == "ann");
  Applied(ann, Web(3, "b"));
  CHECK(team.fake.Instances().size() == 3);
  CheckSettled(team, team.World());
}

TEST_CASE("an outcome that is lost on its way to the remote is there after the next run") {
  const Wire how = GENERATE(Wire::kLost, Wire::kUnheard);
  const bool looked_up = GENERATE(true, false);
  CAPTURE(static_cast<int>(how), looked_up);
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  Applied(ann, Web(1));
  bool pushing = false;
  team.on_step = [&](Clone& /*who*/, std::string_view step) {
    if (step == "push") pushing = true;
    if (step == "push") return how;
    return pushing && !looked_up && (step == "list" || step == "fetch") ? Wire::kLost : Wire::kThrough;
  };
  const auto result = ann.Apply(Web(3));
  REQUIRE(result);
  CHECK(result->execution.Complete());
  team.on_step = nullptr;
  const bool arrived = how == Wire::kUnheard;
  CHECK(result->push_error.empty() == (arrived && looked_up));
  CHECK(team.Serial() == (arrived ? 2 : 1));
  CHECK(team.RunRefs() == (arrived ? 0 : 1));
  const bool same_machine = GENERATE(true, false);
  if (!same_machine) {
    team.Pass(kLifetime);
    Applied(bob, Web(3));
  }
  Applied(ann, Web(3));
  CHECK(team.fake.created() == 3);
  CheckSettled(team, "web[0]#1 web[1]#1 web[2]#1");
}

TEST_CASE("two first applies that know nothing of each other make one cluster") {
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  At(team, ann, "claim", [&] {
    Applied(bob, Web(2));
    return Wire::kThrough;
  });
  const auto result = ann.Apply(Web(2));
  team.on_step = nullptr;
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::kConflict);
  CHECK(Applied(ann, Web(2)).nothing_to_do);
  CheckSettled(team, "web[0]#1 web[1]#1");
}

TEST_CASE("a branch on which somebody put a commit of their own stops everybody") {
  Team team;
  Clone& ann = team.Add("ann");
  Applied(ann, Web(1));
  const std::string branch = test::MemoryBranch("shop");
  const std::string first = team.server.Ref(branch);
  test::MemoryCommit foreign;
  foreign.summary.subject = "a commit of their own";
  foreign.parent = first;
  const std::string commit = team.server.Put(foreign);
  REQUIRE(team.server.Move(branch, first, commit));
  CHECK(Refused(ann, Web(2)).message ==
        "the branch of shop on memory://team is at " + commit.substr(0, 12) +
            ", which is no version of a cluster: somebody else wrote it. Put it back to serial 1 (" +
            first.substr(0, 12) + "), or remove that branch: `kadende state push --force-rewound` puts ours there");
  CHECK(team.fake.created() == 1);
  REQUIRE(team.server.Move(branch, commit, ""));
  CHECK(apply::PushShared({ann.Lineage(), "ann", true, {}}, ann.Ports()).value());
  Applied(ann, Web(2));
  CheckSettled(team, "web[0]#1 web[1]#1");
}

TEST_CASE("a branch that somebody rewound stops everybody until a person decides") {
  Team team;
  Clone& ann = team.Add("ann");
  Clone& bob = team.Add("bob");
  Applied(ann, Web(1));
  const std::string first = team.server.Ref(test::MemoryBranch("shop"));
  Applied(ann, Web(2));
  REQUIRE(bob.Pull());
  REQUIRE(team.server.Move(test::MemoryBranch("shop"), team.server.Ref(test::MemoryBranch("shop")), first));
  for (Clone* clone : {&ann, &bob}) {
    const base::Error refused = Refused(*clone, Web(3));
    CHECK(refused.code == ErrorCode::kConflict);
    Has(refused.message, "somebody rewound or rewrote it");
  }
  CHECK(team.fake.created() == 2);
  SECTION("for what was there") {
    CHECK(apply::PushShared({ann.Lineage(), "ann", true, {}}, ann.Ports()).value());
    Applied(bob, Web(3));
  }
  SECTION("for what is there now: what only the old line knew is kept") {
    REQUIRE(bob.Pull(true));
    CHECK(bob.lines.Stranded(bob.Lineage())->size() == 1);
    Applied(bob, Web(3));
    CHECK(Applied(team.Add("carol"), Web(3)).nothing_to_do);
  }
  CHECK(team.fake.Instances().size() == 3);
  CheckSettled(team, team.World());
}
