#include "engine/reconcile/failed_creates.h"

#include "engine/plan/create_backoff.h"

namespace kadende::reconcile {
namespace {

using model::NodeRecord;

class Counter {
 public:
  Counter(const RemediationInput& input, const model::GroupPolicy& policy, const Census& census)
      : in_(input), record_(input.group->record), policy_(policy), census_(census) {}

  // However many failed since the last pass, it is one failure, as for creates that fail.
  std::optional<model::CreateBackoff> Run(std::vector<model::NodeHealth>& health) {
    CountEnded();
    bool cured = false;
    for (std::size_t i = 0; i < census_.patients.size(); ++i) {
      CountFailing(census_.patients[i], health[i].memory);
      cured = cured || Cures(census_.patients[i]);
    }
    if (failed_ != nullptr) {
      const std::string why =
          model::NodeAddress{record_.path, failed_->slot}.Display() + " was created and " +
          (healthy_for_ ? "healthy for " + base::FormatDuration(*healthy_for_) + " only" : "never healthy");
      return plan::AfterFailure(record_.backoff, failed_->revision, policy_, why, in_.now);
    }
    if (record_.backoff.failures > 0 && cured) return plan::AfterSuccess();
    return std::nullopt;
  }

 private:
  void CountEnded() {
    for (const Census::ShortLived& ended : census_.short_lived) {
      if (failed_ != nullptr || IsCounted(*ended.row)) continue;
      failed_ = ended.row;
      healthy_for_ = ended.healthy_for;
    }
  }

  void CountFailing(const Patient& patient, model::PassMemory& memory) {
    const std::optional<base::Millis> lived = FailedSoon(patient);
    if ((!patient.verdict.failed_create && !lived) || memory.failed_create) return;
    memory.failed_create = true;
    if (failed_ != nullptr || (lived && IsCounted(*patient.row))) return;
    failed_ = patient.row;
    healthy_for_ = lived;
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
    const bool same = patient.row->revision == record_.backoff.revision;
    if (!same || health.state != model::HealthState::kHealthy) return false;
    const base::TimePoint since = patient.known ? health.joined_at : patient.row->created_at;
    return since >= record_.backoff.next_at && in_.now >= since + policy_.backoff_max;
  }

  const RemediationInput& in_;
  const model::GroupRecord& record_;
  const model::GroupPolicy& policy_;
  const Census& census_;
  const NodeRecord* failed_ = nullptr;
  std::optional<base::Millis> healthy_for_;  // of `failed_`; nothing: never
};

}  // namespace

std::optional<model::CreateBackoff> CountFailedCreates(const RemediationInput& input, const model::GroupPolicy& policy,
                                                       const Census& census, std::vector<model::NodeHealth>& health) {
  return Counter(input, policy, census).Run(health);
}

}  // namespace kadende::reconcile
