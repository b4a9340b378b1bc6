#include "cli/watch_queue.h"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

namespace kadende::cli {
namespace {

constexpr auto kNever = base::Millis::max();

}  // namespace

TEST_CASE("who has been due for longest is first") {
  WatchQueue queue(8);
  for (const char* name : {"a", "b", "c"}) queue.Add(name, "cloud");
  REQUIRE(queue.Take(0ms) == "a");
  REQUIRE(queue.Take(0ms) == "b");
  queue.Done("b", 5ms);
  queue.Done("a", 7ms);
  CHECK(queue.Take(10ms) == "c");
  CHECK(queue.Take(10ms) == "b");
  CHECK(queue.Take(10ms) == "a");
  CHECK(queue.Take(10ms) == std::nullopt);
}

TEST_CASE("nobody is taken before it is due, or twice at once") {
  WatchQueue queue(8);
  queue.Add("a", "cloud");
  REQUIRE(queue.Take(0ms));
  CHECK(queue.Take(1h) == std::nullopt);
  CHECK(queue.NextDue() == kNever);
  queue.Done("a", 100ms);
  CHECK(queue.Take(99ms) == std::nullopt);
  CHECK(queue.NextDue() == 100ms);
  CHECK(queue.Take(100ms) == "a");
}

TEST_CASE("a cluster is let go of when nobody looks at it, and may come again") {
  WatchQueue queue(1);
  queue.Add("a", "cloud");
  queue.Add("b", "cloud");
  REQUIRE(queue.Take(0ms) == "a");
  CHECK_FALSE(queue.Remove("a"));
  CHECK(queue.Remove("b"));
  CHECK(queue.Lineages() == std::vector<std::string>{"a"});
  queue.Done("a", 10ms);
  CHECK(queue.Remove("a"));
  CHECK(queue.Remove("a"));
  CHECK(queue.NextDue() == kNever);
  queue.Wake("a", 0ms);
  queue.Add("a", "cloud");
  CHECK(queue.Take(0ms) == "a");
}

TEST_CASE("a provider that does not answer holds up as many clusters as its place has room, and no others") {
  WatchQueue queue(2);
  for (const char* name : {"a", "b", "c", "d"}) queue.Add(name, "slow");
  queue.Add("z", "fast");
  CHECK(queue.Take(0ms) == "a");
  CHECK(queue.Take(0ms) == "b");
  CHECK(queue.Take(0ms) == "z");
  queue.Done("z", 10ms);
  CHECK(queue.Take(0ms) == std::nullopt);
  CHECK(queue.Waiting(9ms) == 2);
  CHECK(queue.Waiting(10ms) == 3);
  CHECK(queue.NextDue() == 10ms);
  CHECK(queue.Take(10ms) == "z");
  queue.Done("a", 1h);
  CHECK(queue.Take(20ms) == "c");
}

TEST_CASE("woken while it sleeps: due at once; woken while it is busy: due as soon as it is done") {
  WatchQueue queue(8);
  queue.Add("a", "cloud");
  REQUIRE(queue.Take(0ms));
  queue.Done("a", 10s);
  queue.Wake("a", 50ms);
  CHECK(queue.NextDue() == 50ms);
  REQUIRE(queue.Take(50ms) == "a");
  queue.Wake("a", 60ms);
  queue.Wake("a", 70ms);
  CHECK(queue.Take(1h) == std::nullopt);
  queue.Done("a", 10s);
  CHECK(queue.NextDue() == 60ms);
  REQUIRE(queue.Take(60ms) == "a");
  queue.Done("a", 10s);
  CHECK(queue.NextDue() == 10s);
}

TEST_CASE("nobody's lineage is woken in vain, and a cluster that is there stays as it is") {
  WatchQueue queue(8);
  queue.Wake("x", 0ms);
  queue.Done("x", 0ms);
  CHECK(queue.size() == 0);
  queue.Add("a", "cloud");
  REQUIRE(queue.Take(0ms));
  queue.Add("a", "other");
  CHECK(queue.Take(1h) == std::nullopt);
  CHECK(queue.size() == 1);
}

TEST_CASE("a cluster that moves to another provider while it is looked at counts there") {
  WatchQueue queue(1);
  queue.Add("a", "one");
  queue.Add("b", "two");
  queue.Add("c", "one");
  REQUIRE(queue.Take(0ms) == "a");
  queue.SetPlace("a", "two");
  CHECK(queue.Take(0ms) == "c");
  CHECK(queue.Take(0ms) == std::nullopt);
  queue.Done("a", 1h);
  CHECK(queue.Take(0ms) == "b");
}

TEST_CASE("all are woken, those that sleep and those that are busy") {
  WatchQueue queue(8);
  queue.Add("a", "cloud");
  queue.Add("b", "cloud");
  REQUIRE(queue.Take(0ms) == "a");
  REQUIRE(queue.Take(0ms) == "b");
  queue.Done("a", 1h);
  queue.WakeAll(5ms);
  queue.Done("b", 1h);
  CHECK(queue.Take(5ms) == "a");
  CHECK(queue.Take(5ms) == "b");
}

}  // namespace kadende::cli
