// What must not break out of a comment on a pull request. The golden file is rendered and looked at by tests/readers.
#include "cli/view/plan_markdown.h"

#include <catch2/catch.hpp>

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
