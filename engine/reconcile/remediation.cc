#include "engine/reconcile/remediation.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/base/text.h"
#include "engine/plan/create_backoff.h"
#include "engine/plan/rollout.h"
#include "engine/reconcile/census.h"

namespace kadende::reconcile {
namespace {

using model::HealthState;
using model::NodeRecord;
using model::NodeRowKey;

constexpr base::TimePoint kNever{};
constexpr std::size_t kMaxNamed = 5;

std::uint32_t SizeInForce(const model::GroupRecord& record) {
  return record.current.revision.IsZero() ? record.target.size : record.current.size;
}

// Percent rounds down, never below one.
std::uint32_t Limit(const model::CountOrPercent& of, std::uint32_t size) {
  return of.percent ? std::max<std::uint32_t>(1, of.RoundDown(size)) : of.value;
}

std::string Sentence(const Verdict& verdict, base::TimePoint now, base::Millis wall_ahead) {
  const model::NodeHealth& health = verdict.health;
  std::string text = verdict.failed_create ? "never was healthy" : "unhealthy";
  text += " since " + base::FormatRfc3339(health.since + wall_ahead);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - health.since);
  if (seconds.count() > 0) text += " (" + base::FormatDuration(seconds) + ")";
  text += " by check `" + health.check + "`";
  return health.evidence.empty() ? text : text + ": " + health.evidence;
}

class GroupRemedy {
 public:
  explicit GroupRemedy(const RemediationInput& input)
      : in_(input),
        record_(input.group->record),
        policy_(input.group->record.target.policy),
        size_(SizeInForce(input.group->record)),
        unfinished_(!(input.group->record.current == input.group->record.target)),
        shown_ahead_(std::chrono::round<std::chrono::seconds>(input.wall_ahead)),
        census_(TakeCensus(input, policy_)) {}

  GroupDecision Run() {
    decision_.brakes = record_.brakes;
    Examine();
    if (Applies()) {
      Brake();
      Backoff();
      Replace();
      HoldLeaving();
      CheckRelease();
    } else {
      for (const Patient& patient : census_.patients) {
        if (patient.verdict.failing) Hold(patient, "the group is frozen: " + in_.view->frozen, kNever);
      }
    }
    Notes();
    return std::move(decision_);
  }

 private:
  [[nodiscard]] bool Applies() const { return in_.view->frozen.empty(); }

  void Examine() {
    for (const Patient& patient : census_.patients) {
      decision_.health.push_back(patient.verdict.health);
      if (!patient.verdict.Joined() && !patient.verdict.IsUnknown()) Wake(patient.verdict.join_by);
    }
  }

  void Brake() {
    const auto live = static_cast<std::uint32_t>(census_.patients.size());
    const bool held = !record_.brakes.empty();
    const std::uint32_t counted = held ? census_.failing + census_.unknown : census_.failing;
    const std::uint32_t known = held ? live : live - census_.unknown;
    const model::CountOrPercent& allowed = policy_.remediation.max_unhealthy;
    const std::uint32_t limit = Limit(allowed, std::min(size_, known));
    decision_.brakes.clear();
    if (counted <= limit || policy_.remediation.action != model::RemedyAction::kReplace) return;
    std::string share = allowed.percent ? allowed.ToText() + " (" + std::to_string(limit) + ")" : allowed.ToText();
    decision_.brake_detail = std::to_string(census_.failing) + " of " + base::Count(live, "live node") +
                             (census_.failing == 1 ? " is" : " are") + " unhealthy, " + share + " may be";
    if (census_.unknown > 0) decision_.brake_detail += "; " + std::to_string(census_.unknown) + " unknown";
    if (held) {
      decision_.brakes = record_.brakes;
    } else {
      decision_.brakes.push_back({model::BrakeKind::kMaxUnhealthy, decision_.brake_detail, in_.now + shown_ahead_});
    }
  }

  // However many failed since the last pass, it is one failure, as for creates that fail.
  void Backoff() {
    const NodeRecord* failed = nullptr;
    std::optional<base::Millis> healthy_for;  // of `failed`
    bool cured = false;
    for (const Census::ShortLived& ended : census_.short_lived) {
      if (failed != nullptr || IsCounted(*ended.row)) continue;
      failed = ended.row;
      healthy_for = ended.healthy_for;
    }
    for (std::size_t i = 0; i < census_.patients.size(); ++i) {
      const Patient& patient = census_.patients[i];
      model::NodeHealth& health = decision_.health[i];
      const std::optional<base::Millis> lived = FailedSoon(patient);
      if ((patient.verdict.failed_create || lived) && !health.memory.failed_create) {
        health.memory.failed_create = true;
        if (failed == nullptr && !(lived && IsCounted(*patient.row))) {
          failed = patient.row;
          healthy_for = lived;
        }
      }
      cured = cured || Cures(patient);
    }
    if (failed != nullptr) {
      const std::string why =
          model::NodeAddress{record_.path, failed->slot}.Display() + " was created and " +
          (healthy_for ? "healthy for " + base::FormatDuration(*healthy_for) + " only" : std::string("never healthy"));
      decision_.backoff = plan::AfterFailure(record_.backoff, failed->revision, policy_, why, in_.now);
    } else if (record_.backoff.failures > 0 && cured) {
      decision_.backoff = plan::AfterSuccess();
    }
  }

  // Each counts once: what was made before the last hold ended has been counted.
  [[nodiscard]] bool IsCounted(const NodeRecord& row) const {
    const model::CreateBackoff& before = record_.backoff;
    return before.failures > 0 && before.revision == row.revision && row.created_at < before.next_at;
  }

  // How long a replacement was healthy that is to be replaced again already.
  [[nodiscard]] std::optional<base::Millis> FailedSoon(const Patient& patient) const {
    const Verdict& verdict = patient.verdict;
    const bool due = verdict.failing && !verdict.recovering && in_.now >= verdict.due;
    if (!due || !verdict.Joined() || patient.row->incarnation == 1) return std::nullopt;
    const auto lived = std::chrono::duration_cast<base::Millis>(verdict.health.since - verdict.health.joined_at);
    if (lived < base::Millis(0) || lived >= policy_.backoff_max) return std::nullopt;
    return lived;
  }

  // Made after what failed, and healthy for as long as the longest hold. A pass without memory goes by its age.
  [[nodiscard]] bool Cures(const Patient& patient) const {
    const model::NodeHealth& health = patient.verdict.health;
    if (patient.row->revision != record_.backoff.revision || health.state != HealthState::kHealthy) return false;
    const base::TimePoint since = patient.known ? health.joined_at : patient.row->created_at;
    return since >= record_.backoff.next_at && in_.now >= since + policy_.backoff_max;
  }

  void Replace() {
    std::vector<const Patient*> failing;
    for (const Patient& patient : census_.patients) {
      if (patient.verdict.failing) failing.push_back(&patient);
    }
    if (failing.empty()) return;
    std::stable_sort(failing.begin(), failing.end(), [](const Patient* a, const Patient* b) {
      return a->verdict.health.since < b->verdict.health.since;
    });
    destroy_first_ = DestroyFirst();
    in_flight_ = InFlight();
    room_ = Room();
    for (const Patient* patient : failing) {
      if (Refused(*patient)) continue;
      const NodeRowKey key = KeyOf(*patient->row);
      decision_.judgement.replace.emplace(key.ordinal, Sentence(patient->verdict, in_.now, shown_ahead_));
      if (in_.health != nullptr) decision_.judgement.hold_leaving.insert(key);
      ++in_flight_;
      if (room_ > 0) --room_;
    }
  }

  // What stands in the way first: a person, the policy, a brake, time, other work.
  bool Refused(const Patient& patient) {
    return ByPerson(patient) || ByPolicy(patient) || ByBrake(patient) || ByTime(patient) || ByWork(patient);
  }

  bool ByPerson(const Patient& patient) {
    const model::Hold* hold = HoldOf(patient.row->slot.Key());
    if (hold == nullptr) return false;
    const std::string what =
        hold->slot_key.empty() ? record_.path : model::NodeAddress{record_.path, patient.row->slot}.Display();
    std::string why = "held by " + (hold->owner.empty() ? "a person" : hold->owner);
    if (!hold->reason.empty()) why += ": " + hold->reason;
    return Hold(patient, why + "; `kadende unhold " + what + "` lets go", Here(hold->until));
  }

  bool ByPolicy(const Patient& patient) {
    const model::RemedyAction action = policy_.remediation.action;
    if (action == model::RemedyAction::kExternal) {
      return Hold(patient, "remediation.action is external: somebody else heals this group, kadende only shows",
                  kNever);
    }
    if (action != model::RemedyAction::kReplace) {
      return Hold(patient,
                  "remediation action " + std::string(model::RemedyActionName(action)) +
                      " is not in force in this version; `action: replace` is",
                  kNever);
    }
    if (policy_.prevent_destroy) {
      return Hold(patient, "preventDestroy forbids it; set preventDestroy: false and apply", kNever);
    }
    return false;
  }

  bool ByBrake(const Patient& patient) {
    if (decision_.brakes.empty() || IsReleased(patient)) return false;
    return Hold(patient,
                "maxUnhealthy: " + decision_.brake_detail + "; see that the checks are right, then `kadende release " +
                    record_.path + "` acts once all the same",
                kNever);
  }

  // A moment that a person's clock told, by the watch's.
  [[nodiscard]] base::TimePoint Here(base::TimePoint told) const {
    return told == kNever ? kNever : told - in_.wall_ahead;
  }

  [[nodiscard]] bool ReleaseInForce() const {
    return record_.release && (record_.release->until == kNever || in_.now < Here(record_.release->until));
  }
  [[nodiscard]] bool IsReleased(const Patient& patient) const {
    return ReleaseInForce() && patient.verdict.failing && patient.verdict.health.since <= Here(record_.release->since);
  }

  bool ByTime(const Patient& patient) {
    const Verdict& verdict = patient.verdict;
    if (verdict.recovering) return Hold(patient, "it passed the last look and may be recovering", kNever);
    if (in_.now >= verdict.due) return false;
    if (verdict.grace) {
      return Hold(patient,
                  "this process looks at it since " + base::FormatRfc3339(in_.watching_since + shown_ahead_) +
                      " only: after a start every node has a full grace",
                  verdict.due);
    }
    return Hold(patient, "acted upon after " + base::FormatDuration(verdict.after), verdict.due);
  }

  bool ByWork(const Patient& patient) {
    const NodeRecord& row = *patient.row;
    if (census_.HasFormer(row.slot.ordinal)) return Hold(patient, "its former instance goes first", kNever);
    const model::CreateBackoff& backoff = decision_.backoff ? *decision_.backoff : record_.backoff;
    if (!plan::MayCreate(backoff, row.revision, policy_.backoff_max, in_.now)) {
      return Hold(patient,
                  "creates are held back after " + base::Count(backoff.failures, "failure") + ": " + backoff.last_error,
                  backoff.next_at);
    }
    const model::CountOrPercent& allowed = policy_.remediation.max_in_flight;
    const std::uint32_t limit = Limit(allowed, size_);
    if (in_flight_ >= limit) {
      return Hold(patient,
                  "remediation.maxInFlight " + allowed.ToText() + " allows " + base::Count(limit, "replacement") +
                      " at a time, " + std::to_string(in_flight_) + " under way",
                  kNever);
    }
    if (!destroy_first_ && room_ == 0) {
      return Hold(
          patient,
          "rollout.maxSurge " + policy_.rollout.max_surge.ToText() + " leaves no room for one instance more yet",
          kNever);
    }
    return false;
  }

  // Always true, so that a refusal reads as one.
  bool Hold(const Patient& patient, std::string why, base::TimePoint until) {
    const NodeRowKey key = KeyOf(*patient.row);
    model::NodeHealth* health = model::FindHealth(decision_.health, key);
    health->held_back = why;
    health->held_until = until;
    Wake(until);
    decision_.held.push_back({key, std::move(why), until});
    return true;
  }

  [[nodiscard]] const model::Hold* HoldOf(const std::string& slot_key) const {
    for (const model::Hold& hold : record_.holds) {
      const bool lapsed = hold.until != kNever && Here(hold.until) <= in_.now;
      if (!lapsed && (hold.slot_key.empty() || hold.slot_key == slot_key)) return &hold;
    }
    return nullptr;
  }

  // What the planner will decide, as far as it can be known without the provider: where only the provider makes it
  // destroy-first, surge bounds it all the same.
  [[nodiscard]] bool DestroyFirst() const {
    const model::RevisionRecord* revision = in_.group->Revision(record_.target.revision);
    return plan::DecideOrder(record_.target, revision == nullptr ? model::RevisionRecord{} : *revision, {})
        .destroy_first;
  }

  [[nodiscard]] std::uint32_t InFlight() const {
    std::set<std::uint32_t> slots;
    for (const std::uint32_t ordinal : census_.gone) {
      // What a person keeps from coming back is no work under way: others are not to wait for it.
      const NodeRecord* row = in_.group->Live(ordinal);
      if (row == nullptr || HoldOf(row->slot.Key()) == nullptr) slots.insert(ordinal);
    }
    for (const Patient& patient : census_.patients) {
      const NodeRecord& row = *patient.row;
      if (patient.verdict.failing && in_.now >= patient.verdict.due) continue;
      const bool young = !patient.verdict.Joined() && in_.now < patient.verdict.join_by;
      const bool replaced = row.incarnation > 1 && young;
      const bool under_way = census_.creating.contains(row.slot.ordinal) || replaced ||
                             (!patient.verdict.Joined() && census_.HasFormer(row.slot.ordinal));
      if (under_way) slots.insert(row.slot.ordinal);
    }
    return static_cast<std::uint32_t>(slots.size());
  }

  // Instances that may still be made: all that exist, may exist or are to be brought back count.
  [[nodiscard]] std::uint32_t Room() const {
    const std::uint32_t size = std::max(record_.current.size, record_.target.size);
    const std::uint32_t allowed = size + policy_.rollout.max_surge.RoundUp(size_);
    const auto extra =
        static_cast<std::uint32_t>(census_.leaving.size() + in_.view->strays.size() + census_.creating.size());
    const std::uint32_t there = std::max(census_.members, size) + extra;
    return there >= allowed ? 0 : allowed - there;
  }

  void HoldLeaving() {
    if (census_.leaving.empty()) return;
    auto patient = census_.patients.begin();
    for (const NodeRecord* row : census_.leaving) {
      while (patient != census_.patients.end() && patient->row->slot.ordinal < row->slot.ordinal) ++patient;
      const bool succeeded = patient != census_.patients.end() && patient->row->slot.ordinal == row->slot.ordinal;
      if (Stays(*row, succeeded ? &*patient : nullptr)) decision_.judgement.hold_leaving.insert(KeyOf(*row));
    }
  }

  [[nodiscard]] bool Stays(const NodeRecord& row, const Patient* successor) const {
    if (census_.destroying.contains(KeyOf(row))) return false;
    if (HoldOf(row.slot.Key()) != nullptr) return true;
    if (in_.health == nullptr) return false;
    if (successor == nullptr) return census_.gone.contains(row.slot.ordinal);
    if (successor->verdict.Joined()) return false;
    if (!decision_.brakes.empty()) return true;
    return unfinished_ || !successor->verdict.failed_create;
  }

  // While nodes are unknown, some of them may be those that it was given for.
  void CheckRelease() {
    if (!record_.release) return;
    if (!ReleaseInForce()) {
      decision_.release_used = true;
      return;
    }
    Wake(Here(record_.release->until));
    const bool needed = std::any_of(census_.patients.begin(), census_.patients.end(),
                                    [this](const Patient& patient) { return IsReleased(patient); });
    decision_.release_used = !needed && census_.unknown == 0;
  }

  void Wake(base::TimePoint at) {
    if (at <= in_.now) return;
    if (decision_.wake_at == kNever || at < decision_.wake_at) decision_.wake_at = at;
  }

  // One note per reason: a thousand nodes behind one brake are one sentence.
  void Notes() {
    struct Why {
      std::vector<std::string> nodes;
      std::size_t all = 0;
      base::TimePoint until{};
    };
    std::map<std::string, Why> reasons;
    for (const GroupDecision::Held& held : decision_.held) {
      Why& why = reasons[held.why];
      ++why.all;
      if (held.until != kNever && (why.until == kNever || held.until < why.until)) why.until = held.until;
      if (why.nodes.size() >= kMaxNamed) continue;
      const NodeRecord& row = in_.group->nodes.at(held.node);
      why.nodes.push_back(model::NodeAddress{record_.path, row.slot}.Display());
    }
    for (const auto& [reason, why] : reasons) {
      std::string note = base::Join(why.nodes, ", ");
      if (why.all > why.nodes.size()) note += " and " + std::to_string(why.all - why.nodes.size()) + " more";
      note += why.all == 1 ? " is unhealthy and left alone: " : " are unhealthy and left alone: ";
      note += reason;
      if (why.until != kNever) note += " (until " + base::FormatRfc3339(why.until + shown_ahead_) + ")";
      decision_.judgement.notes.push_back(std::move(note));
    }
  }

  const RemediationInput& in_;
  const model::GroupRecord& record_;
  const model::GroupPolicy& policy_;  // what was applied last, even where its run is unfinished
  const std::uint32_t size_;
  const bool unfinished_;
  // Whole seconds, so that what is said does not change from pass to pass.
  const base::Millis shown_ahead_;
  const Census census_;
  GroupDecision decision_;
  std::uint32_t in_flight_ = 0;
  std::uint32_t room_ = 0;
  bool destroy_first_ = false;
};

}  // namespace

GroupDecision Remediate(const RemediationInput& input) {
  return GroupRemedy(input).Run();
}

}  // namespace kadende::reconcile
