#include "cli/view/health_text.h"

#include <algorithm>
#include <map>

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

constexpr base::TimePoint kNever{};
constexpr base::Millis kStoreLag = std::chrono::seconds(30);          // cli/health_pump stores every 10 s
constexpr base::Millis kProviderWordLasts = std::chrono::minutes(2);  // a pass of watch comes every 10 s by default
constexpr std::size_t kMaxNamed = 5;

void Add(const std::string& group, const model::NodeHealth& node, LeftAlone& to) {
  if (to.nodes.size() < kMaxNamed) to.nodes.push_back(model::NodeAddress{group, node.slot}.Display());
  ++to.all;
}

}  // namespace

bool IsStale(const model::NodeHealth& health, const model::GroupPolicy& policy, base::TimePoint now) {
  if (health.next_at == kNever) return health.last_at != kNever && now - health.last_at > kProviderWordLasts;
  base::Millis longest{0};
  for (const model::HealthCheck& check : policy.checks) longest = std::max(longest, check.timeout);
  return now - health.next_at > kStoreLag + longest;
}

std::string Evidence(const model::NodeHealth& health) {
  if (health.evidence.empty()) return {};
  return health.check.empty() ? health.evidence : health.check + ": " + health.evidence;
}

LeftAlone NamesOf(const std::string& group, const std::vector<const model::NodeHealth*>& nodes) {
  LeftAlone all;
  for (const model::NodeHealth* node : nodes) Add(group, *node, all);
  return all;
}

std::vector<LeftAlone> GatherLeftAlone(const std::string& group,
                                       const std::vector<const model::NodeHealth*>& unhealthy) {
  std::map<std::string_view, LeftAlone> reasons;
  for (const model::NodeHealth* node : unhealthy) {
    if (node->held_back.empty()) continue;
    LeftAlone& left = reasons[node->held_back];
    Add(group, *node, left);
    if (node->held_until != kNever && (left.until == kNever || node->held_until < left.until)) {
      left.until = node->held_until;
    }
  }
  std::vector<LeftAlone> sorted;
  sorted.reserve(reasons.size());
  for (auto& [why, left] : reasons) {
    left.why = why;
    sorted.push_back(std::move(left));
  }
  return sorted;
}

std::string Named(const LeftAlone& left) {
  std::string text = base::Join(left.nodes, ", ");
  if (left.all > left.nodes.size()) text += " and " + base::GroupDigits(left.all - left.nodes.size()) + " more";
  return text + (left.all == 1 ? " is" : " are");
}

std::string LeftAloneText(const LeftAlone& left) {
  std::string text = Named(left) + " unhealthy and left alone: " + left.why;
  if (left.until != kNever) text += " (until " + base::FormatRfc3339(left.until) + ")";
  return text;
}

}  // namespace kadende::cli
