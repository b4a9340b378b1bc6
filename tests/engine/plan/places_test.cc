#include "engine/plan/places.h"

#include <catch2/catch.hpp>

#include "tests/support/fake_provider.h"

namespace kadende::test {
namespace {

// Leads in a circle: a, b, a, b, ...
class Circle : public FakeProvider {
 public:
  base::Result<ports::ListPage> List(const ports::ListRequest& request, const ports::CallContext&) override {
    ports::ListPage page;
    page.next_cursor = request.cursor == "a" ? "b" : "a";
    return page;
  }
};

// Always has one more.
class Endless : public FakeProvider {
 public:
  base::Result<ports::ListPage> List(const ports::ListRequest& request, const ports::CallContext&) override {
    ports::ListPage page;
    page.next_cursor = request.cursor + "+";
    return page;
  }
};

base::Result<std::string> All(ports::Provider& provider) {
  return plan::ListAll(provider, {}, {}, [](const ports::ListPage&) {});
}

}  // namespace

TEST_CASE("a listing whose cursors lead in a circle is an error") {
  Circle circle;
  const auto listed = All(circle);
  REQUIRE_FALSE(listed);
  CHECK(listed.error().message == "the listing does not end: its cursor repeats");
}

TEST_CASE("a listing that never ends is an error") {
  Endless endless;
  const auto listed = All(endless);
  REQUIRE_FALSE(listed);
  CHECK(listed.error().message == "the listing does not end: it has more than 10000 pages");
}

}  // namespace kadende::test
