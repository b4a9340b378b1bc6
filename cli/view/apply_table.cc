#include "cli/view/apply_table.h"

#include <algorithm>
#include <array>
#include <vector>

#include "cli/view/plan_text.h"
#include "cli/view/style.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using apply::Outcome;
using apply::OutcomeKind;
using base::EscapeTerminal;
using model::ActionKind;

struct Section {
  OutcomeKind kind;
  std::string_view title;
  std::string_view without_message;
  Color color;
};
constexpr std::array<Section, 5> kSections = {{
    {OutcomeKind::kDone, "Done", "", Color::kGreen},
    {OutcomeKind::kFailed, "Failed", "no reason given", Color::kRed},
    {OutcomeKind::kSkipped, "Skipped", "something that it waits for failed", Color::kYellow},
    {OutcomeKind::kUnknown, "Unknown", "the call may have had its effect", Color::kYellow},
    {OutcomeKind::kNotStarted, "Not started", "the run ended before", Color::kDim},
}};

std::string Name(const model::Plan& plan, const model::Action& action) {
  const std::string group = action.group < plan.groups.size() ? plan.groups[action.group].path : "?";
  if (action.OfWholeGroup()) return EscapeTerminal(group);
  return EscapeTerminal(group) + "[" + EscapeTerminal(action.slot.Key()) + "]";
}

std::string Table(const model::Plan& plan, const apply::ExecuteResult& result, const Section& section,
                  const ApplyTableOptions& options) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < result.outcomes.size() && i < plan.graph.actions.size(); ++i) {
    // Gates are steps of the plan: that one was skipped is said by what waits for it.
    const bool step = plan.graph.actions[i].kind == ActionKind::kGate && section.kind != OutcomeKind::kFailed;
    if (result.outcomes[i].kind == section.kind && !step) rows.push_back(i);
  }
  if (rows.empty()) return {};
  std::string out =
      Paint(options.color, section.color, std::string(section.title) + " (" + base::GroupDigits(rows.size()) + "):") +
      "\n";
  const std::size_t shown = options.verbose || rows.size() <= options.row_limit + 1 ? rows.size() : options.row_limit;
  std::size_t width = 0;
  for (std::size_t i = 0; i < shown; ++i)
    width = std::max(width, DisplayWidth(Name(plan, plan.graph.actions[rows[i]])));
  for (std::size_t i = 0; i < shown; ++i) {
    const model::Action& action = plan.graph.actions[rows[i]];
    const std::string& message = result.outcomes[rows[i]].message;
    std::string line =
        "  " + PadRight(Name(plan, action), width) + "  " + PadRight(model::ActionKindName(action.kind), 7);
    const std::string why = message.empty() ? std::string(section.without_message) : EscapeTerminal(message);
    if (!why.empty()) line += "  " + why;
    while (line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  if (shown < rows.size()) out += "  and " + base::GroupDigits(rows.size() - shown) + " more\n";
  return out;
}

std::uint32_t NotStarted(const model::Plan& plan, const apply::ExecuteResult& result) {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < result.outcomes.size() && i < plan.graph.actions.size(); ++i) {
    const bool is_order = plan.graph.actions[i].kind == model::ActionKind::kGate;
    count += result.outcomes[i].kind == OutcomeKind::kNotStarted && !is_order ? 1U : 0U;
  }
  return count;
}

std::string Next(const model::Plan& plan, const apply::ExecuteResult& result) {
  if (result.unknown > 0) {
    return "What is unknown is settled by the next run: it looks before it acts, and nothing is made twice.\n";
  }
  if (plan.destroy) return "Run destroy again to go on; `apply` would build what is gone anew.\n";
  return "Run apply again to go on; what is done stays done.\n";
}

}  // namespace

std::string ApplyTable(const model::Plan& plan, const apply::ExecuteResult& result, const ApplyTableOptions& options) {
  std::string out;
  for (const Section& section : kSections) {
    if (section.kind == OutcomeKind::kDone ? options.verbose : !result.Complete()) {
      out += Table(plan, result, section, options);
    }
  }
  if (!out.empty()) out += "\n";
  const bool complete = result.Complete() && FrozenText(plan).empty();
  out += Paint(options.color, complete ? Color::kGreen : Color::kRed, ApplySummary(plan, result)) + "\n";
  return result.Complete() ? out : out + Next(plan, result);
}

std::string ApplySummary(const model::Plan& plan, const apply::ExecuteResult& result) {
  const auto added = std::to_string(result.done.create + result.done.replace);
  const auto destroyed = std::to_string(result.done.destroy + result.done.replace);
  const std::string what = plan.destroy ? "Destroy" : "Apply";
  // A frozen group was left as it is: what was asked for is not done.
  const bool complete = result.Complete() && FrozenText(plan).empty();
  std::string out = what + (complete ? " complete! Resources: " : " incomplete! Resources: ");
  if (!plan.destroy) out += added + " added, " + std::to_string(result.done.update) + " changed, ";
  out += destroyed + " destroyed";
  if (complete) return out + ".";
  const char* separator = "; ";
  const auto add = [&](std::uint32_t n, const char* word) {
    if (n == 0) return;
    out += separator + std::to_string(n) + " " + word;
    separator = ", ";
  };
  add(result.failed, "failed");
  add(result.skipped, "skipped");
  add(result.unknown, "unknown");
  add(NotStarted(plan, result), "not started");
  const auto frozen = std::count_if(plan.groups.begin(), plan.groups.end(),
                                    [](const model::PlanGroup& group) { return !group.frozen.empty(); });
  add(static_cast<std::uint32_t>(frozen), frozen == 1 ? "group frozen" : "groups frozen");
  return out + ".";
}

}  // namespace kadende::cli
