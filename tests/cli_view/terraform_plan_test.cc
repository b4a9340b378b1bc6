#include "cli/view/terraform_plan.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "cli/view/plan_text.h"
#include "engine/base/json.h"
#include "tests/cli_view/samples.h"

using namespace kadende;
using namespace kadende::cli;
using namespace kadende::tests;
using base::Json;
using model::ActionKind;
using model::Reason;

namespace {

constexpr std::uint16_t kOld = 0;
constexpr std::uint16_t kNew = 1;

model::RevisionRecord Revision(std::uint8_t byte, const std::string& properties) {
  model::RevisionRecord revision;
  revision.id.bytes.fill(byte);
  revision.provider.name = "sim";
  revision.properties = properties;
  revision.labels = {{"tier", "web"}};
  return revision;
}

std::vector<model::RevisionRecord> Revisions() {
  return {Revision(1, R"({"args":["--port","${9100 + node.ordinal}"],"image":"a"})"),
          Revision(2, R"({"args":["--port","${9100 + node.ordinal}"],"image":"b","price":"$${free}"})")};
}

void AddNode(model::GroupState& group, std::uint32_t ordinal, std::uint8_t revision,
             model::NodePhase phase = model::NodePhase::kLive, std::uint32_t incarnation = 1) {
  model::NodeRecord node;
  node.slot.ordinal = ordinal;
  node.incarnation = incarnation;
  node.phase = phase;
  node.revision.bytes.fill(revision);
  node.instance_id = "i-" + std::to_string(ordinal) + "-" + std::to_string(incarnation);
  node.address = "10.0.0." + std::to_string(ordinal);
  node.attributes = R"({"zone":"z1"})";
  group.nodes.emplace(model::NodeRowKey{ordinal, incarnation}, node);
}

// 0 unchanged, 1 replaced, 2 tainted, 3 relabelled, 4 gone, 5 surplus with an older instance, 8 not of this plan.
model::ClusterState State() {
  model::ClusterState state;
  state.cluster.lineage = "abcdefghijklmnopqrstuvwxy2";
  state.cluster.serial = 7;
  model::GroupState& web = state.groups["front"];
  web.record.path = "front";
  web.record.revisions = Revisions();
  AddNode(web, 0, 2);
  for (const std::uint32_t ordinal : {1U, 2U, 3U, 4U}) AddNode(web, ordinal, 1);
  AddNode(web, 5, 1, model::NodePhase::kLeaving, 1);
  AddNode(web, 5, 1, model::NodePhase::kLive, 2);
  web.record.brakes = {{model::BrakeKind::kMaxUnhealthy, "3 of 6 are unhealthy, 40% (2) may be",
                        base::FromUnixMillis(1'763'700'000'000)}};
  web.record.holds = {{"2", "ann@host", "looking at its disk", base::FromUnixMillis(1'763'700'000'000), {}}};
  web.record.backoff = {2, base::FromUnixMillis(1'763'800'020'000), {}, "quota: none left"};
  model::GroupState& other = state.groups["other"];
  other.record.path = "other";
  other.record.revisions = Revisions();
  AddNode(other, 8, 1);
  return state;
}

void Do(model::Plan* plan, ActionKind kind, Reason reason, std::uint32_t slot, std::uint32_t incarnation,
        std::uint16_t from, std::uint16_t to, const std::string& instance, bool replace = false,
        std::uint32_t group = 1) {
  model::Action action;
  action.kind = kind;
  action.reason = reason;
  action.group = group;
  action.slot.ordinal = slot;
  if (group == 0) action.slot.logical_id = "a";
  action.incarnation = incarnation;
  action.from_revision = from;
  action.to_revision = to;
  action.instance_id = instance;
  action.replace = replace;
  AddAction(plan, action);
}

// Every kind of change, with the state above.
model::Plan Everything() {
  model::Plan plan;
  plan.cluster = "shop";
  plan.lineage = "abcdefghijklmnopqrstuvwxy2";
  plan.serial = 7;
  plan.made_at = base::FromUnixMillis(1'763'800'000'000);
  plan.notes = {"a note"};
  plan.targets = {"data", "web"};
  plan.counts = {2, 2, 3, 2, 1, 1};
  model::PlanGroup data;
  data.path = "data/db";
  data.is_new = true;
  data.after.size = 1;
  data.after.logical_ids = {"a"};
  data.after.policy.depends_on = {"web"};
  data.revisions = {Revision(3, R"({"image":"db"})")};
  data.after.revision = data.revisions[0].id;
  model::PlanGroup web;
  web.path = "web";
  web.moved_from = "front";
  web.holds = {{"2", "ann@host", "looking at its disk", base::FromUnixMillis(1'763'700'000'000), {}}};
  web.revisions = Revisions();
  web.before.size = web.after.size = 6;
  web.before.revision = web.revisions[kOld].id;
  web.after.revision = web.revisions[kNew].id;
  web.properties = {{"args[1]", "1", "2", true}, {"image", "\"a\"", "\"b\"", true}, {"labels.tier", "", "1", false}};
  web.lowest_live = 4;
  web.highest_total = 7;
  plan.groups = {data, web};
  model::Drift gone;
  gone.group = 1;
  gone.slot.ordinal = 4;
  gone.incarnation = 1;
  gone.instance_id = "i-4-1";
  model::Drift sick = gone;
  sick.slot.ordinal = 0;
  sick.reason = Reason::kUnhealthy;
  sick.detail = "disk \"broke\"";
  model::Drift stray = gone;
  stray.slot.ordinal = 9;
  stray.reason = Reason::kStray;
  stray.instance_id = "i-9";
  plan.drift = {gone, sick, stray};

  Do(&plan, ActionKind::kCreate, Reason::kSizeUp, 0, 1, model::kNoRevision, 0, "", false, 0);
  for (const auto& [slot, reason] : {std::pair(1U, Reason::kRevisionChanged), std::pair(2U, Reason::kTainted)}) {
    Do(&plan, ActionKind::kCreate, reason, slot, 2, kOld, kNew, "", true);
    Do(&plan, ActionKind::kDestroy, reason, slot, 1, kOld, model::kNoRevision, "i-" + std::to_string(slot) + "-1",
       true);
  }
  Do(&plan, ActionKind::kUpdate, Reason::kLabelsChanged, 3, 1, kOld, kNew, "i-3-1");
  Do(&plan, ActionKind::kForget, Reason::kMissing, 4, 1, kOld, model::kNoRevision, "i-4-1");
  Do(&plan, ActionKind::kCreate, Reason::kMissing, 4, 2, model::kNoRevision, kNew, "");
  Do(&plan, ActionKind::kDestroy, Reason::kInterrupted, 5, 1, kOld, model::kNoRevision, "i-5-1");
  Do(&plan, ActionKind::kDestroy, Reason::kSizeDown, 5, 2, kOld, model::kNoRevision, "i-5-2");
  Do(&plan, ActionKind::kAdopt, Reason::kStray, 6, 3, kNew, kNew, "i-6");
  Do(&plan, ActionKind::kDestroy, Reason::kStray, 9, 1, kOld, model::kNoRevision, "i-9");
  return plan;
}

Json Write(const model::Plan& plan, const TerraformPlanOptions& options) {
  const std::string text = TerraformPlanText(plan, options);
  REQUIRE(std::count(text.begin(), text.end(), '\n') == 1);
  auto json = base::ParseJson(text);
  REQUIRE(json);
  return *json;
}

TerraformPlanOptions Options(const model::ClusterState* state) {
  return {state, {{"count", "3"}, {"image", "\"b\""}}, "0.1.0"};
}

std::map<std::string, Json> ByNode(const Json& document) {
  std::map<std::string, Json> changes;
  for (const Json& change : document.at("resource_changes")) {
    if (change.contains("kadende")) changes[change.at("kadende").at("node").get<std::string>()] = change;
  }
  return changes;
}

}  // namespace

TEST_CASE("a plan in Terraform's shape") {
  const model::ClusterState state = State();
  CheckGolden("terraform_plan.json", Write(Everything(), Options(&state)).dump(1) + "\n");
}

TEST_CASE("without the state, nodes that the plan leaves alone are counted and the rest is the same") {
  const model::ClusterState state = State();
  const Json with = Write(Everything(), Options(&state));
  const Json without = Write(Everything(), Options(nullptr));
  CHECK(with.at("kadende").at("prior") == "state");
  CHECK(without.at("kadende").at("prior") == "plan");
  const auto expected = ByNode(with);
  const auto found = ByNode(without);
  CHECK(found.size() == expected.size());
  for (const auto& [node, change] : expected) {
    INFO(node);
    CHECK(found.at(node).at("address") == change.at("address"));
    CHECK(found.at(node).at("change").at("actions") == change.at("change").at("actions"));
  }
}

TEST_CASE("every heading of the text is a change of the same node in the JSON") {
  const model::ClusterState state = State();
  const auto changes = ByNode(Write(Everything(), Options(&state)));
  const std::string text = PlanText(Everything());
  const std::map<std::string, std::string> words = {
      {"will be created", R"(["create"])"},          {"must be replaced", R"(["create","delete"])"},
      {"will be updated in-place", R"(["update"])"}, {"will be destroyed", R"(["delete"])"},
      {"will be adopted", R"(["no-op"])"},           {"will be forgotten", R"(["forget"])"}};
  std::size_t headings = 0;
  for (std::size_t at = text.find("  # "); at != std::string::npos; at = text.find("  # ", at + 1)) {
    const std::string line = text.substr(at + 4, text.find('\n', at) - at - 4);
    if (line.starts_with("(")) continue;  // why
    const std::string node = line.substr(0, line.find(' '));
    INFO(line);
    REQUIRE(changes.contains(node));
    CHECK(changes.at(node).at("change").at("actions").dump() == words.at(line.substr(line.find(' ') + 1)));
    ++headings;
  }
  CHECK(headings == 9);
}

TEST_CASE("address and deposed name one object each") {
  const model::ClusterState state = State();
  std::set<std::string> seen;
  const Json document = Write(Everything(), Options(&state));
  for (const Json& change : document.at("resource_changes")) {
    const std::string key = change.at("address").get<std::string>() + " " + change.value("deposed", std::string());
    INFO(key);
    CHECK(seen.insert(key).second);
  }
}

TEST_CASE("a plan with nothing to do, one with errors, one of a part, one that is frozen") {
  model::Plan plan;
  CHECK(Write(plan, Options(nullptr)).at("applyable") == false);
  CHECK(Write(plan, Options(nullptr)).at("complete") == true);
  CHECK(Write(Everything(), Options(nullptr)).at("applyable") == true);
  CHECK(Write(Everything(), Options(nullptr)).at("complete") == false);
  plan = Everything();
  plan.targets.clear();
  CHECK(Write(plan, Options(nullptr)).at("complete") == true);
  plan.groups[1].frozen = "the cloud could not be listed";
  const Json frozen = Write(plan, Options(nullptr));
  CHECK(frozen.at("complete") == false);
  CHECK(frozen.at("kadende").at("brakes").at(0).at("reason") == "the cloud could not be listed");
  plan = Everything();
  plan.diagnostics.Error("web", "bad");
  CHECK(Write(plan, Options(nullptr)).at("errored") == true);
  CHECK(Write(plan, Options(nullptr)).at("applyable") == false);
}

TEST_CASE("what cannot be known before the create is left out and said") {
  model::Plan plan = LargePlan(1);
  plan.groups[0].revisions = {Revision(1, R"({"token":"${secret.env.TOKEN}"})")};
  plan.graph.actions[0].to_revision = 0;
  const Json change = Write(plan, Options(nullptr)).at("resource_changes").at(0).at("change");
  CHECK_FALSE(change.at("after").contains("properties"));
  CHECK(change.at("after_unknown") ==
        Json{{"address", true}, {"attributes", true}, {"id", true}, {"properties", true}});
}

TEST_CASE("foreign text stays inside its strings in Terraform's shape") {
  const Json document = Write(HostilePlan(), Options(nullptr));
  CHECK(document.at("resource_changes").size() == 1);
  CHECK(document.at("kadende").at("cluster") == HostilePlan().cluster);
}

TEST_CASE("100,000 nodes are written in small pieces") {
  std::size_t largest = 0;
  std::size_t all = 0;
  const model::Plan plan = LargePlan(100'000);
  WriteTerraformPlan(plan, Options(nullptr), [&](std::string_view piece) {
    largest = std::max(largest, piece.size());
    all += piece.size();
  });
  CHECK(largest < 128 * 1024);
  CHECK(all > 30'000'000);
}
