#include "cli/view/graph_view.h"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using model::Action;
using model::ActionKind;
using model::Plan;

struct Box {
  std::string label;
  ActionKind kind = ActionKind::kCreate;
};

struct Drawing {
  std::vector<Box> boxes;
  std::set<std::pair<std::size_t, std::size_t>> edges;  // first, then what waits for it
};

std::string GroupOf(const Plan& plan, const Action& action) {
  return action.group < plan.groups.size() ? plan.groups[action.group].path : "?";
}

std::string Label(const Plan& plan, const Action& action) {
  return std::string(model::ActionKindName(action.kind)) + " " + GroupOf(plan, action) +
         (action.OfWholeGroup() ? "" : "[" + action.slot.Key() + "]");
}

template <class Visit>
void ForEachEdge(const Plan& plan, Visit visit) {
  const model::ActionGraph& graph = plan.graph;
  for (std::size_t i = 0; i < graph.actions.size() && i + 1 < graph.offsets.size(); ++i) {
    for (std::size_t edge = graph.offsets[i]; edge < graph.offsets[i + 1]; ++edge) visit(graph.waits_for[edge], i);
  }
}

Drawing Whole(const Plan& plan) {
  Drawing drawing;
  for (const auto& action : plan.graph.actions) drawing.boxes.push_back({Label(plan, action), action.kind});
  ForEachEdge(plan, [&](std::size_t first, std::size_t then) { drawing.edges.emplace(first, then); });
  return drawing;
}

// One box per group, kind and whether it belongs to a replacement.
Drawing Collapsed(const Plan& plan) {
  using Key = std::tuple<std::uint32_t, ActionKind, bool>;
  std::map<Key, std::pair<std::size_t, std::size_t>> boxes;  // index, count
  for (const auto& action : plan.graph.actions) ++boxes[{action.group, action.kind, action.replace}].second;
  Drawing drawing;
  for (auto& [key, box] : boxes) {
    box.first = drawing.boxes.size();
    Action sample;
    sample.group = std::get<0>(key);
    const std::string replace = std::get<2>(key) ? " (of replacements)" : "";
    drawing.boxes.push_back({std::string(model::ActionKindName(std::get<1>(key))) + " " +
                                 base::GroupDigits(box.second) + " of " + GroupOf(plan, sample) + replace,
                             std::get<1>(key)});
  }
  const auto index = [&](std::size_t id) {
    const Action& action = plan.graph.actions[id];
    return boxes.at({action.group, action.kind, action.replace}).first;
  };
  ForEachEdge(plan, [&](std::size_t first, std::size_t then) {
    // Within a rolling order the same two boxes wait for each other in turn; a box does not point to itself.
    if (index(first) != index(then)) drawing.edges.emplace(index(first), index(then));
  });
  return drawing;
}

std::string DotQuote(const std::string& text) {
  std::string out = "\"";
  for (const char c : base::EscapeTerminal(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// Mermaid reads HTML and its own entities in quoted labels; '#' starts one.
std::string MermaidQuote(const std::string& text) {
  std::string out = "\"";
  for (const char c : base::EscapeTerminal(text)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' ||
                       c == '-' || c == '_' || c == '/' || c == '.' || c == ',' || c == '(' || c == ')' || c == '[' ||
                       c == ']' || static_cast<unsigned char>(c) >= 0x80;
    out += plain ? std::string(1, c) : "#" + std::to_string(static_cast<int>(c)) + ";";
  }
  return out + "\"";
}

std::string_view DotColor(ActionKind kind) {
  if (kind == ActionKind::kCreate || kind == ActionKind::kAdopt) return "darkgreen";
  if (kind == ActionKind::kDestroy) return "red3";
  return kind == ActionKind::kUpdate ? "darkorange" : "gray40";
}

std::string Dot(const Plan& plan, const Drawing& drawing) {
  std::string out = "digraph " + DotQuote(plan.cluster) + " {\n  rankdir=LR;\n  node [shape=box];\n";
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
    out += "  a" + std::to_string(i) + " [label=" + DotQuote(drawing.boxes[i].label) +
           ", color=" + std::string(DotColor(drawing.boxes[i].kind)) + "];\n";
  }
  for (const auto& [first, then] : drawing.edges) {
    out += "  a" + std::to_string(first) + " -> a" + std::to_string(then) + ";\n";
  }
  return out + "}\n";
}

std::string Mermaid(const Drawing& drawing) {
  std::string out = "flowchart LR\n";
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
    out += "  a" + std::to_string(i) + "[" + MermaidQuote(drawing.boxes[i].label) + "]\n";
  }
  for (const auto& [first, then] : drawing.edges) {
    out += "  a" + std::to_string(first) + " --> a" + std::to_string(then) + "\n";
  }
  return out;
}

}  // namespace

std::optional<GraphFormat> ParseGraphFormat(std::string_view name) {
  if (name == "dot") return GraphFormat::kDot;
  if (name == "mermaid") return GraphFormat::kMermaid;
  return std::nullopt;
}

std::string GraphText(const Plan& plan, GraphFormat format, const GraphOptions& options) {
  const bool collapse = plan.graph.actions.size() > options.collapse_above;
  const Drawing drawing = collapse ? Collapsed(plan) : Whole(plan);
  return format == GraphFormat::kDot ? Dot(plan, drawing) : Mermaid(drawing);
}

}  // namespace kadende::cli
