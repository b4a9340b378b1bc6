#include "engine/reconcile/followed_node.h"

#include <algorithm>

#include "engine/model/check_texts.h"
#include "engine/reconcile/health_state.h"

namespace kadende::reconcile {
namespace {

using model::HealthState;

std::optional<model::EventKind> KindOf(HealthState state) {
  switch (state) {
    case HealthState::kHealthy:
      return model::EventKind::kNodeHealthy;
    case HealthState::kUnhealthy:
      return model::EventKind::kNodeUnhealthy;
    case HealthState::kUnknown:
      return model::EventKind::kNodeUnknown;
    case HealthState::kInitializing:
      break;
  }
  return std::nullopt;
}

}  // namespace

FollowedNode::FollowedNode(std::uint64_t id, const FollowedGroup* group, const model::NodeRecord& row)
    : id_(id),
      group_(group),
      token_(row.token),
      revision_(row.revision),
      address_(row.address),
      instance_id_(row.instance_id),
      checks_(group->checks.size()) {
  health_.slot = row.slot;
  health_.incarnation = row.incarnation;
}

bool FollowedNode::Update(const model::NodeRecord& row, base::TimePoint now) {
  if (address_ != row.address) address_ = row.address;
  if (instance_id_ != row.instance_id) instance_id_ = row.instance_id;
  if (revision_ == row.revision) return false;
  revision_ = row.revision;
  born_ = now;
  for (FollowedCheck& check : checks_) {
    if (check.health.last_at != base::TimePoint{}) check.health = Restarted(check.health, now);
  }
  (void)Combined(now);  // a person's act, not a transition to tell
  return true;
}

void FollowedNode::Remember(const model::NodeHealth& stored) {
  health_.joined_at = stored.joined_at;
}

void FollowedNode::Adapt(const std::vector<model::HealthCheck>& before) {
  std::vector<FollowedCheck> adapted(group_->checks.size());
  for (std::size_t i = 0; i < adapted.size(); ++i) {
    const auto same = std::find(before.begin(), before.end(), group_->checks[i]);
    if (same != before.end()) adapted[i] = std::move(checks_[static_cast<std::size_t>(same - before.begin())]);
    adapted[i].under_way = false;  // an answer of the former generation is ignored
  }
  checks_ = std::move(adapted);
}

std::optional<model::Event> FollowedNode::Take(std::uint32_t check, const model::Observation& seen) {
  model::CheckHealth& health = checks_[check].health;
  const model::HealthCheck& policy = group_->checks[check];
  if (policy.type == model::CheckType::kPushed) {
    // Whoever says so has counted already.
    model::HealthCheck told = policy;
    told.healthy_after = told.unhealthy_after = 1;
    health = Observe(health, told, seen, born_.value_or(seen.at));
  } else {
    health = Observe(health, policy, seen, born_.value_or(seen.at));
  }
  return Combined(seen.at);
}

std::optional<model::Event> FollowedNode::Lapse(std::uint32_t check, base::TimePoint at) {
  checks_[check].health = reconcile::Lapse(checks_[check].health, at);
  return Combined(at);
}

std::optional<model::Event> FollowedNode::Combined(base::TimePoint at) {
  std::vector<NamedCheck> named;
  named.reserve(checks_.size());
  for (std::size_t i = 0; i < checks_.size(); ++i) {
    named.push_back({group_->checks[i].name, &checks_[i].health, group_->checks[i].unhealthy_for});
  }
  const HealthState before = health_.state;
  health_ = Combine(health_, named, at);
  if (health_.state == before) return std::nullopt;
  const auto kind = KindOf(health_.state);
  if (!kind) return std::nullopt;
  model::Event event;
  event.time = at;
  event.kind = *kind;
  event.cluster = group_->cluster;
  event.group = group_->path;
  event.slot_key = health_.slot.Key();
  event.incarnation = health_.incarnation;
  event.instance_id = instance_id_;
  event.message = model::NodeAddress{group_->path, health_.slot}.Display() + " is " +
                  std::string(model::HealthStateName(health_.state)) +
                  (health_.check.empty() ? "" : ": " + health_.check) +
                  (health_.evidence.empty() ? "" : ": " + health_.evidence);
  return event;
}

base::Result<ports::ProbeRequest> FollowedNode::Request(std::uint32_t check) const {
  const std::string name = model::NodeName(group_->path, health_.slot);
  auto rendered = model::RenderCheck(group_->checks[check], {name, health_.slot.ordinal, address_});
  if (!rendered) return tl::unexpected(std::move(rendered).error());
  ports::ProbeRequest request;
  request.check = std::move(*rendered);
  if (ports::RunsInNode(request.check)) {
    request.lineage = group_->lineage;
    request.group = group_->path;
    request.revision = revision_;
    request.instance_id = instance_id_;
  }
  if (request.check.type == model::CheckType::kExec) {
    request.directory = group_->folder;
    request.environment = {{"KADENDE_CLUSTER", group_->cluster},
                           {"KADENDE_LINEAGE", group_->lineage},
                           {"KADENDE_GROUP", group_->path},
                           {"KADENDE_NODE", name},
                           {"KADENDE_ORDINAL", std::to_string(health_.slot.ordinal)},
                           {"KADENDE_LOGICAL_ID", health_.slot.logical_id},
                           {"KADENDE_INCARNATION", std::to_string(health_.incarnation)},
                           {"KADENDE_ADDRESS", address_},
                           {"KADENDE_INSTANCE_ID", instance_id_},
                           {"KADENDE_CHECK", request.check.name}};
  }
  return request;
}

model::NodeHealth FollowedNode::Seen() const {
  model::NodeHealth seen = health_;
  for (const FollowedCheck& check : checks_) {
    if (check.under_way || check.next_at == base::TimePoint{}) continue;
    if (seen.next_at == base::TimePoint{} || check.next_at < seen.next_at) seen.next_at = check.next_at;
  }
  return seen;
}

}  // namespace kadende::reconcile
