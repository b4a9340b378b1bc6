#include "cli/view/plan_markdown.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "cli/view/first_properties.h"
#include "cli/view/plan_text.h"
#include "cli/view/style.h"
#include "engine/base/text.h"
#include "engine/plan/policy_diff.h"

namespace kadende::cli {
namespace {

using base::EscapeMarkdown;
using model::Plan;
using model::PlanGroup;

constexpr std::size_t kReserve = 200;  // for the sentence that counts what was cut
constexpr std::size_t kRangeCells = 200;
constexpr std::size_t kPolicyCells = 200;
constexpr std::size_t kPropertyLimit = 60;
constexpr std::size_t kValueCells = 300;

// Code hosts look for mentions and references in what is left after rendering, so that escaping is not enough: a
// zero-width space takes the words apart. `text` has the characters as entities already.
std::string Unlinked(std::string text) {
  constexpr const char* kGap = "&#8203;";
  for (const std::string_view word : {"&#64;", "&#35;", "GH-"}) {
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos;) {
      at += word.ends_with('-') ? word.size() - 1 : word.size();  // a dash belongs to what follows
      text.insert(at, kGap);
    }
  }
  return text;
}

// Foreign text: no markup, no mention that would notify somebody.
std::string Text(std::string_view text) {
  return Unlinked(EscapeMarkdown(text));
}

// Foreign text that begins a point of a list, where "1." or "-" would begin a list within it and blanks a block of
// code.
std::string Point(std::string_view text) {
  std::string out = Text(text);
  std::size_t at = 0;
  while (at < out.size() && out[at] >= '0' && out[at] <= '9') ++at;
  if (at > 0 && at < out.size() && (out[at] == '.' || out[at] == ')')) {
    out.insert(at, "\\");
  } else if (out.starts_with(' ')) {
    out.replace(0, 1, "&#32;");
  } else if (out.starts_with('-') || out.starts_with('+') || out.starts_with('=')) {
    out.insert(0, "\\");
  }
  return out;
}

// Foreign text on the line of <details>: HTML, which Markdown should leave alone. As some renderers do not, what means
// something to Markdown is written as entities, which mean the same to both.
std::string Html(std::string_view text) {
  std::string out;
  for (const char c : base::EscapeTerminal(text)) {
    if (std::string_view("<>&\"'@#[]`*_|~\\!$:").find(c) != std::string_view::npos) {
      out += "&#" + std::to_string(static_cast<int>(c)) + ";";
    } else {
      out += c;
    }
  }
  return Unlinked(std::move(out));
}

std::string_view Sign(NodeVerb verb) {
  switch (verb) {
    case NodeVerb::kCreate:
      return "create";
    case NodeVerb::kReplace:
      return "replace";
    case NodeVerb::kUpdate:
      return "update";
    case NodeVerb::kDestroy:
      return "destroy";
    case NodeVerb::kAdopt:
      return "adopt";
    case NodeVerb::kForget:
      return "forget";
  }
  return "change";
}

bool HasNews(const PlanGroup& group, const std::vector<NodeLine>& nodes) {
  return !nodes.empty() || group.is_new || group.removed || !group.moved_from.empty() || !group.properties.empty() ||
         !group.policy_changes.empty() || !group.frozen.empty() || !group.notes.empty();
}

// Adds whole pieces as long as they fit.
class Page {
 public:
  explicit Page(std::size_t max_bytes) : room_(max_bytes > kReserve ? max_bytes - kReserve : 0) {}

  bool Add(const std::string& piece) {
    if (piece.size() > room_ - text_.size()) return false;
    text_ += piece;
    return true;
  }
  std::string Finish(std::size_t cut, std::size_t max_bytes) {
    if (cut > 0) {
      text_ += "\n*" + base::Count(cut, "part") + " of this plan did not fit and " + (cut == 1 ? "was" : "were") +
               " cut; `kadende plan` shows everything.*\n";
    }
    if (text_.size() > max_bytes) text_.resize(max_bytes);
    return std::move(text_);
  }

 private:
  const std::size_t room_;
  std::string text_;
};

class Writer {
 public:
  Writer(const Plan& plan, const PlanMarkdownOptions& options)
      : plan_(plan), options_(options), lines_(NodeLines(plan)), page_(options.max_bytes) {}

  std::string Write() {
    Add("## Plan for " + Text(plan_.cluster) + "\n\n**" + PlanSummary(plan_) + "**\n" + Head());
    Add(Overview());
    Add(Drifts());
    for (std::size_t i = 0; i < plan_.groups.size(); ++i) {
      if (HasNews(plan_.groups[i], lines_[i])) AddGroup(plan_.groups[i], lines_[i]);
    }
    Add(Problems());
    return page_.Finish(cut_, options_.max_bytes);
  }

 private:
  void Add(const std::string& piece) {
    if (!page_.Add(piece)) ++cut_;
  }

  // What a new group is made of can be long; that it is new must not be lost with it.
  void AddGroup(const PlanGroup& group, const std::vector<NodeLine>& nodes) {
    if (page_.Add(Details(group, nodes, true))) return;
    ++cut_;
    if (group.is_new) page_.Add(Details(group, nodes, false));
  }

  std::string Head() {
    std::string out;
    const auto add = [&out](const std::string& text) { out += "- " + text + "\n"; };
    if (!plan_.renamed_from.empty()) add("the cluster is renamed from " + Text(plan_.renamed_from));
    if (plan_.offline) add("planned offline: nothing was looked at");
    if (plan_.continues_run) add("an unfinished run is continued");
    if (plan_.reverses_destroy) add("an unfinished destroy is turned around");
    if (plan_.abandons_run) add("an unfinished run is abandoned");
    if (!plan_.targets.empty()) add("only these groups: " + Text(base::Join(plan_.targets, ", ")));
    for (const auto& note : plan_.notes) add(Point(note));
    return out.empty() ? out : "\n" + out;
  }

  std::string Overview() {
    std::string rows;
    std::size_t left_out = 0;
    for (std::size_t i = 0; i < plan_.groups.size(); ++i) {
      const PlanGroup& group = plan_.groups[i];
      if (!HasNews(group, lines_[i])) continue;
      if (rows.size() > options_.max_bytes / 3) {
        ++left_out;
        continue;
      }
      const model::ChangeCounts& n = group.counts;
      rows += "| " + Text(group.path) + " | " + std::to_string(n.create) + " | " + std::to_string(n.replace) + " | " +
              std::to_string(n.update) + " | " + std::to_string(n.destroy) + " | " + std::to_string(n.unchanged) +
              " |\n";
    }
    if (rows.empty()) return {};
    std::string out =
        "\n| group | create | replace | update | destroy | unchanged |\n|---|---:|---:|---:|---:|---:|\n" + rows;
    if (left_out > 0) out += "\nand " + base::Count(left_out, "more group") + "\n";
    return out;
  }

  std::string Drifts() {
    if (plan_.drift.empty()) return {};
    std::string out =
        "\n<details><summary>Changed outside of kadende: " + base::GroupDigits(plan_.drift.size()) + "</summary>\n\n";
    const std::size_t shown = std::min(plan_.drift.size(), options_.per_group_limit);
    for (std::size_t i = 0; i < shown; ++i) {
      const model::Drift& drift = plan_.drift[i];
      const std::string group = drift.group < plan_.groups.size() ? plan_.groups[drift.group].path : "?";
      out += "- " + Point(group + "[" + drift.slot.Key() + "]") + ": " + std::string(ReasonPhrase(drift.reason));
      if (!drift.instance_id.empty()) out += " (" + Text(drift.instance_id) + ")";
      if (!drift.detail.empty()) out += ": " + Text(Shorten(drift.detail, kValueCells));
      out += "\n";
    }
    if (shown < plan_.drift.size()) out += "- and " + base::GroupDigits(plan_.drift.size() - shown) + " more\n";
    return out + "\n</details>\n";
  }

  std::string Details(const PlanGroup& group, const std::vector<NodeLine>& nodes, bool with_first) {
    std::string title = Html(group.path) + ": " + ShortCounts(group.counts);
    if (group.is_new) title += ", new group";
    if (group.removed) title += ", removed";
    if (!group.moved_from.empty()) title += ", was " + Html(group.moved_from);
    if (!group.frozen.empty()) title += ", frozen";
    std::string out = "\n<details><summary>" + title + "</summary>\n\n";
    if (!group.frozen.empty()) out += "- frozen: " + Text(group.frozen) + "\n";
    out += Properties(group);
    for (const auto& change : group.policy_changes) out += "- policy " + Text(change) + "\n";
    if (with_first && group.is_new) {
      for (const std::string& line : plan::FirstPolicy(group.after.policy)) {
        out += "- policy " + Text(Shorten(line, kPolicyCells)) + "\n";
      }
    }
    const bool replaces =
        std::any_of(nodes.begin(), nodes.end(), [](const NodeLine& line) { return line.verb == NodeVerb::kReplace; });
    if (replaces) {
      out += std::string("- ") + (group.destroy_first ? "destroy first" : "launch first");
      if (!group.order_reason.empty()) out += " (" + Text(group.order_reason) + ")";
      out += ": never fewer than " + std::to_string(group.lowest_live) + " live, never more than " +
             std::to_string(group.highest_total) + " in all\n";
    }
    for (const auto& note : group.notes) out += "- " + Point(note) + "\n";
    if (with_first) out += FirstOf(group);  // a table, which would swallow a list right behind it
    return out + Nodes(group, nodes) + "\n</details>\n";
  }

  std::string Properties(const PlanGroup& group) {
    std::string out;
    const std::size_t shown = std::min(group.properties.size(), kPropertyLimit);
    for (std::size_t i = 0; i < shown; ++i) {
      const model::PropertyChange& change = group.properties[i];
      const auto value = [](const std::string& text) {
        return text.empty() ? std::string("absent") : Text(Shorten(text, kValueCells));
      };
      out += "- " + Point(change.path) + ": " + value(change.before) + " -> " + value(change.after);
      out += change.forces_replacement ? " (forces replacement)\n" : "\n";
    }
    if (shown < group.properties.size()) {
      out += "- and " + base::Count(group.properties.size() - shown, "more property", "more properties") + "\n";
    }
    return out;
  }

  std::string FirstOf(const PlanGroup& group) {
    const std::vector<model::PropertyChange> first = FirstProperties(group);
    if (first.empty()) return {};
    std::string out = "\n| property | value |\n|---|---|\n";
    const std::size_t shown = std::min(first.size(), kPropertyLimit);
    for (std::size_t i = 0; i < shown; ++i) {
      out += "| " + Text(first[i].path) + " | " + Text(CutValue(first[i].after, kValueCells)) + " |\n";
    }
    if (shown < first.size()) {
      out += "\n- and " + base::Count(first.size() - shown, "more property", "more properties") + "\n";
    }
    return out;
  }

  std::string Nodes(const PlanGroup& group, const std::vector<NodeLine>& nodes) {
    if (nodes.empty()) return {};
    std::string out = "\n| node | change | why | instance |\n|---|---|---|---|\n";
    const std::size_t shown = nodes.size() <= options_.per_group_limit + 1 ? nodes.size() : options_.per_group_limit;
    for (std::size_t i = 0; i < shown; ++i) {
      const NodeLine& node = nodes[i];
      out += "| " + Text(group.path + "[" + node.slot.Key() + "]") + " | " + std::string(Sign(node.verb)) + " | " +
             std::string(ReasonPhrase(node.reason)) + " | " + Text(node.instance_id) + " |\n";
    }
    std::map<NodeVerb, std::vector<model::Slot>> rest;
    for (std::size_t i = shown; i < nodes.size(); ++i) rest[nodes[i].verb].push_back(nodes[i].slot);
    if (!rest.empty()) out += "\n";
    for (const auto& [verb, slots] : rest) {
      out += "- and " + base::GroupDigits(slots.size()) + " more to " + std::string(Sign(verb)) + ": " +
             Text(Shorten(SlotRange(slots), kRangeCells)) + "\n";
    }
    return out;
  }

  std::string Problems() {
    std::string out;
    for (const auto& item : plan_.diagnostics.items()) {
      out += std::string("- ") + (item.severity == base::Severity::kError ? "error" : "warning") + ": " +
             Text(item.message) + (item.path.empty() ? "" : " (" + Text(item.path) + ")") + "\n";
    }
    return out.empty() ? out : "\n### Diagnostics\n\n" + out;
  }

  const Plan& plan_;
  const PlanMarkdownOptions& options_;
  const std::vector<std::vector<NodeLine>> lines_;
  Page page_;
  std::size_t cut_ = 0;
};

}  // namespace

std::string PlanMarkdown(const Plan& plan, const PlanMarkdownOptions& options) {
  return Writer(plan, options).Write();
}

}  // namespace kadende::cli
