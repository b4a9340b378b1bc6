#include "cli/view/plan_markdown.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "cli/view/first_properties.h"
#include "cli/view/held_lines.h"
#include "cli/view/plan_text.h"
#include "cli/view/plugin_text.h"
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
constexpr std::size_t kValueCells = 300;
constexpr std::size_t kHoldLimit = 10;
constexpr std::size_t kLineLimit = 20;   // notes and diagnostics of the whole plan
constexpr std::size_t kReasonLimit = 3;  // named per group in the overview

// How much of a group is told: where it does not fit, the next one is tried.
struct Depth {
  std::size_t nodes = 0;
  std::size_t properties = 0;
  std::size_t cells = 0;  // of a value
};

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
         !group.policy_changes.empty() || !group.frozen.empty() || !group.not_looked_at.empty() ||
         !group.holds.empty() || !group.notes.empty();
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
    Add(Marker() + "## Plan for " + Text(Shorten(plan_.cluster, kValueCells)) + "\n\n**" + PlanSummary(plan_) + "**\n");
    Add(Approval());
    Add(Head());
    Add(Overview());
    Add(Problems());
    Add(Drifts());
    for (std::size_t i = 0; i < plan_.groups.size(); ++i) {
      if (HasNews(plan_.groups[i], lines_[i])) AddGroup(plan_.groups[i], lines_[i]);
    }
    return page_.Finish(cut_, options_.max_bytes);
  }

 private:
  void Add(const std::string& piece) {
    if (!page_.Add(piece)) ++cut_;
  }

  // For whoever keeps one comment up to date: invisible, the same for all plans of the cluster. Nothing in it can end
  // the comment.
  std::string Marker() const {
    std::string name;
    for (const char c : plan_.cluster) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                         c == '.' || (c == '-' && !name.empty() && name.back() != '-');
      if (plain) {
        name += c;
      } else {
        constexpr std::string_view kDigits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        name += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
      }
      if (name.size() > kValueCells) break;
    }
    return "<!-- kadende-plan:" + name + " -->\n";
  }

  // What a plan is approved by, and when it was made on what.
  std::string Approval() const {
    std::string out;
    if (plan_.NeedsApproval()) {
      std::size_t named = 0;
      std::size_t more = 0;
      for (const PlanGroup& group : plan_.groups) {
        if (!group.approval) continue;
        if (named++ >= kLineLimit) {
          ++more;
          continue;
        }
        out += "- " + Text(group.path) + ": " + ApprovalPhrase(group) + "\n";
      }
      if (more > 0) out += "- and " + base::Count(more, "more group") + "\n";
      out = "\n**This plan needs an approval of its own** (`kadende apply --approve` and its hash):\n\n" + out;
    }
    if (!ShowsHash(plan_)) return out;
    out += "\nPlan hash: `" + base::ToHex(plan_.hash) + "`, made " + base::FormatRfc3339(plan_.made_at);
    if (plan_.serial > 0) out += " on version " + base::GroupDigits(plan_.serial) + " of the state";
    return out + "\n";
  }

  // A group that is too long is told more shortly rather than not at all; that it was cut is counted.
  void AddGroup(const PlanGroup& group, const std::vector<NodeLine>& nodes) {
    const Depth depths[] = {{options_.per_group_limit, 60, kValueCells},
                            {std::min<std::size_t>(options_.per_group_limit, 10), 20, 80},
                            {0, 0, 0}};
    for (const Depth& depth : depths) {
      depth_ = depth;
      if (page_.Add(Details(group, nodes))) break;
      if (&depth == depths) ++cut_;
    }
  }

  std::string Head() {
    std::string out;
    const auto add = [&out](const std::string& text) { out += "- " + text + "\n"; };
    if (const std::string held = HeldSummary(plan_); !held.empty()) add(held);
    if (!plan_.renamed_from.empty()) add("the cluster is renamed from " + Text(plan_.renamed_from));
    if (plan_.offline) add("planned offline: nothing was looked at");
    for (const model::PluginPin& pin : plan_.plugins) add("plugin that was not applied before: " + Text(PinText(pin)));
    if (plan_.continues_run) add("an unfinished run is continued");
    if (plan_.reverses_destroy) add("an unfinished destroy is turned around");
    if (plan_.abandons_run) add("an unfinished run is abandoned");
    if (!plan_.targets.empty()) {
      add("only these groups: " + Text(Shorten(base::Join(plan_.targets, ", "), 2 * kValueCells)));
    }
    const std::size_t shown = std::min(plan_.notes.size(), kLineLimit);
    for (std::size_t i = 0; i < shown; ++i) add(Point(Shorten(plan_.notes[i], 2 * kValueCells)));
    if (shown < plan_.notes.size()) add("and " + base::Count(plan_.notes.size() - shown, "more note"));
    return out.empty() ? out : "\n" + out;
  }

  // Lowest and highest: the fewest healthy nodes and the most instances at any moment of it.
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
      rows += "| " + Text(Shorten(group.path, kValueCells));
      for (const std::uint32_t count :
           {n.create, n.replace, n.update, n.destroy, n.unchanged, group.lowest_live, group.highest_total}) {
        rows += " | " + std::to_string(count);
      }
      rows += " | " + Why(group, lines_[i]) + " |\n";
    }
    if (rows.empty()) return {};
    std::string out =
        "\n| group | create | replace | update | destroy | unchanged | lowest healthy | highest total | why |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|---|\n" +
        rows;
    if (left_out > 0) out += "\nand " + base::Count(left_out, "more group") + "\n";
    return out;
  }

  // The commonest reasons first.
  static std::string Why(const PlanGroup& group, const std::vector<NodeLine>& nodes) {
    std::map<std::string_view, std::uint64_t> counts;
    for (const NodeLine& node : nodes) ++counts[ReasonPhrase(node.reason)];
    std::vector<std::pair<std::string_view, std::uint64_t>> reasons(counts.begin(), counts.end());
    std::stable_sort(reasons.begin(), reasons.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    std::string out;
    for (std::size_t i = 0; i < std::min(reasons.size(), kReasonLimit); ++i) {
      out += (out.empty() ? "" : "; ") + std::string(reasons[i].first);
      if (reasons.size() > 1) out += " (" + base::GroupDigits(reasons[i].second) + ")";
    }
    if (reasons.size() > kReasonLimit) out += "; and others";
    if (!out.empty()) return out;
    if (!group.frozen.empty()) return "frozen";
    if (!group.not_looked_at.empty()) return "not looked at";
    return group.policy_changes.empty() ? "" : std::string(ReasonPhrase(model::Reason::kPolicyChanged));
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

  std::string Details(const PlanGroup& group, const std::vector<NodeLine>& nodes) {
    std::string title = Html(Shorten(group.path, kValueCells)) + ": " + ShortCounts(group.counts);
    if (group.is_new) title += ", new group";
    if (group.removed) title += ", removed";
    if (!group.moved_from.empty()) title += ", was " + Html(Shorten(group.moved_from, kValueCells));
    if (!group.frozen.empty()) title += ", frozen";
    if (!group.not_looked_at.empty()) title += ", not looked at";
    if (!group.holds.empty()) title += ", held";
    std::string out = "\n<details><summary>" + title + "</summary>\n\n";
    if (!group.frozen.empty()) out += "- frozen: " + Text(Shorten(group.frozen, 2 * kValueCells)) + "\n";
    if (!group.not_looked_at.empty()) {
      out += "- **not looked at**: " + Text(Shorten(group.not_looked_at, 2 * kValueCells)) + "\n";
    }
    for (const auto& held : HeldLines(group, kHoldLimit)) out += "- " + Point(held) + "\n";
    out += Properties(group);
    out += Lines(group.policy_changes, "policy ");
    if (group.is_new && depth_.properties > 0) {
      for (const std::string& line : plan::FirstPolicy(group.after.policy)) {
        out += "- policy " + Text(Shorten(line, kPolicyCells)) + "\n";
      }
    }
    if (const std::string bounds = BoundsPhrase(group); !bounds.empty()) {
      std::string order;
      if (group.counts.replace > 0) {
        order = group.destroy_first ? "destroy first" : "launch first";
        if (!group.order_reason.empty()) order += " (" + Text(Shorten(group.order_reason, kValueCells)) + ")";
        order += ": ";
      }
      out += "- " + order + bounds + "\n";
    }
    out += Lines(group.notes, "");
    out += FirstOf(group);  // a table, which would swallow a list right behind it
    return out + Nodes(group, nodes) + "\n</details>\n";
  }

  std::string Lines(const std::vector<std::string>& texts, const std::string& before) const {
    std::string out;
    const std::size_t shown = std::min(texts.size(), depth_.properties);
    for (std::size_t i = 0; i < shown; ++i) {
      const std::string text = Shorten(texts[i], 2 * depth_.cells);
      out += "- " + (before.empty() ? Point(text) : before + Text(text)) + "\n";
    }
    if (shown < texts.size()) out += "- and " + base::Count(texts.size() - shown, "more line") + "\n";
    return out;
  }

  std::string Properties(const PlanGroup& group) {
    std::string out;
    const std::size_t shown = std::min(group.properties.size(), depth_.properties);
    for (std::size_t i = 0; i < shown; ++i) {
      const model::PropertyChange& change = group.properties[i];
      const auto value = [this](const std::string& text) {
        return text.empty() ? std::string("absent") : Text(Shorten(text, depth_.cells));
      };
      out +=
          "- " + Point(Shorten(change.path, kValueCells)) + ": " + value(change.before) + " -> " + value(change.after);
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
    if (depth_.properties == 0) return "- and " + base::Count(first.size(), "property", "properties") + "\n";
    std::string out = "\n| property | value |\n|---|---|\n";
    const std::size_t shown = std::min(first.size(), depth_.properties);
    for (std::size_t i = 0; i < shown; ++i) {
      out += "| " + Text(Shorten(first[i].path, kValueCells)) + " | " + Text(CutValue(first[i].after, depth_.cells)) +
             " |\n";
    }
    if (shown < first.size()) {
      out += "\n- and " + base::Count(first.size() - shown, "more property", "more properties") + "\n";
    }
    return out;
  }

  std::string Nodes(const PlanGroup& group, const std::vector<NodeLine>& nodes) {
    if (nodes.empty()) return {};
    const std::size_t limit = depth_.nodes;
    // One more line than the limit is not worth a cut.
    const std::size_t shown = limit > 0 && nodes.size() <= limit + 1 ? nodes.size() : std::min(limit, nodes.size());
    std::string out = shown == 0 ? "" : "\n| node | change | why | instance |\n|---|---|---|---|\n";
    for (std::size_t i = 0; i < shown; ++i) {
      const NodeLine& node = nodes[i];
      out += "| " + Text(Shorten(group.path + "[" + node.slot.Key() + "]", kValueCells)) + " | " +
             std::string(Sign(node.verb)) + " | " + std::string(ReasonPhrase(node.reason)) + " | " +
             Text(Shorten(node.instance_id, kValueCells)) + " |\n";
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
    const auto& items = plan_.diagnostics.items();
    std::string out;
    const std::size_t shown = std::min(items.size(), kLineLimit);
    for (std::size_t i = 0; i < shown; ++i) {
      const auto& item = items[i];
      out += std::string("- ") + (item.severity == base::Severity::kError ? "error" : "warning") + ": " +
             Text(Shorten(item.message, 2 * kValueCells)) +
             (item.path.empty() ? "" : " (" + Text(Shorten(item.path, kValueCells)) + ")") + "\n";
    }
    if (shown < items.size()) out += "- and " + base::GroupDigits(items.size() - shown) + " more\n";
    return out.empty() ? out : "\n### Diagnostics\n\n" + out;
  }

  const Plan& plan_;
  const PlanMarkdownOptions& options_;
  const std::vector<std::vector<NodeLine>> lines_;
  Page page_;
  Depth depth_;
  std::size_t cut_ = 0;
};

}  // namespace

std::string PlanMarkdown(const Plan& plan, const PlanMarkdownOptions& options) {
  return Writer(plan, options).Write();
}

}  // namespace kadende::cli
