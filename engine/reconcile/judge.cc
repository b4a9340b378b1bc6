// All groups of a cluster: decisions become changes of state and events.
#include <algorithm>
#include <optional>
#include <utility>

#include "engine/plan/brake_words.h"
#include "engine/plan/rollout_turns.h"
#include "engine/reconcile/census.h"
#include "engine/reconcile/remediation.h"
#include "engine/reconcile/rollout.h"

namespace kadende::reconcile {
namespace {

using model::EventKind;

constexpr base::TimePoint kNever{};

bool IsKept(const model::GroupRecord& record) {
  return record.moved_to.empty() && !record.target.revision.IsZero();
}

class ClusterJudge {
 public:
  ClusterJudge(const model::ClusterState& state, const plan::PriorView& view, ports::HealthByGroup& health,
               base::TimePoint watching_since, base::TimePoint now, base::Millis shortest_grace,
               base::Millis wall_ahead)
      : state_(state),
        view_(view),
        health_(health),
        watching_since_(watching_since),
        now_(now),
        shortest_grace_(shortest_grace),
        wall_ahead_(wall_ahead) {}

  ClusterDecision Run() {
    std::erase_if(health_, [this](const auto& entry) {
      auto group = state_.groups.find(entry.first);
      return group == state_.groups.end() || !IsKept(group->second.record);
    });
    if (view_.offline) return std::move(result_);
    for (const auto& [key, intent] : state_.intents) intents_[intent.node.group].push_back(&intent);
    for (const auto& [path, group] : state_.groups) {
      auto view = view_.groups.find(path);
      if (IsKept(group.record) && view != view_.groups.end()) Decide(group, view->second);
    }
    return std::move(result_);
  }

 private:
  void Decide(const model::GroupState& group, const plan::GroupView& view) {
    std::vector<model::NodeHealth>& health = health_[group.record.path];
    RemediationInput input;
    input.group = &group;
    input.view = &view;
    input.health = &health;
    input.watching_since = watching_since_;
    input.now = now_;
    input.shortest_grace = shortest_grace_;
    input.wall_ahead = wall_ahead_;
    if (auto intents = intents_.find(group.record.path); intents != intents_.end()) input.intents = intents->second;
    GroupDecision decision = Remediate(input);
    const std::optional<RolloutStep> step = GoOnWithRollout(input);
    if (step) Join(*step, decision);
    Tell(group, health, decision.health);
    Record(group.record, decision, step);
    health = std::move(decision.health);
    if (decision.wake_at != kNever && (result_.wake_at == kNever || decision.wake_at < result_.wake_at)) {
      result_.wake_at = decision.wake_at;
    }
    result_.judgement.groups.emplace(group.record.path, std::move(decision.judgement));
  }

  static void Join(const RolloutStep& step, GroupDecision& decision) {
    decision.judgement.roll = step.roll;
    decision.judgement.hold_leaving.insert(step.hold_leaving.begin(), step.hold_leaving.end());
    if (!step.note.empty()) decision.judgement.notes.push_back(step.note);
    if (step.wake_at == kNever) return;
    if (decision.wake_at == kNever || step.wake_at < decision.wake_at) decision.wake_at = step.wake_at;
  }

  void Record(const model::GroupRecord& before, const GroupDecision& decision, const std::optional<RolloutStep>& step) {
    const bool released = decision.release_used && before.release.has_value();
    const bool braked = decision.brakes != before.brakes;
    const bool backed_off = decision.backoff && !(*decision.backoff == before.backoff);
    const bool healed = decision.healing && !(*decision.healing == before.healing);
    const bool rolled = step && step->rollout != before.rollout;
    if (!released && !braked && !backed_off && !healed && !rolled) return;
    model::GroupRecord after = before;
    if (rolled) Roll(*step, before, after);
    after.brakes = decision.brakes;
    if (released) after.release.reset();
    if (backed_off) after.backoff = *decision.backoff;
    if (healed) after.healing = *decision.healing;
    if (healed) TellQuarantines(before, decision.healing->troubles);
    if (braked) TellBrakes(before.path, before.brakes, decision.brakes);
    if (backed_off && after.backoff.failures > 0) {
      Note(EventKind::kGroupBackoff, before.path,
           before.path + " holds creates back until " + base::FormatRfc3339(after.backoff.next_at + wall_ahead_) +
               " after " + std::to_string(after.backoff.failures) + " failed: " + after.backoff.last_error);
    }
    result_.judgement.changes.emplace_back(model::GroupRecorded{std::move(after)});
  }

  void Roll(const RolloutStep& step, const model::GroupRecord& before, model::GroupRecord& after) {
    after.rollout = step.rollout;
    if (step.finished) after.current = after.target;
    if (step.taken_back) after.target = after.current;
    const bool stops = step.rollout && step.rollout->stop != model::RolloutStop::kNone;
    if (step.finished) {
      Note(EventKind::kRolloutFinished, before.path, plan::RolloutSentence(before.path, std::nullopt));
    } else if (step.taken_back) {
      Note(EventKind::kRolloutTakenBack, before.path,
           before.path + ": back to what was in force (rollout.onFailure): " + step.rollout->why);
    } else if (step.rollout->stop != before.rollout->stop) {
      Note(stops ? EventKind::kRolloutStopped : EventKind::kRolloutResumed, before.path,
           plan::RolloutSentence(before.path, step.rollout));
    }
  }

  // A brake that goes on with another end is not told again.
  void TellBrakes(const std::string& path, const std::vector<model::Brake>& before,
                  const std::vector<model::Brake>& after) {
    for (const model::Brake& brake : before) {
      if (Has(after, brake.kind) || brake.kind == model::BrakeKind::kQuarantine) continue;
      Note(EventKind::kBrakeOff, path, path + " is no longer braked by " + std::string(model::BrakeName(brake.kind)));
    }
    for (const model::Brake& brake : after) {
      if (Has(before, brake.kind) || brake.kind == model::BrakeKind::kQuarantine) continue;
      std::string text = path + " is braked by " + std::string(model::BrakeName(brake.kind));
      if (brake.until != kNever) text += " until " + base::FormatRfc3339(brake.until);
      Note(EventKind::kBrakeOn, path, text + ": " + brake.detail + "; " + plan::BrakeRemedy(brake.kind, path));
    }
  }

  // Slot by slot: who is left to a person, and who no longer is.
  void TellQuarantines(const model::GroupRecord& before, const std::vector<model::SlotTrouble>& after) {
    const std::vector<model::SlotTrouble>& old = before.healing.troubles;
    for (const model::SlotTrouble& trouble : after) {
      if (trouble.quarantined_at == kNever || IsQuarantined(old, trouble.ordinal)) continue;
      NoteSlot(
          EventKind::kBrakeOn, before.path, trouble.ordinal,
          " is quarantined: " + trouble.why + "; " + plan::BrakeRemedy(model::BrakeKind::kQuarantine, before.path));
    }
    for (const model::SlotTrouble& trouble : old) {
      if (trouble.quarantined_at == kNever || IsQuarantined(after, trouble.ordinal)) continue;
      NoteSlot(EventKind::kBrakeOff, before.path, trouble.ordinal, " is no longer quarantined");
    }
  }

  void NoteSlot(EventKind kind, const std::string& path, std::uint32_t ordinal, const std::string& what) {
    const model::NodeRecord* live = state_.groups.at(path).Live(ordinal);
    const model::Slot slot = live == nullptr ? model::Slot{ordinal, ""} : live->slot;
    model::Event& event = Note(kind, path, model::NodeAddress{path, slot}.Display() + what);
    event.slot_key = slot.Key();
    if (live != nullptr) event.incarnation = live->incarnation;
  }

  static bool IsQuarantined(const std::vector<model::SlotTrouble>& troubles, std::uint32_t ordinal) {
    return std::any_of(troubles.begin(), troubles.end(), [ordinal](const model::SlotTrouble& trouble) {
      return trouble.ordinal == ordinal && trouble.quarantined_at != kNever;
    });
  }

  static bool Has(const std::vector<model::Brake>& brakes, model::BrakeKind kind) {
    return std::any_of(brakes.begin(), brakes.end(), [kind](const model::Brake& brake) { return brake.kind == kind; });
  }

  // The provider's word is heard by passes alone, so they tell when it turns.
  void Tell(const model::GroupState& group, const std::vector<model::NodeHealth>& before,
            const std::vector<model::NodeHealth>& after) {
    auto old = before.begin();
    for (const model::NodeHealth& node : after) {
      while (old != before.end() && KeyOf(*old) < KeyOf(node)) ++old;
      const bool known = old != before.end() && KeyOf(*old) == KeyOf(node);
      if (node.memory.denied_since == kNever) continue;
      if (known && old->memory.denied_since != kNever) continue;
      model::Event& event = Note(EventKind::kNodeUnhealthy, group.record.path,
                                 model::NodeAddress{group.record.path, node.slot}.Display() +
                                     " is unhealthy by check `" + node.check + "`: " + node.evidence);
      event.slot_key = node.slot.Key();
      event.incarnation = node.incarnation;
    }
  }

  model::Event& Note(EventKind kind, const std::string& group, std::string message) {
    model::Event event;
    event.time = now_ + wall_ahead_;  // for people, as all events
    event.kind = kind;
    event.cluster = state_.cluster.name;
    event.group = group;
    event.message = std::move(message);
    model::StateChange& change = result_.judgement.changes.emplace_back(model::EventRecorded{std::move(event)});
    return std::get<model::EventRecorded>(change).event;
  }

  const model::ClusterState& state_;
  const plan::PriorView& view_;
  ports::HealthByGroup& health_;
  const base::TimePoint watching_since_;
  const base::TimePoint now_;
  const base::Millis shortest_grace_;
  const base::Millis wall_ahead_;
  ClusterDecision result_;
  std::map<std::string, std::vector<const model::Intent*>> intents_;
};

bool Before(const model::NodeHealth& a, const model::NodeHealth& b) {
  return KeyOf(a) < KeyOf(b);
}

void CarryGroup(const std::vector<model::NodeHealth>& last, std::vector<model::NodeHealth>& health) {
  std::vector<model::NodeHealth> missing;
  auto now = health.begin();
  for (const model::NodeHealth& before : last) {
    while (now != health.end() && Before(*now, before)) ++now;
    if (now == health.end() || Before(before, *now)) {
      missing.push_back(before);
    } else if (now->last_at == kNever) {
      *now = before;
    } else {
      now->memory = before.memory;
      now->joining_for = before.joining_for;
      now->denied_for = before.denied_for;
      if (now->joined_at == kNever) now->joined_at = before.joined_at;
    }
  }
  if (missing.empty()) return;
  const auto middle = static_cast<std::ptrdiff_t>(health.size());
  health.insert(health.end(), std::make_move_iterator(missing.begin()), std::make_move_iterator(missing.end()));
  std::inplace_merge(health.begin(), health.begin() + middle, health.end(), Before);
}

}  // namespace

ClusterDecision Judge(const model::ClusterState& state, const plan::PriorView& view, ports::HealthByGroup& health,
                      base::TimePoint watching_since, base::TimePoint now, base::Millis shortest_grace,
                      base::Millis wall_ahead) {
  return ClusterJudge(state, view, health, watching_since, now, shortest_grace, wall_ahead).Run();
}

void CarryOver(const ports::HealthByGroup& last, ports::HealthByGroup& health) {
  for (const auto& [path, rows] : last) CarryGroup(rows, health[path]);
}

}  // namespace kadende::reconcile
