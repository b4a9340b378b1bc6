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

base::Result<std::string> All(ports::Provider& provider, base::Millis whole) {
  return plan::ListAll(provider, {}, {}, whole, [](const ports::ListPage&) {});
}

}  // namespace

TEST_CASE("a listing whose cursors lead in a circle is an error") {
  Circle circle;
  const auto listed = All(circle, std::chrono::minutes(1));
  REQUIRE_FALSE(listed);
  CHECK(listed.error().message == "the listing does not end: its cursor repeats");
}

TEST_CASE("a listing that takes longer than all of it may is a timeout") {
  FakeProvider fake;
  const auto listed = All(fake, base::Millis(0));
  REQUIRE_FALSE(listed);
  CHECK(listed.error().code == base::ErrorCode::kTimeout);
}

}  // namespace kadende::test
