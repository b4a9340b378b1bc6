#include "tests/contract/remote_contract.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/text.h"
#include "engine/model/identity.h"
#include "tests/contract/history_contract.h"

namespace kadende::tests {
namespace {

using base::ErrorCode;
using model::ClusterState;
using ports::ClaimRequest;

constexpr auto kLifetime = std::chrono::minutes(10);

std::string Text(const base::Status& status) {
  return status ? "done" : std::string(base::ErrorCodeName(status.error().code)) + ": " + status.error().message;
}

ports::RemoteView Fetch(RemoteMachine& machine, const std::string& cluster = "shop") {
  auto view = machine.remote().Fetch(cluster);
  if (!view) FAIL(view.error().message);
  return std::move(*view);
}

std::string Publish(RemoteMachine& machine, ClusterState* state, const std::string& subject = "apply shop: +1") {
  ports::PublishRequest request;
  request.state = state;
  request.time = base::FromUnixMillis(1'763'800'000'000);
  request.subject = subject;
  request.body = "the plan";
  request.actor = "ann@host";
  request.plan = "{\"format\":1}";
  const auto result = machine.history().Publish(request);
  if (!result) FAIL(result.error().message);
  MarkPublished(state, *result);
  return result->commit;
}

void Touch(ClusterState* state, std::uint32_t ordinal, const std::string& address) {
  model::NodeRecord node = SampleNode(*state, "web", ordinal, 1);
  node.address = address;
  state->Apply(model::NodeChanged{"web", node});
}

ClaimRequest RequestFor(const ClusterState& state, const std::string& run = "run-1") {
  ClaimRequest request;
  request.state = &state;
  request.holder = {"ann@laptop", "apply", 4711, base::FromUnixMillis(1'763'800'000'000)};
  request.run_id = run;
  request.lifetime = kLifetime;
  return request;
}

std::unique_ptr<ports::ClaimLease> Claim(RemoteMachine& machine, const ClusterState& state,
                                         const std::string& expected = {}) {
  ClaimRequest request = RequestFor(state);
  request.expected = expected;
  auto lease = machine.remote().Claim(request);
  if (!lease) FAIL(lease.error().message);
  return std::move(*lease);
}

ErrorCode ClaimFails(RemoteMachine& machine, const ClaimRequest& request) {
  const auto lease = machine.remote().Claim(request);
  REQUIRE_FALSE(lease);
  INFO(lease.error().message);
  return lease.error().code;
}

// A cluster that was published and pushed once.
ClusterState Pushed(RemoteMachine& machine, const std::string& name = "shop") {
  ClusterState state = SampleCluster(name);
  const std::string commit = Publish(machine, &state);
  const auto pushed = machine.remote().Push(name, "", commit, "");
  INFO(Text(pushed));
  REQUIRE(pushed);
  return state;
}

void CheckMeeting(const RemoteFixtureFactory& make) {
  const auto fixture = make();
  const auto ann = fixture->NewMachine();
  const auto bob = fixture->NewMachine();

  SECTION("an empty remote") {
    CHECK_FALSE(ann->remote().Known("shop")->has_value());
    const auto view = Fetch(*ann);
    CHECK_FALSE(view.tip);
    CHECK_FALSE(view.claim);
    CHECK(view.fetched_at == ann->clock().Now());
    REQUIRE(ann->remote().Known("shop")->has_value());
    CHECK_FALSE(ann->remote().Known("shop")->value().tip);
  }
  SECTION("what one machine pushed another one reads, and the first knows it without the network") {
    const ClusterState state = Pushed(*ann);
    const auto view = Fetch(*bob);
    REQUIRE(view.tip);
    CHECK(view.tip->id == state.cluster.commit);
    CHECK(view.tip->serial == 1);
    CHECK(view.tip->actor == "ann@host");
    const auto read = bob->remote().Read("shop", view.tip->id);
    REQUIRE(read);
    CHECK(Dump(read->state) == Dump(state));
    CHECK(read->state.cluster.commit == view.tip->id);
    CHECK(read->state.cluster.serial == 1);
    ann->Restart();
    const auto known = ann->remote().Known("shop");
    REQUIRE(known);
    REQUIRE(*known);
    CHECK((*known)->tip->id == view.tip->id);
    CHECK((*known)->address == view.address);
  }
  SECTION("what was fetched is known until the next fetch, with its time") {
    ClusterState state = Pushed(*ann);
    const auto first = Fetch(*bob);
    Touch(&state, 3, "10.0.0.9");
    const std::string before = state.cluster.commit;
    const std::string after = Publish(*ann, &state);
    REQUIRE(ann->remote().Push("shop", before, after, ""));
    bob->clock().Advance(std::chrono::hours(1));
    bob->Restart();
    const auto known = bob->remote().Known("shop");
    REQUIRE(known->has_value());
    CHECK((*known)->tip->id == before);
    CHECK((*known)->fetched_at == first.fetched_at);
    CHECK(Fetch(*bob).tip->id == after);
    CHECK(bob->remote().Known("shop")->value().fetched_at == bob->clock().Now());
  }
  SECTION("names with odd characters, and names that begin alike, stay apart") {
    const std::vector<std::string> names = {"shop", "shop2", "a b/c*?[x]~^:\\", "-ü.lock"};
    for (const auto& name : names) Pushed(*ann, name);
    for (const auto& name : names) {
      const auto view = Fetch(*bob, name);
      INFO(name);
      REQUIRE(view.tip);
      const auto read = bob->remote().Read(name, view.tip->id);
      REQUIRE(read);
      CHECK(read->state.cluster.name == name);
      CHECK_FALSE(view.claim);
    }
    const auto lease = Claim(*ann, bob->remote().Read("shop", Fetch(*bob).tip->id)->state);
    CHECK(Fetch(*bob).claim);
    CHECK_FALSE(Fetch(*bob, "shop2").claim);
  }
}

void CheckClaims(const RemoteFixtureFactory& make) {
  const auto fixture = make();
  const auto ann = fixture->NewMachine();
  const auto bob = fixture->NewMachine();

  SECTION("a claim says who, since when and on what, and carries the state with its intents") {
    ClusterState state = Pushed(*ann);
    const std::string published = Dump(state);
    state.cluster.run =
        model::Run{"run-1", model::RunKind::kApply, "ann@laptop",    base::FromUnixMillis(1'763'800'000'000),
                   "{}",    "apply shop: +2 -1",    "Plan: 2 to add"};
    for (const std::uint32_t ordinal : {1000U, 1001U}) {
      model::Intent intent;
      intent.node = {"web", {ordinal, ""}};
      intent.incarnation = 2;
      intent.token = model::MakeToken(state.cluster.lineage, "web", {ordinal, ""}, 2);
      intent.revision = state.groups.at("web").record.revisions.front().id;
      intent.reason = model::Reason::kSizeUp;
      intent.written_at = base::FromUnixMillis(1'763'800'000'000 + ordinal % 2);
      intent.run_id = "run-1";
      state.intents.emplace(std::pair{intent.node, intent.incarnation}, intent);
    }
    state.groups.at("web").record.target.size = 1002;
    state.dirty_groups.insert("web");
    const auto lease = Claim(*ann, state);
    const auto view = Fetch(*bob);
    REQUIRE(view.claim);
    CHECK(view.claim->commit == lease->Current().commit);
    CHECK(view.claim->base == state.cluster.commit);
    CHECK(view.claim->run_id == "run-1");
    CHECK(view.claim->lineage == state.cluster.lineage);
    CHECK_FALSE(view.claim->host.empty());
    CHECK(view.claim->holder.actor == "ann@laptop");
    CHECK(view.claim->holder.reason == "apply");
    CHECK(view.claim->holder.pid == 4711);
    CHECK(view.claim->lifetime == kLifetime);
    CHECK_FALSE(view.claim->IsExpired(bob->clock().Now()));
    CHECK(view.claim->IsExpired(bob->clock().Now() + kLifetime));

    const auto read = bob->remote().Read("shop", view.claim->commit);
    if (!read) FAIL(read.error().message);
    CHECK(Dump(read->state) == Dump(state));
    CHECK(Dump(read->state) != published);
    CHECK(read->state.cluster.commit == state.cluster.commit);
    CHECK(read->state.cluster.serial == 1);
    REQUIRE(read->state.cluster.run);
    CHECK(read->state.cluster.run->id == "run-1");
    CHECK(read->state.cluster.run->subject == "apply shop: +2 -1");
    CHECK(read->state.cluster.run->plan_text == "Plan: 2 to add");
    CHECK(read->state.cluster.run->started_at == state.cluster.run->started_at);
    REQUIRE(read->state.intents.size() == 2);
    for (const auto& [key, intent] : read->state.intents) {
      const model::Intent& written = state.intents.at(key);
      CHECK(intent.token == written.token);
      CHECK(intent.revision == written.revision);
      CHECK(intent.reason == written.reason);
      CHECK(intent.written_at == written.written_at);
      CHECK(intent.run_id == "run-1");
      CHECK(intent.kind == model::IntentKind::kCreate);
    }
  }
  SECTION("a second claim is refused until the first is released") {
    const ClusterState state = Pushed(*ann);
    Fetch(*bob);
    auto lease = Claim(*ann, state);
    CHECK(lease->MayStart());
    CHECK(ClaimFails(*bob, RequestFor(state)) == ErrorCode::kConflict);
    const std::string commit = lease->Current().commit;
    lease.reset();
    CHECK(ClaimFails(*bob, RequestFor(state)) == ErrorCode::kConflict);  // the run ref stays without its lease
    REQUIRE(ann->remote().Release("shop", commit));
    CHECK_FALSE(ann->remote().Known("shop")->value().claim);
    REQUIRE(ann->remote().Release("shop", commit));  // gone already
    const auto second = Claim(*bob, state);
    const auto released = ann->remote().Release("shop", commit);
    REQUIRE_FALSE(released);
    CHECK(released.error().code == ErrorCode::kConflict);
    CHECK(Fetch(*ann).claim->commit == second->Current().commit);
  }
  SECTION("a claim on a branch that has moved is refused, and leaves no run ref") {
    ClusterState state = Pushed(*ann);
    Fetch(*bob);
    const ClusterState behind = state;
    Touch(&state, 3, "10.0.0.9");
    const std::string before = state.cluster.commit;
    REQUIRE(ann->remote().Push("shop", before, Publish(*ann, &state), ""));
    CHECK(ClaimFails(*bob, RequestFor(behind)) == ErrorCode::kConflict);
    CHECK_FALSE(Fetch(*ann).claim);
    // Two first applies that know nothing of each other.
    CHECK(ClaimFails(*bob, RequestFor(SampleCluster())) == ErrorCode::kConflict);
    CHECK_FALSE(Fetch(*ann).claim);
  }
  SECTION("what a claim took the place of comes back where the claim cannot stand") {
    ClusterState state = Pushed(*ann);
    const ClusterState behind = state;
    Fetch(*bob);
    Touch(&state, 3, "10.0.0.9");
    REQUIRE(ann->remote().Push("shop", behind.cluster.commit, Publish(*ann, &state), ""));
    const auto lease = Claim(*ann, state);
    ClaimRequest takes = RequestFor(behind, "run-2");
    takes.expected = lease->Current().commit;
    Fetch(*bob);
    CHECK(ClaimFails(*bob, takes) == ErrorCode::kConflict);
    CHECK(Fetch(*bob).claim->commit == lease->Current().commit);
  }
  SECTION("a run ref is taken over by who names it, once") {
    const ClusterState state = Pushed(*ann);
    Fetch(*bob);
    const auto carol = fixture->NewMachine();
    Fetch(*carol);
    const auto first = Claim(*ann, state);
    const std::string held = first->Current().commit;
    const auto second = Claim(*bob, state, held);
    ClaimRequest late = RequestFor(state, "run-3");
    late.expected = held;
    CHECK(ClaimFails(*carol, late) == ErrorCode::kConflict);
    CHECK(Fetch(*carol).claim->commit == second->Current().commit);
    const auto pushed = ann->remote().Push("shop", state.cluster.commit, state.cluster.commit, held);
    CHECK(pushed.error().code == ErrorCode::kConflict);
  }
  SECTION("of many claims at once exactly one wins") {
    const ClusterState state = Pushed(*ann);
    constexpr int kMany = 6;
    std::vector<std::unique_ptr<RemoteMachine>> machines;
    for (int i = 0; i < kMany; ++i) {
      machines.push_back(fixture->NewMachine());
      Fetch(*machines.back());
    }
    std::vector<base::Result<std::unique_ptr<ports::ClaimLease>>> results(kMany);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < kMany; ++i) {
        threads.emplace_back([&, i] {
          ClaimRequest request = RequestFor(state, "run-" + std::to_string(i));
          results[i] = machines[i]->remote().Claim(request);
        });
      }
    }
    int winners = 0;
    for (const auto& result : results) {
      winners += result ? 1 : 0;
      if (result) {
        CHECK(Fetch(*ann).claim->commit == (*result)->Current().commit);
      } else {
        INFO(result.error().message);
        CHECK(result.error().code == ErrorCode::kConflict);
      }
    }
    CHECK(winners == 1);
  }
}

void CheckPushes(const RemoteFixtureFactory& make) {
  const auto fixture = make();
  const auto ann = fixture->NewMachine();
  const auto bob = fixture->NewMachine();
  ClusterState state = Pushed(*ann);
  const std::string base = state.cluster.commit;

  SECTION("an outcome advances the branch and clears the run ref in one step") {
    auto lease = Claim(*ann, state);
    const std::string claim = lease->Current().commit;
    Touch(&state, 3, "10.0.0.9");
    const std::string outcome = Publish(*ann, &state);
    const auto pushed = ann->remote().Push("shop", base, outcome, claim);
    INFO(Text(pushed));
    REQUIRE(pushed);
    const auto known = ann->remote().Known("shop");
    CHECK((*known)->tip->id == outcome);
    CHECK_FALSE((*known)->claim);
    const auto view = Fetch(*bob);
    CHECK(view.tip->id == outcome);
    CHECK_FALSE(view.claim);
  }
  SECTION("a run that changed nothing clears its run ref alone") {
    const auto lease = Claim(*ann, state);
    REQUIRE(ann->remote().Push("shop", base, base, lease->Current().commit));
    CHECK_FALSE(Fetch(*bob).claim);
    CHECK(Fetch(*bob).tip->id == base);
  }
  SECTION("where the run ref was taken over, the branch does not move") {
    const auto lease = Claim(*ann, state);
    Fetch(*bob);
    const auto taken = Claim(*bob, state, lease->Current().commit);
    Touch(&state, 3, "10.0.0.9");
    const auto pushed = ann->remote().Push("shop", base, Publish(*ann, &state), lease->Current().commit);
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().code == ErrorCode::kConflict);
    CHECK(Fetch(*bob).tip->id == base);
    CHECK(Fetch(*bob).claim->commit == taken->Current().commit);
  }
  SECTION("where the branch has moved, the run ref stays") {
    const auto lease = Claim(*ann, state);
    ClusterState other = state;
    Fetch(*bob);
    Touch(&other, 5, "10.0.0.5");
    // Somebody who does not keep to the rules.
    const auto rogue = fixture->NewMachine();
    ClusterState alone = SampleCluster();
    const std::string foreign = Publish(*rogue, &alone, "a line of its own");
    Fetch(*rogue);
    REQUIRE(rogue->remote().Push("shop", base, foreign, Fetch(*rogue).claim->commit));
    const auto again = Claim(*bob, [&] {
      Fetch(*bob);
      return bob->remote().Read("shop", foreign)->state;
    }());
    Touch(&state, 3, "10.0.0.9");
    const auto pushed = ann->remote().Push("shop", base, Publish(*ann, &state), again->Current().commit);
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().code == ErrorCode::kConflict);
    CHECK(Fetch(*bob).tip->id == foreign);
    CHECK(Fetch(*bob).claim->commit == again->Current().commit);
  }
  SECTION("a push without a claim is refused while somebody holds one") {
    const auto lease = Claim(*ann, state);
    ClusterState other = state;
    Touch(&other, 5, "10.0.0.5");
    const auto pushed = ann->remote().Push("shop", base, Publish(*ann, &other), "");
    REQUIRE_FALSE(pushed);
    CHECK(pushed.error().code == ErrorCode::kConflict);
    CHECK(Fetch(*bob).tip->id == base);
  }
  SECTION("of two pushes of the same step one wins") {
    ClusterState mine = state;
    Fetch(*bob);
    Touch(&mine, 3, "10.0.0.3");
    const std::string one = Publish(*ann, &mine);
    ClusterState theirs = SampleCluster();
    const std::string two = Publish(*bob, &theirs, "another line");
    base::Status first;
    base::Status second;
    {
      const std::jthread a([&] { first = ann->remote().Push("shop", base, one, ""); });
      const std::jthread b([&] { second = bob->remote().Push("shop", base, two, ""); });
    }
    INFO(Text(first) << "\n" << Text(second));
    CHECK(first.has_value() != second.has_value());
    CHECK((first ? second : first).error().code == ErrorCode::kConflict);
    CHECK(Fetch(*ann).tip->id == (first ? one : two));
  }
  SECTION("a branch that went back, or is gone, is seen as it is") {
    Touch(&state, 3, "10.0.0.9");
    const std::string next = Publish(*ann, &state);
    REQUIRE(ann->remote().Push("shop", base, next, ""));
    CHECK(Fetch(*bob).tip->id == next);
    REQUIRE(ann->remote().Push("shop", next, base, ""));
    CHECK(Fetch(*bob).tip->id == base);
    CHECK(bob->remote().Read("shop", next));  // still here
  }
}

}  // namespace

void CheckRemoteContract(const RemoteFixtureFactory& make_fixture) {
  SECTION("meeting") {
    CheckMeeting(make_fixture);
  }
  SECTION("claims") {
    CheckClaims(make_fixture);
  }
  SECTION("pushes") {
    CheckPushes(make_fixture);
  }
}

}  // namespace kadende::tests
