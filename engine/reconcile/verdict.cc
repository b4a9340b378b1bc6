#include "engine/reconcile/verdict.h"

#include <algorithm>
#include <utility>

#include "engine/reconcile/health_state.h"

namespace kadende::reconcile {
namespace {

using model::HealthCheck;
using model::HealthState;
using model::InstanceStatus;
using model::NodeHealth;

constexpr base::TimePoint kNever{};

// What one source says of the node.
struct Opinion {
  bool recovering = false;
  HealthState state = HealthState::kUnknown;
  std::string check;
  std::string evidence;
  base::TimePoint since{};
  base::Millis after{0};  // unhealthy: how long before action
};

const HealthCheck* FindCheck(const model::GroupPolicy& policy, const std::string& name) {
  auto found = std::find_if(policy.checks.begin(), policy.checks.end(),
                            [&](const HealthCheck& check) { return check.name == name; });
  return found == policy.checks.end() ? nullptr : &*found;
}

class NodeJudge {
 public:
  explicit NodeJudge(const NodeCase& node) : node_(node) {
    if (node.known != nullptr) health_ = *node.known;
    health_.slot = node.row.slot;
    health_.incarnation = node.row.incarnation;
    health_.held_back.clear();
    health_.held_until = kNever;
    Remember();
  }

  Verdict Run() {
    const Opinion provider = Provider();
    const Opinion checks = Checks();
    verdict_.join_by = health_.memory.first_at + node_.policy.timeouts.join;
    Opinion both = Together(provider, checks);
    if (both.state == HealthState::kUnhealthy) {
      Fail(both, checks);
    } else if (both.state == HealthState::kInitializing) {
      ExpectJoin(both);
    }
    Say(std::move(both));
    verdict_.failed_create =
        verdict_.failing && !verdict_.recovering && !verdict_.Joined() && node_.now >= verdict_.due;
    return std::move(verdict_);
  }

 private:
  // A clock that went back must not leave a moment to wait for.
  void Remember() {
    model::PassMemory& memory = health_.memory;
    // What an earlier watch counted goes on; the time in which nobody watched does not count.
    if (memory.first_at == kNever) {
      if (health_.denied_for.count() > 0) memory.denied_since = node_.now - health_.denied_for;
      memory.first_at = node_.now - std::max(health_.joining_for, base::Millis(0));
      memory.failed_create = health_.joining_for >= node_.policy.timeouts.join;  // and counted
    }
    if (memory.first_at > node_.now) memory.first_at = node_.now;
    if (memory.denied_since > node_.now) memory.denied_since = node_.now;
  }

  Opinion Provider() {
    Opinion opinion;
    opinion.check = kProviderCheck;
    opinion.after = kProviderUnhealthyFor;
    if (node_.sight.sight != plan::Sight::kPresent) {
      health_.memory.denied_since = kNever;  // nobody knows what was in between
      opinion.evidence = "the provider could not say how it is";
      return opinion;
    }
    opinion.evidence = model::InstanceStatusName(node_.sight.status);
    if (!node_.sight.status_reason.empty()) opinion.evidence += ": " + node_.sight.status_reason;
    opinion.state = Hear(node_.sight.status);
    opinion.since = health_.memory.denied_since;
    return opinion;
  }

  HealthState Hear(InstanceStatus status) {
    base::TimePoint& denied = health_.memory.denied_since;
    switch (status) {
      case InstanceStatus::kRunning:
        denied = kNever;
        return HealthState::kHealthy;
      case InstanceStatus::kPending:
        denied = kNever;
        return HealthState::kInitializing;
      case InstanceStatus::kUnhealthy:
      case InstanceStatus::kStopped:
      case InstanceStatus::kTerminating:
      case InstanceStatus::kTerminated:
        if (denied == kNever) denied = node_.now;
        return HealthState::kUnhealthy;
      case InstanceStatus::kUnknown:
        denied = kNever;
        break;
    }
    return HealthState::kUnknown;
  }

  // What the checks of the file gave, if this process has looked, lately, and by a check that is still asked for.
  Opinion Checks() const {
    Opinion opinion;
    opinion.evidence = "not looked at yet";
    opinion.since = std::max(health_.memory.first_at, node_.watching_since);
    const HealthCheck* check = FindCheck(node_.policy, health_.check);
    const bool looked = health_.last_at != kNever && health_.last_at >= node_.watching_since;
    if (check == nullptr || !looked) return opinion;
    opinion.check = check->name;
    opinion.evidence = health_.evidence;
    const auto gap = LongestGap(*check);
    if (gap && node_.now - health_.last_at > *gap) {
      opinion.evidence = "nobody has looked since " + base::FormatRfc3339(health_.last_at);
      opinion.since = health_.last_at;
      return opinion;
    }
    opinion.state = health_.state;
    opinion.recovering = health_.recovering;
    opinion.since = std::min(node_.now, health_.check_since == kNever ? health_.since : health_.check_since);
    opinion.after = check->unhealthy_for;
    return opinion;
  }

  [[nodiscard]] Opinion Together(const Opinion& provider, const Opinion& checks) const {
    if (node_.policy.checks.empty()) return provider;
    if (provider.state != HealthState::kUnhealthy) return checks;
    if (checks.state != HealthState::kUnhealthy) return provider;
    return provider.since + provider.after < checks.since + checks.after ? provider : checks;
  }

  void Fail(const Opinion& opinion, const Opinion& checks) {
    verdict_.failing = true;
    verdict_.recovering = opinion.recovering;
    verdict_.after = opinion.after;
    verdict_.due = opinion.since + opinion.after;
    // Two sources: the provider denies it, and nobody could look at it for long.
    if (opinion.check == kProviderCheck && !node_.policy.checks.empty() && checks.state == HealthState::kUnknown) {
      const base::TimePoint unknown_since = std::max(checks.since, node_.watching_since);
      verdict_.due = std::min(verdict_.due, std::max(opinion.since, unknown_since + UnknownFor(checks)));
    }
    const base::TimePoint failed_long = SeenEnough(verdict_.due, opinion.after);
    if (health_.joined_at != kNever) {
      verdict_.grace = failed_long > verdict_.due;
      verdict_.due = failed_long;
    } else {
      const base::TimePoint plain = std::min(verdict_.due, verdict_.join_by);
      verdict_.due = std::min(failed_long, SeenEnough(verdict_.join_by, base::Millis(0)));
      verdict_.grace = verdict_.due > plain;
    }
  }

  // `due`, but not before the grace after a start is over.
  [[nodiscard]] base::TimePoint SeenEnough(base::TimePoint due, base::Millis unhealthy_for) const {
    return std::max(due, node_.watching_since + StartGrace(unhealthy_for, node_.shortest_grace));
  }

  // Of the check that is unknown; the longest of all where none has looked.
  [[nodiscard]] base::Millis UnknownFor(const Opinion& checks) const {
    if (const HealthCheck* check = FindCheck(node_.policy, checks.check)) return check->unknown_for;
    base::Millis longest{0};
    for (const HealthCheck& check : node_.policy.checks) longest = std::max(longest, check.unknown_for);
    return longest;
  }

  void ExpectJoin(Opinion& opinion) {
    if (health_.joined_at != kNever || node_.now < verdict_.join_by) return;
    opinion.state = HealthState::kUnhealthy;
    opinion.since = verdict_.join_by;
    opinion.evidence =
        "not healthy within " + base::FormatDuration(node_.policy.timeouts.join) + ": " + opinion.evidence;
    verdict_.failing = true;
    verdict_.recovering = opinion.recovering;
    verdict_.due = SeenEnough(verdict_.join_by, base::Millis(0));
    verdict_.grace = verdict_.due > node_.now;
  }

  void Say(Opinion opinion) {
    const bool same = opinion.state == health_.state && health_.since != kNever && health_.since <= node_.now;
    if (!same || (opinion.state == HealthState::kUnhealthy && opinion.check == kProviderCheck)) {
      health_.since = opinion.state == HealthState::kUnhealthy ? opinion.since : node_.now;
    }
    health_.state = opinion.state;
    health_.check = std::move(opinion.check);
    health_.evidence = std::move(opinion.evidence);
    health_.check_since = opinion.since;
    if (health_.check == kProviderCheck) health_.last_at = node_.now;
    if (health_.state == HealthState::kHealthy && health_.joined_at == kNever) health_.joined_at = node_.now;
    Count();
    verdict_.health = std::move(health_);
  }

  void Count() {
    const model::PassMemory& memory = health_.memory;
    health_.joining_for = base::Millis(0);
    if (health_.joined_at == kNever) {
      health_.joining_for = std::chrono::duration_cast<base::Millis>(node_.now - memory.first_at);
    }
    health_.denied_for = base::Millis(0);
    if (memory.denied_since != kNever) {
      health_.denied_for = std::chrono::duration_cast<base::Millis>(node_.now - memory.denied_since);
    }
  }

  const NodeCase& node_;
  NodeHealth health_;
  Verdict verdict_;
};

}  // namespace

base::Millis StartGrace(base::Millis unhealthy_for, base::Millis shortest) {
  return std::max(shortest, 2 * unhealthy_for);
}

Verdict JudgeNode(const NodeCase& node) {
  return NodeJudge(node).Run();
}

}  // namespace kadende::reconcile
