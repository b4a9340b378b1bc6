// What the views of a plan share: actions as a reader counts them, and their words.
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "cli/view/plan_text.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using model::Action;
using model::ActionKind;
using model::Reason;

// Gates, drains and restarts are steps, not changes; set changes no node.
bool IsNodeChange(ActionKind kind) {
  return kind == ActionKind::kCreate || kind == ActionKind::kUpdate || kind == ActionKind::kHook ||
         kind == ActionKind::kDestroy || kind == ActionKind::kAdopt || kind == ActionKind::kForget;
}

NodeVerb VerbOf(ActionKind kind) {
  if (kind == ActionKind::kUpdate || kind == ActionKind::kHook) return NodeVerb::kUpdate;
  if (kind == ActionKind::kDestroy) return NodeVerb::kDestroy;
  if (kind == ActionKind::kAdopt) return NodeVerb::kAdopt;
  if (kind == ActionKind::kForget) return NodeVerb::kForget;
  return NodeVerb::kCreate;
}

NodeLine LineOf(const Action& action) {
  return {.verb = VerbOf(action.kind),
          .reason = action.reason,
          .group = action.group,
          .slot = action.slot,
          .instance_id = action.instance_id,
          .settle = action.settle,
          .incarnation = action.incarnation,
          .from_revision = action.from_revision,
          .to_revision = action.to_revision};
}

// The halves of a replacement of one slot, whichever comes first.
struct Halves {
  const Action* create = nullptr;
  const Action* destroy = nullptr;
};

// A node that is gone is forgotten and created: to a reader one thing, the create, whose reason says the rest. The
// lines of a slot stand together, the create first.
void DropForgetsOfCreates(std::vector<NodeLine>& lines) {
  const NodeLine* create = nullptr;
  const auto is_said = [&create](const NodeLine& line) {
    if (line.verb == NodeVerb::kCreate) create = &line;
    return line.verb == NodeVerb::kForget && create != nullptr && create->slot == line.slot;
  };
  std::vector<NodeLine> kept;
  kept.reserve(lines.size());
  for (const NodeLine& line : lines) {
    if (!is_said(line)) kept.push_back(line);
  }
  lines = std::move(kept);
}

}  // namespace

std::vector<std::vector<NodeLine>> NodeLines(const model::Plan& plan) {
  std::vector<std::vector<NodeLine>> lines(plan.groups.size());
  std::map<std::pair<std::uint32_t, std::uint32_t>, Halves> replaced;
  for (const Action& action : plan.graph.actions) {
    if (!IsNodeChange(action.kind) || action.group >= lines.size()) continue;
    if (action.replace) {
      Halves& halves = replaced[{action.group, action.slot.ordinal}];
      const Action*& half = action.kind == ActionKind::kCreate ? halves.create : halves.destroy;
      if (half == nullptr && (action.kind == ActionKind::kCreate || action.kind == ActionKind::kDestroy)) {
        half = &action;
        continue;
      }
    }
    lines[action.group].push_back(LineOf(action));
  }
  for (const auto& [key, halves] : replaced) {
    NodeLine line = LineOf(halves.create != nullptr ? *halves.create : *halves.destroy);
    if (halves.create != nullptr && halves.destroy != nullptr) {
      line.verb = NodeVerb::kReplace;
      line.instance_id = halves.destroy->instance_id;
      line.incarnation = halves.destroy->incarnation;
      line.from_revision = halves.destroy->from_revision;
      // One half says why, the other only that it belongs to it.
      if (line.reason == Reason::kReplaced) line.reason = halves.destroy->reason;
    }
    lines[key.first].push_back(std::move(line));
  }
  for (auto& group : lines) {
    std::stable_sort(group.begin(), group.end(), [](const NodeLine& a, const NodeLine& b) {
      return std::tie(a.slot, a.verb, a.instance_id) < std::tie(b.slot, b.verb, b.instance_id);
    });
    DropForgetsOfCreates(group);
  }
  return lines;
}

std::string_view VerbPhrase(NodeVerb verb) {
  switch (verb) {
    case NodeVerb::kCreate:
      return "will be created";
    case NodeVerb::kReplace:
      return "must be replaced";
    case NodeVerb::kUpdate:
      return "will be updated in-place";
    case NodeVerb::kDestroy:
      return "will be destroyed";
    case NodeVerb::kAdopt:
      return "will be adopted";
    case NodeVerb::kForget:
      return "will be forgotten";
  }
  return "will change";
}

std::string_view ReasonPhrase(Reason reason) {
  switch (reason) {
    case Reason::kSizeUp:
      return "the group grows";
    case Reason::kSizeDown:
      return "the group shrinks";
    case Reason::kGroupRemoved:
      return "its group is removed";
    case Reason::kRevisionChanged:
      return "its properties changed";
    case Reason::kUnhealthy:
      return "it is unhealthy";
    case Reason::kMissing:
      return "it is gone: the provider does not have it any more";
    case Reason::kTerminated:
      return "it is gone: the provider lists it as terminated";
    case Reason::kStray:
      return "it is a stray: ours, but given up before";
    case Reason::kTainted:
      return "it is tainted";
    case Reason::kRequested:
      return "it was asked for";
    case Reason::kInterrupted:
      return "a run was cut off before it was done";
    case Reason::kLabelsChanged:
      return "its labels changed";
    case Reason::kPropertiesChanged:
      return "properties changed that need no replacement";
    case Reason::kPolicyChanged:
      return "only the policy changed";
    case Reason::kMoved:
      return "its group was renamed";
    case Reason::kDependency:
      return "it waits for another group";
    case Reason::kReplaced:
      return "its replacement takes over";
    case Reason::kSecretChanged:
      return "the value of a secret that it uses changed";
  }
  return "unknown reason";
}

bool ShowsHash(const model::Plan& plan) {
  return !plan.hash.IsZero() &&
         (!plan.graph.actions.empty() || plan.continues_run || plan.abandons_run || plan.reverses_destroy);
}

std::string ApprovalPhrase(const model::PlanGroup& group) {
  if (!group.approval) return {};
  return std::to_string(group.approval->destroys) + " of " + base::Count(group.approval->of, "node") +
         " would be lost, and approval.destroyMoreThan is " + group.approval->limit.ToText();
}

std::string BoundsPhrase(const model::PlanGroup& group) {
  if (group.removed || group.counts.replace + group.counts.destroy == 0) return {};
  return "never fewer than " + std::to_string(group.lowest_live) + " live, never more than " +
         std::to_string(group.highest_total) + " in all";
}

std::string SlotRange(const std::vector<model::Slot>& slots) {
  std::string out;
  for (std::size_t i = 0; i < slots.size();) {
    std::size_t last = i;
    while (last + 1 < slots.size() && slots[i].logical_id.empty() && slots[last + 1].logical_id.empty() &&
           slots[last + 1].ordinal == slots[last].ordinal + 1) {
      ++last;
    }
    if (!out.empty()) out += ", ";
    out += slots[i].Key();
    if (last > i) out += (last == i + 1 ? ", " : "..") + slots[last].Key();
    i = last + 1;
  }
  return out;
}

std::string ShortCounts(const model::ChangeCounts& counts) {
  std::string out;
  const auto add = [&out](char sign, std::uint32_t n) {
    if (n > 0) out += (out.empty() ? "" : " ") + std::string(1, sign) + std::to_string(n);
  };
  add('+', counts.create + counts.replace);
  add('~', counts.update);
  add('-', counts.destroy + counts.replace);
  return out.empty() ? "no changes" : out;
}

}  // namespace kadende::cli
