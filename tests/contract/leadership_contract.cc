#include "tests/contract/leadership_contract.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

namespace kadende::tests {
namespace {

using Groups = std::vector<std::string>;

ports::Holder Ann() {
  return {"ann@laptop", "apply", 4711, base::FromUnixMillis(1'763'800'000'000)};
}
ports::Holder Bob() {
  return {"bob@ci", "watch", 4712, base::FromUnixMillis(1'763'800'001'000)};
}

constexpr base::Millis kNow(0);

std::string Refusal(ports::Leadership& leadership, const std::string& lineage, const Groups& groups) {
  const auto lease = leadership.Acquire(lineage, groups, Bob(), kNow);
  if (lease) return "granted";
  CHECK(lease.error().code == base::ErrorCode::kConflict);
  return lease.error().message;
}

}  // namespace

void CheckLeadershipContract(const LeadershipFactory& make) {
  using Catch::Contains;
  const auto one = make();
  const auto two = make();

  SECTION("a held group is refused, and the message names group, holder, reason and since when") {
    const auto lease = one->Acquire("l1", Groups{"web"}, Ann(), kNow);
    REQUIRE(lease);
    CHECK((*lease)->MayStart());
    const std::string message = Refusal(*two, "l1", {"web"});
    CHECK_THAT(message, Contains("`web`") && Contains("apply") && Contains("ann@laptop") && Contains("4711") &&
                            Contains("2025-11-22T08:26:40Z"));
  }
  SECTION("other groups and other clusters are free") {
    const auto lease = one->Acquire("l2", Groups{"web"}, Ann(), kNow);
    REQUIRE(lease);
    CHECK(two->Acquire("l2", Groups{"data/db", "web-2"}, Bob(), kNow));
    CHECK(two->Acquire("l2-other", Groups{"web"}, Bob(), kNow));
  }
  SECTION("all or none: what a refused request named stays free") {
    const auto lease = one->Acquire("l3", Groups{"m"}, Ann(), kNow);
    REQUIRE(lease);
    CHECK_THAT(Refusal(*two, "l3", {"z", "m", "a"}), Contains("`m`"));
    CHECK(one->Acquire("l3", Groups{"a", "z"}, Ann(), kNow));
  }
  SECTION("the whole cluster excludes every group, and every group the whole cluster") {
    {
      const auto whole = one->Acquire("l4", Groups{}, Ann(), kNow);
      REQUIRE(whole);
      CHECK_THAT(Refusal(*two, "l4", {"web"}), Contains("cluster") && Contains("ann@laptop"));
      CHECK_THAT(Refusal(*two, "l4", {}), Contains("ann@laptop"));
    }
    const auto group = one->Acquire("l4", Groups{"data/db"}, Ann(), kNow);
    REQUIRE(group);
    CHECK_THAT(Refusal(*two, "l4", {}), Contains("`data/db`") && Contains("ann@laptop"));
  }
  SECTION("a lease ends with its object") {
    { REQUIRE(one->Acquire("l5", Groups{"web"}, Ann(), kNow)); }
    CHECK(two->Acquire("l5", Groups{"web"}, Bob(), kNow));
  }
  SECTION("a request waits until the holder is done") {
    auto lease = one->Acquire("l6", Groups{"web"}, Ann(), kNow);
    REQUIRE(lease);
    std::atomic<bool> asked = false;
    std::atomic<bool> granted = false;
    std::thread waiter([&] {
      asked = true;
      granted = two->Acquire("l6", Groups{"web"}, Bob(), base::Millis(30'000)).has_value();
    });
    while (!asked) std::this_thread::yield();
    lease->reset();
    waiter.join();
    CHECK(granted);
  }
  SECTION("a group named twice, and names with any characters") {
    const Groups names{
        "web", "web", "../../etc", "a b", "\xC3\xA4", std::string(400, 'x'), std::string(400, 'x') + "y"};
    const auto lease = one->Acquire("new:my shop/x", names, Ann(), kNow);
    REQUIRE(lease);
    for (const auto& name : names) CHECK(Refusal(*two, "new:my shop/x", {name}) != "granted");
    CHECK(two->Acquire("new:my shop/x", Groups{"%2E%2E", "A b"}, Bob(), kNow));
  }
  SECTION("of many that ask at once, one at a time has it") {
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    std::atomic<int> done = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&, i] {
        const Groups groups = i % 2 == 0 ? Groups{"a", "b"} : Groups{"b", "a"};
        const auto lease = (i % 3 == 0 ? one : two)->Acquire("l8", groups, Ann(), base::Millis(60'000));
        if (!lease) return;
        most = std::max(most.load(), ++inside);
        std::this_thread::yield();
        --inside;
        ++done;
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(done == 6);
    CHECK(most == 1);
  }
}

}  // namespace kadende::tests
