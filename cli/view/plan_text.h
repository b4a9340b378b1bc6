// A plan for a terminal, in the shape that readers of Terraform's plans know. Pure; ends with a newline.
//
// Order: renames and whole-cluster notes, drift, groups by path (header, property changes or what a new group is made
// of, order and bounds, notes, nodes), diagnostics of providers, summary line. Nodes of a group are cut after a limit,
// with a counted line that names the slots. All foreign text is escaped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/plan.h"

namespace kadende::cli {

struct PlanTextOptions {
  bool color = false;
  bool verbose = false;              // values of new groups whole, no limit on properties, drift and nodes
  std::size_t per_group_limit = 20;  // nodes shown per group
};
[[nodiscard]] std::string PlanText(const model::Plan& plan, const PlanTextOptions& options = {});

// "Plan: 3 to add, 0 to change, 1 to destroy." or "No changes. Your infrastructure matches the configuration.", without
// newline. A replacement counts as one to add and one to destroy.
[[nodiscard]] std::string PlanSummary(const model::Plan& plan);
// Which groups are left alone, and why: "web is frozen: ..."; empty where none is. A frozen group is a problem that
// only a person can solve, so commands end with it as an error. Not escaped.
[[nodiscard]] std::string FrozenText(const model::Plan& plan);

// "+2 ~1 -1", parts that are zero left out; "no changes" where all are. For subjects of commits and titles.
[[nodiscard]] std::string ShortCounts(const model::ChangeCounts& counts);

// What a reader counts as one change of a node: a create and a destroy of one slot are one replacement.
enum class NodeVerb : std::uint8_t { kCreate, kReplace, kUpdate, kDestroy, kAdopt, kForget };

struct NodeLine {
  NodeVerb verb = NodeVerb::kCreate;
  model::Reason reason = model::Reason::kRequested;
  std::uint32_t group = 0;  // index into Plan::groups
  model::Slot slot;
  std::string instance_id;  // of what goes or stays; empty for a create
  bool settle = false;
  std::uint32_t incarnation = 0;                     // of what goes or stays; of a create: the one to issue
  std::uint16_t from_revision = model::kNoRevision;  // index into PlanGroup::revisions
  std::uint16_t to_revision = model::kNoRevision;
};
// Per group index, sorted by slot, then verb.
[[nodiscard]] std::vector<std::vector<NodeLine>> NodeLines(const model::Plan& plan);

// "will be created", "must be replaced", "will be destroyed", "will be updated in-place", ...
[[nodiscard]] std::string_view VerbPhrase(NodeVerb verb);

// A sentence part for people: "the group grows", "its properties changed", "it is gone: the provider lists it as
// terminated".
[[nodiscard]] std::string_view ReasonPhrase(model::Reason reason);

// What a reader may hold a plan against: something would be done, so that it has a hash to be approved by.
[[nodiscard]] bool ShowsHash(const model::Plan& plan);
// "3 of 4 nodes would be lost, and approval.destroyMoreThan is 25%"; empty where the group needs no approval.
[[nodiscard]] std::string ApprovalPhrase(const model::PlanGroup& group);
// How low the number of healthy nodes can fall and how high that of instances can rise while the plan is done; empty
// where nothing goes away, or everything does.
[[nodiscard]] std::string BoundsPhrase(const model::PlanGroup& group);

// Sorted ordinals as "0..4, 7, 9..12"; logical ids as they are.
[[nodiscard]] std::string SlotRange(const std::vector<model::Slot>& slots);

}  // namespace kadende::cli
