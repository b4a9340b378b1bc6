#include "engine/plan/landing.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/text.h"

namespace kadende::plan {
namespace {

constexpr std::size_t kMaxNamed = 5;

using Key = std::pair<std::uint32_t, std::uint32_t>;  // ordinal, incarnation

std::set<Key> Settled(const GroupDiff& diff) {
  std::set<Key> keys;
  for (const NodeChange& change : diff.changes) {
    if (change.settle) keys.emplace(change.slot.ordinal, change.incarnation);
  }
  return keys;
}

bool CanRepeat(const model::Intent& intent, const model::GroupState& prior, ports::ProviderSource& providers) {
  const model::RevisionRecord* revision = prior.Revision(intent.revision);
  if (revision == nullptr) return true;
  auto provider = providers.Find(revision->provider);
  return !provider || (*provider)->Manifest().idempotent_tokens;
}

}  // namespace

std::string LandingNote(const GroupInput& input, const GroupDiff& diff, const model::GroupPolicy& policy,
                        ports::ProviderSource& providers) {
  if (input.heal_only || input.prior == nullptr || input.intents.empty()) return {};
  const std::set<Key> settled = Settled(diff);
  std::vector<std::string> nodes;
  base::TimePoint until{};
  for (const model::Intent* intent : input.intents) {
    if (intent->kind != model::IntentKind::kCreate) continue;
    if (!settled.contains({intent->node.slot.ordinal, intent->incarnation})) continue;
    const base::TimePoint last = intent->written_at + policy.timeouts.create;
    if (last <= input.now || CanRepeat(*intent, *input.prior, providers)) continue;
    nodes.push_back(model::NodeAddress{input.path, intent->node.slot}.Display());
    until = std::max(until, last);
  }
  if (nodes.empty()) return {};
  const std::size_t all = nodes.size();
  nodes.resize(std::min(all, kMaxNamed));
  std::string names = base::Join(nodes, ", ");
  if (all > nodes.size()) names += " and " + std::to_string(all - nodes.size()) + " more";
  return base::Count(all, "create") + " of an earlier run may still land (" + names +
         "), and the provider cannot say: " + "apply waits until " + base::FormatRfc3339(until) +
         " at the longest (timeouts.create), then it takes " + (all == 1 ? "it" : "them") + " for failed";
}

}  // namespace kadende::plan
