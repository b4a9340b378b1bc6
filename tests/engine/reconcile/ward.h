// A group of nodes for tests of the rules: all healthy, seen and looked at, until a test says otherwise. No planner, no
// provider: rows, sights and health as they are given to Remediate.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/reconcile/remediation.h"

namespace kadende::test {

using namespace std::chrono_literals;

struct Ward {
  explicit Ward(std::uint32_t size) {
    model::GroupRecord& record = group.record;
    record.path = "web";
    record.target.size = size;
    record.target.revision = base::Sha256("v1");
    record.target.policy.checks.resize(1);
    record.target.policy.checks[0].name = "ready";
    record.target.policy.remediation.max_in_flight = {100, true};
    record.target.policy.remediation.rate.count = {100, true};
    record.target.policy.remediation.blast_cap = {100, true};
    record.target.policy.remediation.min_capacity = {0, false};
    record.target.policy.rollout.max_surge = {100, true};
    record.current = record.target;
    record.revisions.push_back({record.target.revision, {"fake", "latest", ""}, "{}", {}, "{}", ""});
    for (std::uint32_t ordinal = 0; ordinal < size; ++ordinal) Add(ordinal, 1);
  }

  model::GroupPolicy& Policy() {
    group.record.current.policy = group.record.target.policy;
    return group.record.target.policy;
  }

  model::NodeRecord& Add(std::uint32_t ordinal, std::uint32_t incarnation) {
    model::NodeRecord& row = group.nodes[{ordinal, incarnation}];
    row.slot.ordinal = ordinal;
    row.incarnation = incarnation;
    row.phase = model::NodePhase::kLive;
    row.revision = group.record.target.revision;
    row.instance_id = "i-" + std::to_string(ordinal) + "-" + std::to_string(incarnation);
    row.created_at = now - 2h;
    plan::NodeSight& sight = view.nodes[{ordinal, incarnation}];
    sight.sight = plan::Sight::kPresent;
    sight.status = model::InstanceStatus::kRunning;
    model::NodeHealth node;
    node.slot.ordinal = ordinal;
    node.incarnation = incarnation;
    node.state = model::HealthState::kHealthy;
    node.since = node.check_since = node.joined_at = now - 1h;
    node.memory.first_at = now - 2h;
    node.check = "ready";
    node.evidence = "status 200";
    node.last_at = now;
    health[{ordinal, incarnation}] = node;
    return row;
  }

  model::NodeHealth& Node(std::uint32_t ordinal, std::uint32_t incarnation = 1) {
    return health.at({ordinal, incarnation});
  }
  plan::NodeSight& Sight(std::uint32_t ordinal, std::uint32_t incarnation = 1) {
    return view.nodes.at({ordinal, incarnation});
  }
  void Is(std::uint32_t ordinal, model::HealthState state, base::Millis lasting, std::uint32_t incarnation = 1) {
    model::NodeHealth& node = Node(ordinal, incarnation);
    node.state = state;
    node.since = node.check_since = now - lasting;
    node.evidence = state == model::HealthState::kUnhealthy ? "status 500" : "cannot look";
  }
  void Fail(std::uint32_t ordinal, base::Millis lasting = 10min) {
    Is(ordinal, model::HealthState::kUnhealthy, lasting);
  }
  void Unknown(std::uint32_t ordinal, base::Millis lasting = 10min) {
    Is(ordinal, model::HealthState::kUnknown, lasting);
  }
  // The successor of a replaced node: created `age` ago, never healthy, its predecessor still leaving.
  void Replaced(std::uint32_t ordinal, base::Millis age) {
    group.nodes.at({ordinal, 1}).phase = model::NodePhase::kLeaving;
    health.erase({ordinal, 1});
    Add(ordinal, 2).created_at = now - age;
    Is(ordinal, model::HealthState::kInitializing, age, 2);
    Node(ordinal, 2).joined_at = {};
    Node(ordinal, 2).memory.first_at = now - age;
  }
  void Gone(std::uint32_t ordinal) {
    Sight(ordinal).sight = plan::Sight::kMissing;
    health.erase({ordinal, 1});
  }
  // Time passes, and looks give what they gave before.
  void Pass(base::Millis by) {
    now += by;
    for (auto& [key, node] : health) node.last_at = now;
  }

  [[nodiscard]] reconcile::GroupDecision Decide() const {
    std::vector<model::NodeHealth> rows;
    for (const auto& [key, node] : health) rows.push_back(node);
    reconcile::RemediationInput input;
    input.group = &group;
    input.view = &view;
    input.health = &rows;
    input.intents = intents;
    input.watching_since = watching_since;
    input.now = now;
    input.wall_ahead = wall_ahead;
    return reconcile::Remediate(input);
  }
  // "0 2": the slots that are replaced now.
  [[nodiscard]] std::string Replaces() const {
    std::string slots;
    for (const auto& [ordinal, why] : Decide().judgement.replace) slots += std::to_string(ordinal) + " ";
    if (!slots.empty()) slots.pop_back();
    return slots;
  }
  // Why a node is left alone; empty: it is not.
  [[nodiscard]] std::string Why(std::uint32_t ordinal) const {
    for (const auto& held : Decide().held) {
      if (held.node.ordinal == ordinal) return held.why;
    }
    return "";
  }
  [[nodiscard]] base::TimePoint Until(std::uint32_t ordinal) const {
    for (const auto& held : Decide().held) {
      if (held.node.ordinal == ordinal) return held.until;
    }
    return {};
  }
  [[nodiscard]] bool Braked() const { return !Decide().brakes.empty(); }
  // A decision is in force: its brakes and backoff are in state, what it remembers in the rows.
  void Settle() {
    const reconcile::GroupDecision decision = Decide();
    group.record.brakes = decision.brakes;
    if (decision.backoff) group.record.backoff = *decision.backoff;
    if (decision.healing) group.record.healing = *decision.healing;
    for (const model::NodeHealth& node : decision.health) {
      health[{node.slot.ordinal, node.incarnation}].memory = node.memory;
    }
  }

  base::TimePoint now = base::FromUnixMillis(1'800'000'000'000);
  base::TimePoint watching_since = now - 2h;
  base::Millis wall_ahead{0};
  model::GroupState group;
  plan::GroupView view;
  std::map<model::NodeRowKey, model::NodeHealth> health;
  std::vector<const model::Intent*> intents;
};

}  // namespace kadende::test
