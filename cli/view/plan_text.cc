#include "cli/view/plan_text.h"

#include <algorithm>
#include <map>
#include <utility>

#include "cli/view/first_properties.h"
#include "cli/view/held_lines.h"
#include "cli/view/plugin_text.h"
#include "cli/view/style.h"
#include "engine/base/text.h"
#include "engine/plan/policy_diff.h"

namespace kadende::cli {
namespace {

using base::EscapeTerminal;
using model::Plan;
using model::PlanGroup;

constexpr std::size_t kPropertyLimit = 40;
constexpr std::size_t kFirstValueCells = 120;
constexpr std::size_t kDriftLimit = 20;
constexpr std::size_t kHoldLimit = 10;

Color ColorOf(NodeVerb verb) {
  if (verb == NodeVerb::kCreate || verb == NodeVerb::kAdopt) return Color::kGreen;
  return verb == NodeVerb::kUpdate || verb == NodeVerb::kForget ? Color::kYellow : Color::kRed;
}

std::uint32_t FrozenGroups(const Plan& plan) {
  return static_cast<std::uint32_t>(std::count_if(plan.groups.begin(), plan.groups.end(),
                                                  [](const PlanGroup& group) { return !group.frozen.empty(); }));
}

class Writer {
 public:
  Writer(const Plan& plan, const PlanTextOptions& options) : plan_(plan), options_(options), lines_(NodeLines(plan)) {}

  std::string Write() {
    Head();
    Drifts();
    for (std::size_t i = 0; i < plan_.groups.size(); ++i) Group(plan_.groups[i], lines_[i]);
    const std::string diagnostics = base::Render(plan_.diagnostics);
    if (!diagnostics.empty()) out_ += diagnostics + (diagnostics.back() == '\n' ? "\n" : "\n\n");
    Hash();
    out_ += Paint(options_.color, Color::kBold, PlanSummary(plan_)) + "\n";
    if (const std::string held = HeldSummary(plan_); !held.empty()) Line(Painted(Color::kYellow, held));
    return std::move(out_);
  }

 private:
  void Line(const std::string& text) { out_ += text + "\n"; }
  [[nodiscard]] std::string Painted(Color color, const std::string& text) const {
    return Paint(options_.color, color, text);
  }

  void Head() {
    const std::size_t before = out_.size();
    if (!plan_.renamed_from.empty()) {
      Line("The cluster " + EscapeTerminal(plan_.renamed_from) + " is renamed to " + EscapeTerminal(plan_.cluster) +
           ".");
    }
    if (plan_.offline) Line("Planned offline: nothing was looked at, recorded nodes are taken as present.");
    if (plan_.continues_run) Line("An unfinished run is continued.");
    if (plan_.reverses_destroy)
      Line("An unfinished destroy is turned around: what it was to remove stays or comes back.");
    if (plan_.abandons_run) Line("An unfinished run is abandoned: back to what was in force before it.");
    if (!plan_.targets.empty()) Line("Only these groups: " + EscapeTerminal(base::Join(plan_.targets, ", ")));
    for (const auto& note : plan_.notes) Line("Note: " + EscapeTerminal(note));
    for (const model::PluginPin& pin : plan_.plugins) Line("Plugin that was not applied before: " + PinText(pin));
    if (plan_.spec_changed && plan_.graph.actions.empty()) {
      Line("The file differs from the applied one, but changes no node; apply records it.");
    }
    if (out_.size() > before) Line("");
  }

  // Before the summary, which readers of such plans look for in the last line.
  void Hash() {
    if (!ShowsHash(plan_)) return;
    const std::string hash = base::ToHex(plan_.hash);
    if (plan_.NeedsApproval()) {
      Line(Painted(Color::kRed, "This plan needs an approval of its own: apply it with --approve and its hash."));
    }
    Line(Painted(Color::kDim, "Plan hash: " + hash));
  }

  void Drifts() {
    if (plan_.drift.empty()) return;
    Line("Changed outside of kadende:");
    const std::size_t shown = options_.verbose ? plan_.drift.size() : std::min(kDriftLimit, plan_.drift.size());
    for (std::size_t i = 0; i < shown; ++i) {
      const model::Drift& drift = plan_.drift[i];
      const std::string group = drift.group < plan_.groups.size() ? plan_.groups[drift.group].path : "?";
      std::string text = "  " + EscapeTerminal(group) + "[" + EscapeTerminal(drift.slot.Key()) +
                         "]: " + std::string(ReasonPhrase(drift.reason));
      if (!drift.instance_id.empty()) text += " (" + EscapeTerminal(drift.instance_id) + ")";
      if (!drift.detail.empty()) text += ": " + EscapeTerminal(drift.detail);
      Line(text);
    }
    if (shown < plan_.drift.size()) Line("  and " + base::GroupDigits(plan_.drift.size() - shown) + " more");
    Line("");
  }

  [[nodiscard]] bool HasNews(const PlanGroup& group, const std::vector<NodeLine>& nodes) const {
    return !nodes.empty() || group.is_new || group.removed || !group.moved_from.empty() || !group.properties.empty() ||
           !group.policy_changes.empty() || !group.frozen.empty() || !group.not_looked_at.empty() ||
           !group.holds.empty() || !group.notes.empty() || group.before.size != group.after.size;
  }

  void Group(const PlanGroup& group, const std::vector<NodeLine>& nodes) {
    if (!HasNews(group, nodes)) return;
    Header(group);
    if (!group.frozen.empty()) Line("  " + Painted(Color::kYellow, "frozen: " + EscapeTerminal(group.frozen)));
    if (!group.not_looked_at.empty()) Line("  " + Painted(Color::kYellow, NotLookedAtText(group)));
    for (const auto& held : HeldLines(group, options_.verbose ? SIZE_MAX : kHoldLimit)) {
      Line("  " + Painted(Color::kYellow, EscapeTerminal(held)));
    }
    Properties(group.properties);
    Properties(FirstOf(group));
    for (const auto& change : group.policy_changes)
      Line("  " + Painted(Color::kYellow, "~") + " policy " + EscapeTerminal(change));
    if (group.is_new) {
      for (const std::string& line : plan::FirstPolicy(group.after.policy))
        Line("  " + Painted(Color::kGreen, "+") + " policy " + EscapeTerminal(line));
    }
    Bounds(group);
    for (const auto& note : group.notes) Line("  note: " + EscapeTerminal(note));
    if (!nodes.empty()) Line("");
    Nodes(group, nodes);
    Line("");
  }

  void Header(const PlanGroup& group) {
    std::string text = EscapeTerminal(group.path);
    if (group.is_new) text += " (new group)";
    if (group.removed) text += " (removed)";
    if (!group.moved_from.empty()) text += " (was " + EscapeTerminal(group.moved_from) + ")";
    const std::uint32_t before = group.is_new ? 0 : group.before.size;
    const std::uint32_t after = group.removed ? 0 : group.after.size;
    text += ": size " + std::to_string(before);
    if (before != after) text += " -> " + std::to_string(after);
    Line(Painted(Color::kBold, text));
  }

  // Whole files can be among them; a change shows its values whole, because what differs may be at the end.
  [[nodiscard]] std::vector<model::PropertyChange> FirstOf(const PlanGroup& group) const {
    std::vector<model::PropertyChange> first = FirstProperties(group);
    if (options_.verbose) return first;
    for (model::PropertyChange& property : first) property.after = CutValue(property.after, kFirstValueCells);
    return first;
  }

  void Properties(const std::vector<model::PropertyChange>& changes) {
    const std::size_t all = changes.size();
    const std::size_t shown = options_.verbose ? all : std::min(all, kPropertyLimit);
    for (std::size_t i = 0; i < shown; ++i) {
      const model::PropertyChange& change = changes[i];
      const std::string path = EscapeTerminal(change.path) + ": ";
      std::string text;
      if (change.before.empty()) {
        text = "  " + Painted(Color::kGreen, "+") + " " + path + EscapeTerminal(change.after);
      } else if (change.after.empty()) {
        text = "  " + Painted(Color::kRed, "-") + " " + path + EscapeTerminal(change.before);
      } else {
        text = "  " + Painted(Color::kYellow, "~") + " " + path + EscapeTerminal(change.before) + " -> " +
               EscapeTerminal(change.after);
      }
      if (change.forces_replacement) text += Painted(Color::kRed, " # forces replacement");
      Line(text);
    }
    if (shown < all) Line("  and " + base::Count(all - shown, "more property", "more properties"));
  }

  void Bounds(const PlanGroup& group) {
    if (const std::string approval = ApprovalPhrase(group); !approval.empty()) {
      Line("  " + Painted(Color::kRed, "needs an approval: " + approval));
    }
    const std::string bounds = BoundsPhrase(group);
    if (bounds.empty()) return;
    std::string order;
    if (group.counts.replace > 0) {
      order = group.destroy_first ? "destroy first" : "launch first";
      if (!group.order_reason.empty()) order += " (" + EscapeTerminal(group.order_reason) + ")";
      order += ": ";
    }
    Line("  " + order + bounds);
  }

  void Nodes(const PlanGroup& group, const std::vector<NodeLine>& nodes) {
    const std::size_t limit = options_.verbose ? nodes.size() : options_.per_group_limit;
    // One more line than the limit is not worth a cut.
    const std::size_t shown = nodes.size() <= limit + 1 ? nodes.size() : limit;
    for (std::size_t i = 0; i < shown; ++i) Node(group, nodes[i]);
    std::map<NodeVerb, std::vector<model::Slot>> rest;
    for (std::size_t i = shown; i < nodes.size(); ++i) rest[nodes[i].verb].push_back(nodes[i].slot);
    for (const auto& [verb, slots] : rest) {
      Line(Painted(ColorOf(verb), "  # and " + base::GroupDigits(slots.size()) + " more of " +
                                      EscapeTerminal(group.path) + " " + std::string(VerbPhrase(verb)) + ": " +
                                      EscapeTerminal(Shorten(SlotRange(slots), 60))));
    }
  }

  // The heading is a line of its own, as Terraform's: readers of its plans look for the words at the end of the line.
  void Node(const PlanGroup& group, const NodeLine& node) {
    std::string why(ReasonPhrase(node.reason));
    if (!node.instance_id.empty()) why += "; instance " + EscapeTerminal(node.instance_id);
    if (node.settle) why += "; an earlier create is settled first";
    Line(Painted(ColorOf(node.verb), "  # " + EscapeTerminal(group.path) + "[" + EscapeTerminal(node.slot.Key()) +
                                         "] " + std::string(VerbPhrase(node.verb))));
    Line(Painted(Color::kDim, "  # (" + why + ")"));
  }

  const Plan& plan_;
  const PlanTextOptions& options_;
  const std::vector<std::vector<NodeLine>> lines_;
  std::string out_;
};

}  // namespace

std::string PlanText(const Plan& plan, const PlanTextOptions& options) {
  return Writer(plan, options).Write();
}

std::string FrozenText(const Plan& plan) {
  std::string text;
  for (const PlanGroup& group : plan.groups) {
    if (group.frozen.empty()) continue;
    text += (text.empty() ? "" : "; ") + group.path + " is frozen: " + group.frozen;
  }
  return text;
}

std::string PlanSummary(const Plan& plan) {
  const model::ChangeCounts& counts = plan.counts;
  if (!counts.Any() && plan.graph.actions.empty() && !plan.continues_run && !plan.abandons_run &&
      !plan.reverses_destroy) {
    const std::uint32_t frozen = FrozenGroups(plan);
    if (frozen > 0)
      return "No changes. " + base::Count(frozen, "group is frozen", "groups are frozen") + ", see above.";
    if (const std::uint32_t blind = NotLookedAtGroups(plan); blind > 0) {
      return "No changes that can be known. " + base::Count(blind, "group was", "groups were") +
             " not looked at, see above.";
    }
    if (!HeldSummary(plan).empty()) return "No changes but what is held back, see above.";
    return "No changes. Your infrastructure matches the configuration.";
  }
  return "Plan: " + std::to_string(counts.create + counts.replace) + " to add, " + std::to_string(counts.update) +
         " to change, " + std::to_string(counts.destroy + counts.replace) + " to destroy.";
}

}  // namespace kadende::cli
