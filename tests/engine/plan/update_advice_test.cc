// What a provider says of changes of properties stands above its manifest.
#include <catch2/catch.hpp>

#include "engine/plan/update_advice.h"
#include "tests/engine/plan/plan_world.h"

using namespace kadende;
using test::PlanWorld;

namespace {

// `size` may grow in place; everything else is for the manifest to decide.
class GrowsInPlace : public ports::PlanUpdate {
 public:
  base::Result<std::vector<ports::UpdateVerdict>> Judge(const ports::PlanUpdateRequest& request,
                                                        const ports::CallContext& /*context*/) override {
    ++asked;
    if (!failure.empty()) return base::Fail(base::ErrorCode::kUnavailable, failure);
    std::vector<ports::UpdateVerdict> verdicts;
    for (const std::string& path : request.paths) {
      if (path == "size") verdicts.push_back({path, request.after < request.before, "as disks do"});
    }
    if (!stray.empty()) verdicts.push_back({stray, true, {}});
    return verdicts;
  }

  int asked = 0;
  std::string failure;
  std::string stray;
};

class AbleProviders : public ports::ProviderSource, public ports::PlanUpdates {
 public:
  explicit AbleProviders(PlanWorld& world) : world_(world) {}
  base::Result<ports::Provider*> Find(const model::ProviderRef& ref) override { return world_.providers.Find(ref); }
  ports::PlanUpdate* FindPlanUpdate(const model::ProviderRef& /*ref*/) override { return &judge; }
  GrowsInPlace judge;

 private:
  PlanWorld& world_;
};

plan::Planned PlanWith(PlanWorld& world, AbleProviders& providers, const plan::PlanOptions& options = {}) {
  auto planned = plan::MakePlan(options.heal_only ? nullptr : &world.spec, world.state, providers, options, world.now);
  REQUIRE(planned);
  return std::move(*planned);
}

}  // namespace

TEST_CASE("what the provider changes in place is updated, and the rest is replaced") {
  PlanWorld world;
  AbleProviders providers(world);
  world.Group("web", 2, R"({"image":1,"size":5})");
  world.PlanAndApply();
  SECTION("in place") {
    world.Group("web", 2, R"({"image":1,"size":7})");
    const model::Plan plan = PlanWith(world, providers).plan;
    CHECK(plan.counts.update == 2);
    CHECK(plan.counts.replace == 0);
    CHECK_FALSE(plan.groups[0].properties.at(0).forces_replacement);
    CHECK(plan.groups[0].notes == std::vector<std::string>{"`size` is changed in place: as disks do"});
  }
  SECTION("another instance") {
    world.Group("web", 2, R"({"image":1,"size":3})");
    const model::Plan plan = PlanWith(world, providers).plan;
    CHECK(plan.counts.replace == 2);
    CHECK(plan.groups[0].notes.at(0) == "`size` needs new instances: as disks do");
  }
  SECTION("what it does not name is the manifest's to decide") {
    world.Group("web", 2, R"({"image":2,"size":7})");
    CHECK(PlanWith(world, providers).plan.counts.replace == 2);
  }
  CHECK(providers.judge.asked == 1);  // both nodes have the same revision
}

TEST_CASE("nothing moves to another scope in place, whatever the provider says") {
  PlanWorld world;
  world.fake.manifest.scope_properties = {"size"};
  AbleProviders providers(world);
  world.Group("web", 1, R"({"size":5})");
  world.PlanAndApply();
  world.Group("web", 1, R"({"size":7})");
  CHECK(PlanWith(world, providers).plan.counts.replace == 1);
}

TEST_CASE("without the provider's word a group is left as it is") {
  PlanWorld world;
  AbleProviders providers(world);
  world.Group("web", 1, R"({"size":5})");
  world.PlanAndApply();
  world.Group("web", 1, R"({"size":7})");
  SECTION("it cannot answer") {
    providers.judge.failure = "no time";
    const model::Plan plan = PlanWith(world, providers).plan;
    CHECK(plan.groups[0].frozen == "whether its nodes can be updated in place is not known: no time");
    CHECK(plan.graph.actions.empty());
  }
  SECTION("it answers about something else") {
    providers.judge.stray = "colour";
    CHECK(PlanWith(world, providers).plan.groups[0].frozen.find("judges `colour`") != std::string::npos);
  }
}

TEST_CASE("nobody is asked where nothing differs, or only labels do") {
  PlanWorld world;
  AbleProviders providers(world);
  world.Group("web", 1, R"({"size":5})");
  world.PlanAndApply();
  world.Group("web", 1, R"({"size":5})").labels = {{"tier", "web"}};
  CHECK(PlanWith(world, providers).plan.counts.update == 1);
  plan::PlanOptions heal;
  heal.heal_only = true;
  (void)PlanWith(world, providers, heal);
  CHECK(providers.judge.asked == 0);
}
