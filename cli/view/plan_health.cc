#include "cli/view/plan_health.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "cli/view/health_text.h"
#include "engine/base/text.h"
#include "engine/plan/brake_words.h"
#include "engine/plan/group_facts.h"

namespace kadende::cli {
namespace {

using model::NodeHealth;
using model::NodeRowKey;

bool IsGone(const plan::GroupView* view, const NodeRowKey& key) {
  if (view == nullptr) return false;
  const auto sight = view->nodes.find(key);
  return sight != view->nodes.end() && plan::IsGone(sight->second);
}

std::string Detail(const NodeHealth& health) {
  std::string text = "since " + base::FormatRfc3339(health.since);
  if (!health.check.empty()) text += ", by check `" + health.check + "`";
  return health.evidence.empty() ? text : text + ": " + health.evidence;
}

class GroupHealth {
 public:
  GroupHealth(const model::GroupState& group, const plan::GroupView* view, const std::vector<NodeHealth>* rows,
              base::TimePoint now)
      : record_(group.record), group_(group), view_(view), now_(now) {
    if (rows == nullptr) return;
    for (const NodeHealth& row : *rows) {
      if (Counts(row)) unhealthy_.push_back(&row);
    }
  }

  // `known`: rows of which a drift tells already.
  void Drifts(std::uint32_t index, const std::set<NodeRowKey>& known, std::vector<model::Drift>& drift) const {
    for (const NodeHealth* health : unhealthy_) {
      const NodeRowKey key = model::KeyOf(*health);
      if (known.contains(key)) continue;
      drift.push_back({index, health->slot, health->incarnation, model::Reason::kUnhealthy,
                       group_.nodes.at(key).instance_id, Detail(*health)});
    }
  }

  void Notes(std::vector<std::string>& notes) const {
    const std::vector<LeftAlone> left = GatherLeftAlone(record_.path, unhealthy_);
    for (const model::Brake& brake : record_.brakes) {
      notes.push_back(plan::BrakedBy(brake) + ": " + brake.detail +
                      (left.empty() ? "; " + plan::BrakeRemedy(brake.kind, record_.path) : ""));
    }
    if (record_.release && now_ < record_.release->until) {
      notes.push_back("the brake is released by " + record_.release->actor + " until " +
                      base::FormatRfc3339(record_.release->until));
    }
    for (const LeftAlone& why : left) notes.push_back(LeftAloneText(why));
    std::vector<const NodeHealth*> free;
    std::copy_if(unhealthy_.begin(), unhealthy_.end(), std::back_inserter(free),
                 [](const NodeHealth* health) { return health->held_back.empty(); });
    if (const LeftAlone due = NamesOf(record_.path, free); due.all > 0) {
      notes.push_back(Named(due) + " unhealthy; `kadende watch` replaces " + (due.all == 1 ? "it" : "them"));
    }
  }

 private:
  [[nodiscard]] bool Counts(const NodeHealth& row) const {
    if (row.state != model::HealthState::kUnhealthy || IsStale(row, record_.target.policy, now_)) return false;
    const NodeRowKey key = model::KeyOf(row);
    const auto node = group_.nodes.find(key);
    return node != group_.nodes.end() && node->second.phase == model::NodePhase::kLive && !IsGone(view_, key);
  }

  const model::GroupRecord& record_;
  const model::GroupState& group_;
  const plan::GroupView* const view_;
  const base::TimePoint now_;
  std::vector<const NodeHealth*> unhealthy_;
};

}  // namespace

void AddHealth(const model::ClusterState& state, const plan::PriorView& view, const ports::HealthByGroup& health,
               base::TimePoint now, model::Plan& plan) {
  std::vector<std::set<NodeRowKey>> known(plan.groups.size());
  for (const model::Drift& drift : plan.drift) {
    if (drift.group < known.size()) known[drift.group].insert(model::KeyOf(drift));
  }
  for (std::uint32_t i = 0; i < plan.groups.size(); ++i) {
    model::PlanGroup& group = plan.groups[i];
    // A renamed group is known under its old path; what was seen of it is already under the new one.
    const std::string& path = group.moved_from.empty() ? group.path : group.moved_from;
    const auto prior = state.groups.find(path);
    if (prior == state.groups.end()) continue;
    const auto seen = view.groups.find(group.path);
    const auto rows = health.find(path);
    const GroupHealth told(prior->second, seen == view.groups.end() ? nullptr : &seen->second,
                           rows == health.end() ? nullptr : &rows->second, now);
    told.Drifts(i, known[i], plan.drift);
    told.Notes(group.notes);
  }
}

}  // namespace kadende::cli
