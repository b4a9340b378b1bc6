#include <catch2/catch.hpp>

#include "cli/view/graph_view.h"
#include "cli/view/plan_markdown.h"
#include "cli/view/plan_text.h"
#include "tests/cli_view/samples.h"

using namespace kadende;
using namespace kadende::cli;
using namespace kadende::tests;

namespace {

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a plan as text") {
  CheckGolden("plan.txt", PlanText(SamplePlan()));
}

TEST_CASE("a plan in colour differs in colours only") {
  std::string text = PlanText(SamplePlan(), {true, false, 20});
  REQUIRE(Contains(text, "\x1b[32m"));
  for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b')) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  CHECK(text == PlanText(SamplePlan()));
}

TEST_CASE("a plan as a comment on a pull request") {
  CheckGolden("plan.md", PlanMarkdown(SamplePlan()));
}

TEST_CASE("an empty plan, and one in which nothing could be compared") {
  model::Plan plan;
  CHECK(PlanText(plan) == "No changes. Your infrastructure matches the configuration.\n");
  plan.groups.resize(1);
  plan.groups[0].frozen = "why";
  CHECK(PlanSummary(plan) == "No changes. 1 group is frozen, see above.");
}

TEST_CASE("long groups are cut with a count and the slots") {
  const std::string text = PlanText(LargePlan(100'000));
  CHECK(Contains(text,
                 "  # web[19] will be created\n"
                 "  # (the group grows)\n"
                 "  # and 99,980 more of web will be created: 20..99999\n"));
  CHECK(Contains(text, "Plan: 100000 to add, 0 to change, 0 to destroy."));
  CHECK_FALSE(Contains(PlanText(LargePlan(21)), "more of"));  // one more line instead of a sentence about one
  CHECK(Contains(PlanText(LargePlan(100), {false, true, 20}), "# web[99] will be created"));
}

namespace {

model::Plan FirstPlan(const std::string& properties) {
  model::Plan plan = LargePlan(2);
  model::RevisionRecord revision;
  revision.id.bytes.fill(7);
  revision.provider.name = "process";
  revision.properties = properties;
  revision.labels = {{"tier", "web"}};
  plan.groups[0].after.revision = revision.id;
  plan.groups[0].revisions = {revision};
  return plan;
}

}  // namespace

TEST_CASE("a new group says once what its nodes will run") {
  const model::Plan plan = FirstPlan(
      R"({"args":["--port","${9100 + node.ordinal}"],"command":"serve","env":{"KEY":"${secret.env.KEY}"},"files":{}})");
  CHECK(PlanText(plan) ==
        "web (new group): size 0 -> 2\n"
        "  + resourcePlugin.name: \"process\"\n"
        "  + args: [\"--port\",\"${9100 + node.ordinal}\"]\n"
        "  + command: \"serve\"\n"
        "  + env.KEY: \"${secret.env.KEY}\"\n"
        "  + files: {}\n"
        "  + labels.tier: \"web\"\n"
        "\n"
        "  # web[0] will be created\n"
        "  # (the group grows)\n"
        "  # web[1] will be created\n"
        "  # (the group grows)\n"
        "\n"
        "Plan: 2 to add, 0 to change, 0 to destroy.\n");
  CheckGolden("plan_first.md", PlanMarkdown(plan));
}

TEST_CASE("a long value of a new group is cut and counted, and whole on demand") {
  const model::Plan plan = FirstPlan("{\"files\":{\"a\":\"" + std::string(5000, 'x') + "end\"}}");
  const std::string cut = "  + files.a: \"" + std::string(118, 'x') + "\u2026 (5,005 bytes)\n";
  CHECK(Contains(PlanText(plan), cut));
  CHECK(Contains(PlanText(plan, {false, true, 20}), "xend\"\n"));
  CHECK(Contains(PlanMarkdown(plan), "\u2026 (5,005 bytes) |\n"));
}

TEST_CASE("a new group whose properties do not fit into a comment is still named") {
  std::string properties = "{";
  for (int i = 0; i < 60; ++i) {
    properties += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) + "\":\"" + std::string(200, '#') + "\"";
  }
  const std::string text = PlanMarkdown(FirstPlan(properties + "}"));
  CHECK(text.size() < 65'536);
  CHECK(Contains(text, "<details><summary>web: +2, new group</summary>"));
  CHECK(Contains(text, "did not fit"));
}

TEST_CASE("a replacement counts as one to add and one to destroy") {
  CHECK(PlanSummary(SamplePlan()) == "Plan: 5 to add, 0 to change, 4 to destroy.");
  CHECK(ShortCounts(SamplePlan().counts) == "+5 -4");
  CHECK(ShortCounts({}) == "no changes");
}

TEST_CASE("ranges of slots") {
  const auto range = [](std::vector<std::uint32_t> ordinals) {
    std::vector<model::Slot> slots;
    for (const auto ordinal : ordinals) slots.push_back({ordinal, {}});
    return SlotRange(slots);
  };
  CHECK(range({}).empty());
  CHECK(range({3}) == "3");
  CHECK(range({0, 1, 4, 7, 8, 9}) == "0, 1, 4, 7..9");
  CHECK(SlotRange({{0, "a"}, {1, "b"}, {2, "c"}}) == "a, b, c");
}

TEST_CASE("foreign text cannot forge output") {
  const std::string text = PlanText(HostilePlan());
  CHECK_FALSE(Contains(text, "\x1b"));
  CHECK_FALSE(Contains(text, "\n## forged"));
  CHECK_FALSE(Contains(text, "\xE2\x80\xAE"));
  const std::string markdown = PlanMarkdown(HostilePlan());
  CHECK_FALSE(Contains(markdown, "\n## forged"));
  CHECK_FALSE(Contains(markdown, "<script>"));
  CHECK_FALSE(Contains(markdown, "x</details>"));
  CHECK_FALSE(Contains(markdown, "@team"));
  CHECK_FALSE(Contains(markdown, "a](http"));
  CHECK_FALSE(Contains(markdown, "\x1b"));
  for (const auto format : {GraphFormat::kDot, GraphFormat::kMermaid}) {
    const std::string graph = GraphText(HostilePlan(), format);
    CHECK_FALSE(Contains(graph, "\x1b"));
    CHECK_FALSE(Contains(graph, "\n## forged"));
  }
}

TEST_CASE("a comment always fits, and says how much was cut") {
  model::Plan plan;
  plan.cluster = "shop";
  for (int i = 0; i < 3000; ++i) {
    model::PlanGroup group = LargePlan(1).groups[0];
    group.path = "group" + std::to_string(i);
    group.notes.assign(5, std::string(200, 'x'));
    plan.groups.push_back(group);
  }
  const std::string text = PlanMarkdown(plan);
  CHECK(text.size() < 65'536);
  CHECK(Contains(text, "did not fit and were cut"));
  CHECK(Contains(text, "more groups"));
  CHECK(PlanMarkdown(LargePlan(100'000)).size() < 8'000);
}

TEST_CASE("the graph, whole and collapsed") {
  CheckGolden("graph.dot", GraphText(SamplePlan(), GraphFormat::kDot));
  CheckGolden("graph.mmd", GraphText(SamplePlan(), GraphFormat::kMermaid));
  CheckGolden("graph_collapsed.dot", GraphText(SamplePlan(), GraphFormat::kDot, {3}));
}
