#include "engine/model/plan_compare.h"

#include <catch2/catch.hpp>
#include <functional>

#include "engine/model/plan_json.h"

using namespace kadende;
using namespace kadende::model;

namespace {

const base::Digest kOld = base::Sha256("old");
const base::Digest kNew = base::Sha256("new");

Action Of(ActionKind kind, Reason reason, std::uint32_t ordinal) {
  Action action;
  action.kind = kind;
  action.reason = reason;
  action.slot.ordinal = ordinal;
  action.incarnation = 1;
  action.from_revision = 0;
  if (kind == ActionKind::kCreate) action.to_revision = 1;
  if (kind != ActionKind::kCreate) action.instance_id = "i-" + std::to_string(ordinal);
  return action;
}

// web: two nodes are replaced, one more is created.
Plan Sample() {
  Plan plan;
  plan.cluster = "shop";
  plan.lineage = "aaaa";
  plan.spec_hash = base::Sha256("file");
  PlanGroup group;
  group.path = "web";
  group.revisions.resize(2);
  group.revisions[0].id = kOld;
  group.revisions[1].id = kNew;
  group.before.size = 2;
  group.before.revision = kOld;
  group.after.size = 3;
  group.after.revision = kNew;
  plan.groups.push_back(group);
  for (std::uint32_t i = 0; i < 2; ++i) {
    plan.graph.actions.push_back(Of(ActionKind::kCreate, Reason::kRevisionChanged, i));
    plan.graph.actions.push_back(Of(ActionKind::kDestroy, Reason::kRevisionChanged, i));
    plan.graph.actions[plan.graph.actions.size() - 2].replace = plan.graph.actions.back().replace = true;
  }
  plan.graph.actions.push_back(Of(ActionKind::kCreate, Reason::kSizeUp, 2));
  return plan;
}

struct Case {
  const char* what;
  std::function<void(Plan&)> change;
  const char* says;
};

}  // namespace

TEST_CASE("what makes another plan of it, each with its sentence and another hash") {
  const std::vector<Case> cases = {
      {"an action less", [](Plan& p) { p.graph.actions.pop_back(); }, "no longer planned: web[2]: create, size_up"},
      {"one more", [](Plan& p) { p.graph.actions.push_back(Of(ActionKind::kDestroy, Reason::kSizeDown, 7)); },
       "not in the reviewed plan: web[7]: destroy, size_down"},
      {"another reason", [](Plan& p) { p.graph.actions[1].reason = Reason::kUnhealthy; },
       "not in the reviewed plan: web[0]: destroy (replacement), unhealthy"},
      {"another kind", [](Plan& p) { p.graph.actions[4].kind = ActionKind::kAdopt; }, "web[2]: adopt"},
      {"no replacement any more", [](Plan& p) { p.graph.actions[1].replace = false; }, "web[0]: destroy, revision"},
      {"another slot", [](Plan& p) { p.graph.actions[4].slot.ordinal = 5; }, "web[5]: create, size_up"},
      {"another target", [](Plan& p) { p.graph.actions[4].to_revision = 0; }, "to revision"},
      {"another origin", [](Plan& p) { p.graph.actions[1].from_revision = 1; }, "no longer planned: web[0]: destroy"},
      {"another file", [](Plan& p) { p.spec_hash = kOld; }, "the specification is not the one"},
      {"another cluster", [](Plan& p) { p.lineage = "bbbb"; }, "lineage was `aaaa`, now it is `bbbb`"},
      {"another name", [](Plan& p) { p.renamed_from = "old"; }, "renamed from nothing; now `shop` from `old`"},
      {"everything", [](Plan& p) { p.destroy = true; }, "one plan is to destroy everything"},
      {"an unfinished run", [](Plan& p) { p.abandons_run = true; }, "a run is unfinished by now"},
      {"targets", [](Plan& p) { p.targets = {"web"}; }, "--target or --replace name something else"},
      {"a size", [](Plan& p) { p.groups[0].after.size = 4; }, "web: it was to have 3 nodes, now 4 nodes"},
      {"properties", [](Plan& p) { p.groups[0].after.revision = kOld; }, "web: its properties are to be others"},
      {"a policy", [](Plan& p) { p.groups[0].policy_changes = {"min: 0 -> 1"}; },
       "web: policy changes were none; now min: 0 -> 1"},
      {"frozen", [](Plan& p) { p.groups[0].frozen = "behind"; }, "web: it is frozen: behind"},
      {"new", [](Plan& p) { p.groups[0].is_new = true; }, "web: it is new by now"},
      {"removed", [](Plan& p) { p.groups[0].removed = true; }, "web: it is removed"},
      {"renamed group", [](Plan& p) { p.groups[0].moved_from = "front"; }, "now from `front`"},
      {"another group",
       [](Plan& p) {
         p.groups.push_back({});
         p.groups[1].path = "xtra";
       },
       "xtra: the reviewed plan did not have this group"},
      {"a group less",
       [](Plan& p) {
         p.groups.clear();
         p.graph.actions.clear();
       },
       "web: nothing is left to be done"},
  };
  const Plan reviewed = Sample();
  for (const Case& test : cases) {
    INFO(test.what);
    Plan now = reviewed;
    test.change(now);
    const PlanComparison compared = ComparePlans(reviewed, now);
    const bool said = std::any_of(compared.differences.begin(), compared.differences.end(),
                                  [&](const auto& sentence) { return sentence.find(test.says) != std::string::npos; });
    INFO((compared.differences.empty() ? "no difference" : compared.differences[0]));
    CHECK(said);
    CHECK(PlanHash(reviewed) != PlanHash(now));
    CHECK(!ComparePlans(now, reviewed).differences.empty());
  }
}

TEST_CASE("what does not: time, serial, order, instances, notes, bounds") {
  const Plan reviewed = Sample();
  Plan now = reviewed;
  std::reverse(now.graph.actions.begin(), now.graph.actions.end());
  now.made_at = base::FromUnixMillis(1);
  now.serial = 9;
  now.notes = {"something"};
  now.groups[0].lowest_live = 1;
  now.graph.actions[2].instance_id = "another";
  std::swap(now.groups[0].revisions[0], now.groups[0].revisions[1]);
  // Indexes follow the list of revisions: 0 is the new one now.
  for (Action& action : now.graph.actions) {
    action.from_revision = 1;
    action.to_revision = action.kind == ActionKind::kCreate ? 0 : kNoRevision;
  }
  CHECK(ComparePlans(reviewed, now).differences.empty());
  CHECK(ComparePlans(reviewed, now).rebound.empty());
  CHECK(PlanHash(reviewed) == PlanHash(now));
}

TEST_CASE("a node that was healed since is rebound and named") {
  const Plan reviewed = Sample();
  Plan now = reviewed;
  now.graph.actions[2].incarnation = 3;  // the one to issue: says nothing of what is there
  now.graph.actions[3].incarnation = 2;
  now.graph.actions[3].instance_id = "i-77";
  const PlanComparison compared = ComparePlans(reviewed, now);
  CHECK(compared.differences.empty());
  CHECK(compared.rebound ==
        std::vector<std::string>{"web[1] was healed since this plan was reviewed: its instance is i-77 now"});
  CHECK(PlanHash(reviewed) == PlanHash(now));
}

TEST_CASE("another stray is another thing") {
  Plan reviewed = Sample();
  reviewed.graph.actions.push_back(Of(ActionKind::kDestroy, Reason::kStray, 9));
  Plan now = reviewed;
  now.graph.actions.back().instance_id = "i-other";
  CHECK(ComparePlans(reviewed, now).differences.size() == 2);
  CHECK(PlanHash(reviewed) != PlanHash(now));
}

TEST_CASE("of many differences the first are named and the rest is counted") {
  const Plan reviewed = Sample();
  Plan now = reviewed;
  for (std::uint32_t i = 100; i < 2000; ++i) {
    now.graph.actions.push_back(Of(ActionKind::kDestroy, Reason::kSizeDown, i));
  }
  const auto differences = ComparePlans(reviewed, now).differences;
  CHECK(differences.size() == PlanComparison::kNamed + 1);
  CHECK(differences.back() == "and 1,880 more differences");
}

TEST_CASE("the hash survives the way through a file, and its value is a promise") {
  Plan plan = Sample();
  plan.hash = PlanHash(plan);
  const auto read = PlanFromJson(PlanToJson(plan));
  REQUIRE(read);
  CHECK(read->hash == plan.hash);
  CHECK(PlanHash(*read) == plan.hash);
  // An approval that was given must not be void after an update: a new way to hash is a new version of it.
  CHECK(base::ToHex(plan.hash) == "372ed3b96962b751cfe3358889ae4d5d4eedf887256ca67f68b5ab37022a6b8f");
}
