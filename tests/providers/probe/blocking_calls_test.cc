#include "providers/probe/blocking_calls.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <future>
#include <thread>
#include <vector>

namespace kadende::providers::probe {
namespace {

using Calls = BlockingCalls<int, int>;

// A call that answers when it is told to; what became of its answers.
struct Held {
  std::promise<void> begun;
  std::promise<void> go;
  std::promise<int> orphaned;
  std::vector<int> told;
  std::vector<int> unwanted;

  BlockingKind<int, int> Kind() {
    return {[this](int task) {
              begun.set_value();
              go.get_future().wait();
              return task * 10;
            },
            -1, [this](int answer) { unwanted.push_back(answer); }, [this](int answer) { orphaned.set_value(answer); }};
  }
};

void RunUntil(Loop& loop, const std::function<bool()>& done) {
  while (!done()) {
    if (!loop.RunPosted()) std::this_thread::yield();
  }
}

}  // namespace

TEST_CASE("a call is answered in the loop") {
  auto loop = Loop::Make();
  REQUIRE(loop);
  Held held;
  Calls calls(**loop, held.Kind());
  calls.Ask(7, [&](int answer) { held.told.push_back(answer); });
  held.go.set_value();
  RunUntil(**loop, [&] { return !held.told.empty(); });
  CHECK(held.told == std::vector<int>{70});
  CHECK(held.unwanted.empty());
}

TEST_CASE("the answer of a call that was cancelled under way is cleared away in the loop") {
  auto loop = Loop::Make();
  REQUIRE(loop);
  Held held;
  Calls calls(**loop, held.Kind());
  const std::uint64_t id = calls.Ask(7, [&](int answer) { held.told.push_back(answer); });
  held.begun.get_future().wait();
  calls.Cancel(id);
  held.go.set_value();
  RunUntil(**loop, [&] { return !held.unwanted.empty(); });
  CHECK(held.unwanted == std::vector<int>{70});
  CHECK(held.told.empty());
}

TEST_CASE("the answer of a call that outlives its calls is cleared away by its thread") {
  auto loop = Loop::Make();
  REQUIRE(loop);
  Held held;
  {
    Calls calls(**loop, held.Kind());
    calls.Ask(7, [&](int answer) { held.told.push_back(answer); });
    held.begun.get_future().wait();
    CHECK(calls.Close().empty());
  }
  held.go.set_value();
  CHECK(held.orphaned.get_future().get() == 70);
  while ((*loop)->RunPosted()) {
  }
  CHECK(held.told.empty());
  CHECK(held.unwanted.empty());
}

}  // namespace kadende::providers::probe
