// Claims over time: renewal, expiry, loss, and the end of a lease.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "state/git_remote.h"
#include "tests/contract/history_contract.h"
#include "tests/state_remote/support.h"

using namespace kadende;
using namespace kadende::tests;
using model::ClusterState;

namespace {

constexpr auto kLifetime = std::chrono::milliseconds(900);

ports::RunClaim Seen(RemoteMachine& machine) {
  const auto view = machine.remote().Fetch("shop");
  if (!view) FAIL(view.error().message);
  REQUIRE(view->claim);
  return *view->claim;
}

}  // namespace

TEST_CASE("a claim is renewed at a third of its lifetime, which another machine sees") {
  Pair pair;
  const auto lease = Claim(*pair.ann, pair.state, kLifetime);
  const ports::RunClaim first = lease->Current();
  CHECK(Seen(*pair.bob).renewed == first.renewed);
  pair.ann->clock().Advance(kLifetime / 3);
  REQUIRE(Waits([&] { return lease->Current().commit != first.commit; }));
  const ports::RunClaim renewed = Seen(*pair.bob);
  CHECK(renewed.commit == lease->Current().commit);
  CHECK(renewed.renewed == first.renewed + kLifetime / 3);
  CHECK(renewed.run_id == first.run_id);
  CHECK(pair.ann->remote().Known("shop").has_value());
  // The state is still in it, and whoever names the first commit still means this claim.
  CHECK(Dump(pair.bob->remote().Read("shop", renewed.commit)->state) == Dump(pair.state));
  REQUIRE(pair.ann->remote().Release("shop", first.commit));
  CHECK_FALSE(pair.bob->remote().Fetch("shop")->claim);
}

TEST_CASE("an outcome is pushed although a renewal has overtaken it") {
  Pair pair;
  const auto lease = Claim(*pair.ann, pair.state, kLifetime);
  const std::string first = lease->Current().commit;
  pair.ann->clock().Advance(kLifetime / 3);
  REQUIRE(Waits([&] { return lease->Current().commit != first; }));
  ports::PublishRequest request;
  request.state = &pair.state;
  request.subject = "apply shop";
  const auto published = pair.ann->history().Publish(request);
  REQUIRE(published);
  const auto pushed = pair.ann->remote().Push("shop", "", published->commit, first);
  if (!pushed) FAIL(pushed.error().message);
  const auto view = pair.bob->remote().Fetch("shop");
  CHECK(view->tip->id == published->commit);
  CHECK_FALSE(view->claim);
}

TEST_CASE("without renewal nothing is started after two thirds of the lifetime") {
  Pair pair;
  const auto lease = Claim(*pair.ann, pair.state, kLifetime);
  pair.server->MakeBare("elsewhere");
  Shell("mv '" + pair.fixture.bare() + "' '" + pair.fixture.bare() + ".away'");  // the network is gone
  pair.ann->clock().Advance(kLifetime * 2 / 3 - std::chrono::milliseconds(1));
  CHECK(lease->MayStart());
  pair.ann->clock().Advance(std::chrono::milliseconds(1));
  CHECK_FALSE(lease->MayStart());
  // It comes back before anybody took the claim: it is renewed, and counts again.
  Shell("mv '" + pair.fixture.bare() + ".away' '" + pair.fixture.bare() + "'");
  CHECK(Waits([&] {
    pair.ann->clock().Advance(std::chrono::milliseconds(1));
    return lease->MayStart();
  }));
}

TEST_CASE("a claim that was taken over while its holder was suspended is lost for ever") {
  Pair pair;
  const auto lease = Claim(*pair.ann, pair.state, kLifetime);
  // Another way to the same place, on which the suspended one does not come.
  const std::string away = pair.fixture.bare() + ".away";
  Shell("mv '" + pair.fixture.bare() + "' '" + away + "'");
  const auto bob = MakeMachine(pair.fixture.scratch() / "bob/.kadende", {"", away});
  bob->clock().Advance(kLifetime);
  const ports::RunClaim expired = Seen(*bob);
  CHECK(expired.IsExpired(bob->clock().Now()));
  const auto taken = Claim(*bob, pair.state, kLifetime, expired.commit);
  Shell("mv '" + away + "' '" + pair.fixture.bare() + "'");
  CHECK(lease->MayStart());  // as far as it knows
  // It wakes up, tries to renew, and learns of it: after that no clock makes it start anything.
  CHECK(Waits([&] {
    pair.ann->clock().Advance(kLifetime);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    pair.ann->clock().Advance(-kLifetime);
    return !lease->MayStart();
  }));
  CHECK(Seen(*pair.bob).commit == taken->Current().commit);
}

TEST_CASE("a lease that is renewing at an unreachable remote ends within seconds") {
  Pair pair;
  auto lease = Claim(*pair.ann, pair.state, kLifetime);
  // A hook that never ends holds every push up.
  pair.Hook("pre-receive", "echo $$ > '" + pair.fixture.bare() + "/hanging'\nexec sleep 300");
  pair.ann->clock().Advance(kLifetime / 3);
  REQUIRE(Waits([&] { return !ReadFile(pair.fixture.bare() + "/hanging").empty(); }));
  const auto begin = std::chrono::steady_clock::now();
  lease.reset();
  // A renewal may take its own limit, a third of the lifetime, and git a moment to end.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
  kill(std::atoi(ReadFile(pair.fixture.bare() + "/hanging").c_str()), SIGKILL);
}
