#include "engine/model/plan.h"

#include <catch2/catch.hpp>

#include "engine/model/plan_compare.h"
#include "engine/model/plan_json.h"

namespace kadende::model {
namespace {

Plan Creates(std::uint32_t count) {
  Plan plan;
  plan.cluster = "shop";
  PlanGroup group;
  group.path = "web";
  group.revisions.push_back({});
  group.revisions[0].id = base::Sha256("r1");
  group.revisions[0].provider.name = "sim";
  group.after.size = count;
  group.after.revision = group.revisions[0].id;
  group.counts.create = count;
  plan.groups.push_back(group);
  for (std::uint32_t i = 0; i < count; ++i) {
    Action action;
    action.kind = ActionKind::kCreate;
    action.reason = Reason::kSizeUp;
    action.slot.ordinal = i;
    action.incarnation = 1;
    action.to_revision = 0;
    plan.graph.actions.push_back(action);
  }
  plan.counts = group.counts;
  return plan;
}

}  // namespace

TEST_CASE("a plan reads back as the same actions") {
  const Plan plan = Creates(1000);
  const std::string text = PlanToJson(plan);
  CHECK(text.size() < 2000);
  const auto read = PlanFromJson(text);
  INFO((read ? "" : read.error().message));
  REQUIRE(read);
  CHECK(ComparePlans(plan, *read).differences.empty());
  CHECK(PlanToJson(*read) == text);
}

TEST_CASE("the gate of a node reads back with its slot, that of a group without") {
  Plan plan = Creates(1);
  Action gate;
  gate.kind = ActionKind::kGate;
  gate.reason = Reason::kReplaced;
  gate.slot.ordinal = 7;
  gate.incarnation = 2;
  plan.graph.actions.push_back(gate);
  gate.slot.ordinal = 0;
  gate.incarnation = 0;
  plan.graph.actions.push_back(gate);
  const auto read = PlanFromJson(PlanToJson(plan));
  REQUIRE(read);
  std::vector<std::string> gates;
  for (const Action& action : read->graph.actions) {
    if (action.kind != ActionKind::kGate) continue;
    gates.push_back(action.OfWholeGroup() ? "web"
                                          : "web[" + action.slot.Key() + "]#" + std::to_string(action.incarnation));
  }
  CHECK(gates == std::vector<std::string>{"web", "web[7]#2"});
}

TEST_CASE("plans that differ say in what") {
  const Plan reviewed = Creates(2);
  Plan now = Creates(3);
  now.graph.actions[0].reason = Reason::kMissing;
  CHECK(ComparePlans(reviewed, now).differences ==
        std::vector<std::string>{
            "web: it was to have 2 nodes, now 3 nodes",
            "no longer planned: web[0]: create, size_up, to revision " + base::ToHex(base::Sha256("r1")).substr(0, 12),
            "not in the reviewed plan: web[0]: create, missing, to revision " +
                base::ToHex(base::Sha256("r1")).substr(0, 12),
            "not in the reviewed plan: web[2]: create, size_up, to revision " +
                base::ToHex(base::Sha256("r1")).substr(0, 12)});
}

TEST_CASE("the order of actions and their instances do not matter to a reviewer") {
  Plan reviewed = Creates(2);
  Plan now = reviewed;
  std::swap(now.graph.actions[0], now.graph.actions[1]);
  now.graph.actions[0].instance_id = "healed";
  now.graph.actions[0].incarnation = 9;
  CHECK(ComparePlans(reviewed, now).differences.empty());
}

TEST_CASE("a saved plan keeps what had changed outside, and nothing else does") {
  SavedPlan saved;
  saved.plan = Creates(2);
  saved.plan.hash = PlanHash(saved.plan);
  const std::string without = SavedPlanToJson(saved);
  Drift drift;
  drift.slot = {1, "a"};
  drift.incarnation = 3;
  drift.reason = Reason::kTerminated;
  drift.instance_id = "i-\"1\"";
  drift.detail = "spot\nreclaim";
  saved.plan.drift = {drift, {}};
  CHECK(PlanToJson(saved.plan) == PlanToJson(SavedPlanFromJson(without)->plan));
  const auto read = SavedPlanFromJson(SavedPlanToJson(saved));
  INFO((read ? "" : read.error().message));
  REQUIRE(read);
  REQUIRE(read->plan.drift.size() == 2);
  const Drift& found = read->plan.drift[0];
  CHECK(found.slot == drift.slot);
  CHECK(found.incarnation == 3);
  CHECK(found.reason == Reason::kTerminated);
  CHECK(found.instance_id == drift.instance_id);
  CHECK(found.detail == drift.detail);
  CHECK(SavedPlanToJson(*read) == SavedPlanToJson(saved));
  CHECK(SavedPlanFromJson(without)->plan.drift.empty());
}

TEST_CASE("a saved plan that is none, or was tampered with, is refused") {
  CHECK_FALSE(SavedPlanFromJson("{}"));
  CHECK_FALSE(SavedPlanFromJson("not json"));
  SavedPlan saved;
  saved.plan = Creates(1);
  std::string text = SavedPlanToJson(saved);
  REQUIRE(SavedPlanFromJson(text));
  std::string other = text;
  other.replace(other.find("\"last\":0"), 8, "\"last\":4000000000");
  CHECK(SavedPlanFromJson(other).error().message ==
        "the saved plan cannot be read: it was changed since it was saved; plan again");
  std::string plan = PlanToJson(saved.plan);
  plan.replace(plan.find("\"last\":0"), 8, "\"last\":4000000000");
  CHECK(PlanFromJson(plan).error().message.find("impossible range") != std::string::npos);
}

TEST_CASE("any byte of a saved plan that changes is noticed") {
  SavedPlan saved;
  saved.plan = Creates(3);
  saved.spec_text = "version: \"1\"\nname: shop\n";
  saved.tool_version = "9.9";
  const std::string text = SavedPlanToJson(saved);
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {  // but the newline at the end
    std::string other = text;
    other[i] = other[i] == '1' ? '2' : '1';
    INFO(i);
    CHECK_FALSE(SavedPlanFromJson(other));
  }
  for (std::size_t length = 0; length + 1 < text.size(); length += 7)
    CHECK_FALSE(SavedPlanFromJson(text.substr(0, length)));
}

TEST_CASE("a saved plan of the first format is still read, of a newer one refused with its version") {
  const std::string first =
      R"({"kadende_plan":1,"plan":{"actions":[],"cluster":"shop","format":1,"groups":[],"lineage":"aaaa",)"
      R"("madeAt":"2026-11-01T00:00:00.000Z","options":{"abandonsRun":false,"continuesRun":false,"destroy":false,)"
      R"("offline":false,"replaces":[],"specChanged":false,"targets":[]},"serial":3,)"
      R"("specHash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",)"
      R"("summary":{"add":0,"change":0,"destroy":0}},"spec":"","specPath":"/a/shop.yml","stateDir":"/a/.kadende",)"
      R"("variables":{}})";
  const auto read = SavedPlanFromJson(first);
  INFO((read ? "" : read.error().message));
  REQUIRE(read);
  CHECK(read->plan.serial == 3);
  CHECK(read->plan.hash == PlanHash(read->plan));
  std::string newer = first;
  newer.replace(newer.find("\"kadende_plan\":1"), 16, "\"kadende\":\"7.0\",\"kadende_plan\":3");
  CHECK(SavedPlanFromJson(newer).error().message ==
        "the saved plan cannot be read: it was saved by another version of kadende; plan again (that was kadende 7.0)");
}

}  // namespace kadende::model
