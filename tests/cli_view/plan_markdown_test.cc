// What must not break out of a comment on a pull request. The golden file is rendered and looked at by tests/readers.
#include "cli/view/plan_markdown.h"

#include <catch2/catch.hpp>

#include "cli/view/plan_text.h"
#include "tests/cli_view/samples.h"

using namespace kadende;
using namespace kadende::cli;
using namespace kadende::tests;

namespace {

const std::vector<std::string> kHostile = {
    "x\x1b[2J</details><script>|`@team`\n## forged [a](http://b) \xE2\x80\xAE",
    "- nested\n\n# heading",
    "1. one",
    "23) two",
    "    code",
    "+ plus",
    "---",
    "===",
    "***",
    "___",
    "<!-- comment -->",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; &#60;b> &amp;",
    "```\nfence\n```",
    "~~~",
    "~~strike~~ **bold** _em_ `code` $math$",
    "http://a.b https://a.b www.a.b ftp://a.b a@b.cd mailto:a@b.cd xmpp:a@b.cd #12 GH-12 owner/repo#12",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "\\",
    "\\|",
    "\r\n\ttab",
    "![i](http://x/y.png)",
    "[a]: http://x \"t\"",
    "</summary></details></td></table>",
    "[^1] [x] [ ]",
    "\xFF\xFE broken",
    "snake_case*star and \xE6\x97\xA5\xE6\x9C\xAC",
};

model::PlanGroup HostileGroup(const std::string& text) {
  model::PlanGroup group = LargePlan(1).groups[0];
  group.path = text;
  group.moved_from = group.order_reason = group.frozen = text;
  group.notes = group.policy_changes = {text};
  group.properties = {{text, text, text, true}};
  return group;
}

}  // namespace

TEST_CASE("foreign text in every place of a comment") {
  model::Plan plan;
  plan.cluster = kHostile[0];
  plan.renamed_from = kHostile[1];
  plan.notes = kHostile;
  for (const std::string& text : kHostile) {
    plan.groups.push_back(HostileGroup(text));
    plan.diagnostics.Error(text, text);
    model::Drift drift;
    drift.group = static_cast<std::uint32_t>(plan.groups.size() - 1);
    drift.instance_id = drift.detail = text;
    plan.drift.push_back(drift);
    model::Action action;
    action.group = drift.group;
    action.slot.logical_id = action.instance_id = text;
    action.kind = model::ActionKind::kDestroy;
    AddAction(&plan, action);
  }
  CheckGolden("hostile.md", PlanMarkdown(plan));
}

TEST_CASE("who keeps a comment up to date finds it by its first line, whatever the cluster is called") {
  model::Plan plan = LargePlan(1);
  plan.cluster = "shop-1.eu_a";
  CHECK(PlanMarkdown(plan).starts_with("<!-- kadende-plan:shop-1.eu_a -->\n## Plan for "));
  plan.cluster = "a--><script>-->";
  CHECK(PlanMarkdown(plan).starts_with("<!-- kadende-plan:a-%2d%3e%3cscript%3e-%2d%3e -->\n"));
}

TEST_CASE("a plan that needs an approval says so, and how") {
  model::Plan plan = SamplePlan();
  plan.hash = base::Sha256("plan");
  plan.serial = 1234;
  plan.groups[2].approval = model::ApprovalNeed{3, 4, {25, true}};
  CheckGolden("approval.md", PlanMarkdown(plan));
  CheckGolden("approval.txt", PlanText(plan));
}

TEST_CASE("10,000 nodes in groups with long properties fit, and what was cut is counted") {
  model::Plan plan = LargePlan(10'000);
  model::PlanGroup group = plan.groups[0];
  for (int i = 0; i < 200; ++i) {
    group.properties.push_back({"p" + std::to_string(i), std::string(5000, 'a'), std::string(5000, 'b'), true});
  }
  group.policy_changes.assign(500, std::string(2000, 'p'));
  group.notes.assign(500, std::string(2000, 'n'));
  plan.groups[0] = group;
  for (int i = 0; i < 40; ++i) {
    plan.groups.push_back(group);
    plan.groups.back().path = "group-" + std::to_string(i);
  }
  plan.notes.assign(1000, std::string(3000, 'm'));
  for (int i = 0; i < 1000; ++i) plan.diagnostics.Error(std::string(1000, 'd'), std::string(1000, 'e'));
  const std::string text = PlanMarkdown(plan);
  CHECK(text.size() < 65'536);
  for (const char* part : {"**Plan: 10000 to add", "<details><summary>web: +10000", "and 9,990 more to create",
                           "did not fit and were cut", "and 980 more notes", "- and 980 more\n"}) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  }
}
