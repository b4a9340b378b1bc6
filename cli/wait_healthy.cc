#include "cli/wait_healthy.h"

#include <algorithm>
#include <thread>

#include "engine/apply/health_gate.h"
#include "engine/base/text.h"
#include "engine/plan/refresh.h"

namespace kadende::cli {
namespace {

constexpr base::Millis kFirstLook{100};
constexpr base::Millis kLongestPause{2000};
constexpr std::size_t kNamed = 5;

bool Runs(const plan::GroupView* view, const model::NodeRowKey& key) {
  if (view == nullptr) return false;
  const auto sight = view->nodes.find(key);
  return sight != view->nodes.end() && sight->second.sight == plan::Sight::kPresent &&
         sight->second.status == model::InstanceStatus::kRunning;
}

bool IsHealthy(const model::ClusterState& state, const model::GroupState& group, const model::NodeRowKey& key,
               HealthPump* health) {
  if (health == nullptr || group.record.current.policy.checks.empty()) return true;
  const auto known = health->monitor().Of(state.cluster.lineage, group.record.path, key);
  return known.state == model::HealthState::kHealthy;
}

std::vector<std::string> NotHealthy(const model::ClusterState& state, const plan::PriorView& view, HealthPump* health) {
  std::vector<std::string> names;
  for (const auto& [path, group] : state.groups) {
    const auto seen = view.groups.find(path);
    for (const auto& [key, node] : group.nodes) {
      if (node.phase != model::NodePhase::kLive) continue;
      if (!Runs(seen == view.groups.end() ? nullptr : &seen->second, key) || !IsHealthy(state, group, key, health)) {
        names.push_back(model::NodeAddress{path, node.slot}.Display());
      }
    }
  }
  return names;
}

base::Error TimedOut(const std::vector<std::string>& names, base::Millis limit) {
  std::string list;
  for (std::size_t at = 0; at < std::min(names.size(), kNamed); ++at) list += (at == 0 ? "" : ", ") + names[at];
  if (names.size() > kNamed) list += " and " + std::to_string(names.size() - kNamed) + " more";
  return base::Error{base::ErrorCode::kTimeout,
                     "applied, but after " + base::FormatDuration(limit) + " " + base::Count(names.size(), "node") +
                         " are not healthy yet: " + list + "; `kadende nodes` shows why",
                     base::Effect::kNone, std::nullopt};
}

// Of those that are told nothing comes here.
void LeaveOutTold(model::ClusterState& state) {
  for (auto& [path, group] : state.groups) {
    for (model::GroupTarget* target : {&group.record.current, &group.record.target}) {
      target->policy.checks = apply::ChecksOfApply(target->policy);
    }
  }
}

}  // namespace

base::Status WaitHealthy(Session& session, const std::string& lineage, HealthPump* health,
                         const std::stop_token& stop) {
  const base::Millis start = session.clock().Monotonic();
  for (base::Millis pause = kFirstLook;; pause = std::min(pause * 2, kLongestPause)) {
    auto state = session.Load(lineage);
    if (!state) return tl::unexpected(std::move(state.error()));
    plan::RefreshOptions options;
    options.stop = stop;
    auto view = plan::Refresh(*state, plan::DesiredFromState(*state, plan::Which::kCurrent), session.catalog(), options,
                              session.clock().Now());
    if (!view) return tl::unexpected(std::move(view.error()));
    LeaveOutTold(*state);
    if (health != nullptr) health->monitor().Track(*state, {}, health->Now());
    const auto names = NotHealthy(*state, *view, health);
    if (names.empty()) return {};
    base::Millis limit{0};
    for (const auto& [path, group] : state->groups) limit = std::max(limit, group.record.current.policy.timeouts.join);
    if (stop.stop_requested())
      return base::Fail(base::ErrorCode::kCancelled, "interrupted while waiting for nodes to be healthy");
    if (session.clock().Monotonic() - start > limit) return tl::unexpected(TimedOut(names, limit));
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace kadende::cli
