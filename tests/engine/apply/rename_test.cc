// Renaming a cluster onto a name that the history knows already.
#include <catch2/catch.hpp>

#include "tests/engine/apply/test_bed.h"

namespace kadende::test {
namespace {

// One commit of a cluster that is no longer in the store.
void LeaveOldHistory(MemoryHistory& history, const std::string& name) {
  model::ClusterState old;
  old.cluster.lineage = model::NewLineage();
  old.cluster.name = name;
  ports::PublishRequest request;
  request.state = &old;
  request.subject = "destroy " + name + ": -2";
  REQUIRE(history.Publish(request));
}

}  // namespace

TEST_CASE("a cluster is not renamed to a name that has another cluster's history") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  LeaveOldHistory(bed.history, "store");
  const std::string calls = bed.Calls();
  model::ClusterSpec spec = TestBed::Spec({{"web", 2}});
  spec.name = "store";
  const auto refused = bed.Apply(spec);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == base::ErrorCode::kConflict);
  CHECK_THAT(refused.error().message, Catch::Contains("renamed to store") && Catch::Contains("choose another name"));
  CHECK(bed.Calls() == calls);
  CHECK(bed.State().cluster.name == "shop");
  CHECK(bed.State().IsPublished());
  // The remedy works.
  spec.name = "market";
  const auto renamed = bed.Apply(spec);
  REQUIRE(renamed);
  CHECK(renamed->publish_error.empty());
  CHECK(bed.history.Subjects("market") == std::vector<std::string>{"apply shop: +1", "apply market: +1"});
  CHECK(bed.history.Subjects("store").size() == 1);
}

}  // namespace kadende::test
