#include "engine/reconcile/remediation.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/base/text.h"
#include "engine/plan/brake_words.h"
#include "engine/plan/create_backoff.h"
#include "engine/plan/holds.h"
#include "engine/reconcile/census.h"
#include "engine/reconcile/failed_creates.h"
#include "engine/reconcile/pace.h"
#include "engine/reconcile/quarantine.h"
#include "engine/reconcile/quorum.h"
#include "engine/reconcile/suspension.h"
#include "engine/reconcile/unhealthy_brake.h"
#include "engine/reconcile/work.h"

namespace kadende::reconcile {
namespace {

using model::HealthState;
using model::NodeRecord;
using model::NodeRowKey;
using model::Process;

constexpr base::TimePoint kNever{};
constexpr std::size_t kMaxNamed = 5;

constexpr model::Processes Only(Process process) {
  return {model::Processes::Bit(process)};
}

// What giving up a node for its health needs; without the say of the checks there is no reason for it.
constexpr model::Processes kHealing{model::Processes::Bit(Process::kCreate) | model::Processes::Bit(Process::kDestroy) |
                                    model::Processes::Bit(Process::kHealth) |
                                    model::Processes::Bit(Process::kRemediate) |
                                    model::Processes::Bit(Process::kReplace)};

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
        census_(TakeCensus(input, policy_)),
        pace_(record_.healing, policy_.remediation, size_, input.now),
        quarantine_(*input.group, policy_.remediation, ReleasedAt(), input.now) {}

  GroupDecision Run() {
    Examine();
    if (Applies()) {
      Brake();
      WatchChanges();
      Backoff();
      Suspend();
      Replace();
      HoldLeaving();
      CheckRelease();
      RecordBrakes();
      RecordHealing();
    } else {
      decision_.brakes = record_.brakes;
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
    if (policy_.remediation.action != model::RemedyAction::kReplace || !HealthCounts()) return;
    Ailing ailing;
    ailing.size = size_;
    ailing.live = static_cast<std::uint32_t>(census_.patients.size());
    ailing.failing = census_.failing + quarantine_.WellButHeld(census_);
    ailing.unknown = census_.unknown;
    ailing.braked = WasStorm();
    storm_ = BrakeUnhealthy(ailing, policy_.remediation);
    if (storm_) braked_.emplace(storm_->kind, *storm_);
  }

  // A person may have said that what the checks of this group say means nothing now.
  [[nodiscard]] bool HealthCounts() const {
    return std::none_of(record_.holds.begin(), record_.holds.end(), [this](const model::Hold& hold) {
      return hold.slot_key.empty() && hold.only.Has(Process::kHealth) &&
             plan::IsInForce(hold, in_.now + in_.wall_ahead);
    });
  }

  [[nodiscard]] const model::Brake* WasBraked(model::BrakeKind kind) const {
    const auto found = std::find_if(record_.brakes.begin(), record_.brakes.end(),
                                    [kind](const model::Brake& brake) { return brake.kind == kind; });
    return found == record_.brakes.end() ? nullptr : &*found;
  }

  [[nodiscard]] bool WasStorm() const {
    return WasBraked(model::BrakeKind::kMaxUnhealthy) != nullptr ||
           WasBraked(model::BrakeKind::kUnhealthyRange) != nullptr;
  }

  // What fails and recovers with many others says nothing about one.
  void WatchChanges() {
    const bool counts = !storm_ && !WasStorm() && HealthCounts();
    for (std::size_t i = 0; i < census_.patients.size(); ++i) {
      quarantine_.Watch(census_.patients[i], counts, decision_.health[i].memory);
    }
  }

  void Suspend() {
    const model::CreateBackoff& backoff = decision_.backoff ? *decision_.backoff : record_.backoff;
    const model::Brake* before = WasBraked(model::BrakeKind::kSuspended);
    Failing failing;
    failing.since = record_.healing.failing_since;
    failing.failing = backoff.failures > 0;
    failing.suspended = before != nullptr;
    failing.released = before != nullptr && ReleaseInForce() && before->since <= record_.release->since;
    failing_since_ = FailingSince(failing, in_.now);
    suspended_ = CheckSuspended(failing, policy_.remediation, backoff.last_error, in_.now);
    if (suspended_ && before != nullptr) suspended_->detail = before->detail;
    if (suspended_) braked_.emplace(suspended_->kind, *suspended_);
  }

  void RecordHealing() {
    const bool began = failing_since_ != record_.healing.failing_since;
    if (!pace_.changed() && !quarantine_.changed() && !began) return;
    decision_.healing = pace_.healing();
    decision_.healing->troubles = quarantine_.troubles();
    decision_.healing->failing_since = failing_since_;
  }

  // Who is unknown, or not due again yet, may be whom a brake was about: while its cause stands, a start does not lift
  // it.
  void KeepBrakes() {
    if (census_.unknown + census_.failing == 0) return;
    if (auto pace = pace_.Check(); pace && WasBraked(pace->kind) != nullptr) braked_.try_emplace(pace->kind, *pace);
    if (!policy_.quorum || WasBraked(model::BrakeKind::kQuorum) == nullptr) return;
    if (auto quorum = CheckQuorum(size_, census_.healthy)) braked_.try_emplace(quorum->kind, *quorum);
  }

  void RecordBrakes() {
    KeepBrakes();
    if (auto brake = quarantine_.Brake()) braked_.emplace(brake->kind, *brake);
    for (const auto& [kind, hindrance] : braked_) {
      const model::Brake* before = WasBraked(kind);
      // Whom it is about is the point of a quarantine; of others, how they took hold.
      const bool as_now = before == nullptr || kind == model::BrakeKind::kQuarantine;
      decision_.brakes.push_back({kind, as_now ? hindrance.detail : before->detail,
                                  before == nullptr ? in_.now + shown_ahead_ : before->since,
                                  hindrance.until == kNever ? kNever : hindrance.until + shown_ahead_});
    }
  }

  void Backoff() { decision_.backoff = CountFailedCreates(in_, policy_, census_, decision_.health); }

  void Replace() {
    std::vector<const Patient*> failing;
    for (const Patient& patient : census_.patients) {
      if (patient.verdict.failing) failing.push_back(&patient);
    }
    if (failing.empty()) return;
    std::stable_sort(failing.begin(), failing.end(), [](const Patient* a, const Patient* b) {
      return a->verdict.health.since < b->verdict.health.since;
    });
    destroy_first_ = IsDestroyFirst(*in_.group);
    in_flight_ = CountInFlight(in_, census_, [this](const std::string& slot_key) {
      return HoldOf(slot_key, Only(Process::kCreate)) != nullptr;
    });
    room_ = CountRoom(in_, census_, policy_);
    pace_.Settle([this](const NodeRowKey& key) { return CameToNothing(key); });
    for (const Patient* patient : failing) {
      if (Refused(*patient)) continue;
      const NodeRowKey key = KeyOf(*patient->row);
      if (!patient->verdict.failed_create) pace_.Promise(key);
      quarantine_.Tried(*patient);
      decision_.judgement.replace.emplace(key.ordinal, Sentence(patient->verdict, in_.now, shown_ahead_));
      if (in_.health != nullptr) decision_.judgement.hold_leaving.insert(key);
      ++in_flight_;
      if (room_ > 0) --room_;
    }
  }

  // What stands in the way first: a person, the policy, a brake, time, other work.
  bool Refused(const Patient& patient) {
    return ByPerson(patient) || ByPolicy(patient) || ByBrake(patient) || ByTime(patient) || ByQuarantine(patient) ||
           ByWork(patient) || ByPace(patient);
  }

  bool ByPerson(const Patient& patient) {
    const model::Hold* hold = HoldOf(patient.row->slot.Key(), kHealing);
    if (hold == nullptr) return false;
    const std::string what =
        hold->slot_key.empty() ? record_.path : model::NodeAddress{record_.path, patient.row->slot}.Display();
    std::string why = hold->only.empty() ? "held" : "held (" + base::Join(model::ProcessNames(hold->only), ", ") + ")";
    why += " by " + (hold->owner.empty() ? "a person" : hold->owner);
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
    if (suspended_) return HoldBy(patient, *suspended_);
    if (!storm_ || IsReleased(patient)) return false;
    return HoldBy(patient, *storm_, "see that the checks are right, then ");
  }

  bool HoldBy(const Patient& patient, const Hindrance& hindrance, const std::string& advice = {}) {
    return Hold(patient,
                std::string(model::BrakeName(hindrance.kind)) + ": " + hindrance.detail + "; " + advice +
                    plan::BrakeRemedy(hindrance.kind, record_.path),
                hindrance.until);
  }

  bool ByQuarantine(const Patient& patient) {
    const base::TimePoint wait = quarantine_.Wait(patient);
    if (const model::SlotTrouble* trouble = quarantine_.On(patient.row->slot.ordinal)) {
      return HoldBy(patient, {model::BrakeKind::kQuarantine, trouble->why, {}});
    }
    if (wait == kNever) return false;
    return Hold(patient,
                "its predecessor was replaced only just: remediation.retry.period is " +
                    base::FormatDuration(policy_.remediation.retry.period),
                wait);
  }

  // A moment that a person's clock told, by the watch's.
  [[nodiscard]] base::TimePoint Here(base::TimePoint told) const {
    return told == kNever ? kNever : told - in_.wall_ahead;
  }

  [[nodiscard]] bool ReleaseInForce() const {
    return record_.release && (record_.release->until == kNever || in_.now < Here(record_.release->until));
  }
  [[nodiscard]] base::TimePoint ReleasedAt() const { return ReleaseInForce() ? Here(record_.release->since) : kNever; }
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
    const std::uint32_t limit = AtLeastOne(allowed, size_);
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

  bool ByPace(const Patient& patient) {
    std::optional<Hindrance> hindrance;
    if (policy_.quorum) hindrance = CheckQuorum(size_, census_.healthy);
    if (!hindrance) hindrance = CheckCapacity(policy_.remediation, size_, census_.healthy, in_flight_);
    if (!hindrance && !patient.verdict.failed_create && !IsReleased(patient)) hindrance = pace_.Check();
    if (!hindrance) return false;
    braked_.try_emplace(hindrance->kind, *hindrance);
    return HoldBy(patient, *hindrance);
  }

  // Of a promise: the node still lives, and no call for its slot is open.
  [[nodiscard]] bool CameToNothing(const NodeRowKey& key) const {
    const auto row = in_.group->nodes.find(key);
    return row != in_.group->nodes.end() && row->second.phase == model::NodePhase::kLive &&
           !census_.creating.contains(key.ordinal) && !census_.destroying.contains(key);
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

  [[nodiscard]] const model::Hold* HoldOf(const std::string& slot_key, model::Processes does) const {
    for (const model::Hold& hold : record_.holds) {
      const bool lapsed = hold.until != kNever && Here(hold.until) <= in_.now;
      const bool covers = hold.slot_key.empty() || hold.slot_key == slot_key;
      if (!lapsed && covers && plan::Forbids(hold, does)) return &hold;
    }
    return nullptr;
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
    if (HoldOf(row.slot.Key(), Only(Process::kDestroy)) != nullptr) return true;
    if (in_.health == nullptr) return false;
    if (successor == nullptr) return census_.gone.contains(row.slot.ordinal);
    if (successor->verdict.Joined()) return false;
    if (storm_ || suspended_) return true;
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
  Pace pace_;
  Quarantine quarantine_;
  std::optional<Hindrance> suspended_;
  base::TimePoint failing_since_{};
  std::optional<Hindrance> storm_;                // too many fail, or too few: nothing is given up
  std::map<model::BrakeKind, Hindrance> braked_;  // with what else holds somebody back
  std::uint32_t in_flight_ = 0;
  std::uint32_t room_ = 0;
  bool destroy_first_ = false;
};

}  // namespace

GroupDecision Remediate(const RemediationInput& input) {
  return GroupRemedy(input).Run();
}

}  // namespace kadende::reconcile
