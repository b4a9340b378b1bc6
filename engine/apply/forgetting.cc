#include "engine/apply/forgetting.h"

#include <algorithm>
#include <utility>

#include "engine/base/fault.h"
#include "engine/plan/holds.h"

namespace kadende::apply {
namespace {

using base::ErrorCode;

bool CanRetag(const model::Manifest& manifest) {
  return std::find(manifest.abilities.begin(), manifest.abilities.end(), "retag") != manifest.abilities.end();
}

}  // namespace

base::Result<model::StateChanges> BeginForgetting(const model::ClusterState& state, const std::string& group,
                                                  const model::NodeRecord& node, const std::string& actor,
                                                  base::TimePoint now) {
  const model::NodeAddress address{group, node.slot};
  model::GroupRecord record = state.groups.at(group).record;
  const plan::Holds holds(&record, now);
  if (const model::Hold* hold = holds.On(node.slot)) {
    return base::Fail(ErrorCode::kConflict, address.Display() + " is " + plan::HoldSentence(*hold) +
                                                "; `kadende unhold " + plan::HeldName(group, *hold) + "` first");
  }
  const auto intent = state.intents.lower_bound({address, 0});
  if (intent != state.intents.end() && intent->first.first == address) {
    return base::Fail(ErrorCode::kConflict, "a change of " + address.Display() +
                                                " is under way or was cut off; `kadende apply` brings it to its end "
                                                "first");
  }
  model::Forgotten forgotten{node.slot, node.incarnation, node.instance_id, actor, now};
  const auto place = std::upper_bound(
      record.forgotten.begin(), record.forgotten.end(), forgotten,
      [](const model::Forgotten& a, const model::Forgotten& b) { return model::KeyOf(a) < model::KeyOf(b); });
  record.forgotten.insert(place, std::move(forgotten));

  model::Event event;
  event.time = now;
  event.kind = model::EventKind::kNodeForgotten;
  event.reason = model::Reason::kRequested;
  event.cluster = state.cluster.name;
  event.group = group;
  event.slot_key = node.slot.Key();
  event.incarnation = node.incarnation;
  event.instance_id = node.instance_id;
  event.actor = actor;
  event.message = address.Display() + " is forgotten; its instance " + node.instance_id + " is left as it is";
  return model::StateChanges{model::GroupRecorded{std::move(record)},
                             model::NodeGone{group, node.slot, node.incarnation, now},
                             model::EventRecorded{std::move(event)}};
}

bool TakeTagsOff(const model::ClusterState& state, const std::string& group, const model::NodeRecord& node,
                 ports::ProviderSource& providers, base::Millis timeout, std::string* kept) {
  const model::RevisionRecord* revision = state.groups.at(group).Revision(node.revision);
  if (revision == nullptr) {
    *kept = "state does not know its provider";
    return false;
  }
  auto provider = providers.Find(revision->provider);
  if (!provider) {
    *kept = provider.error().message;
    return false;
  }
  if (!CanRetag((*provider)->Manifest())) {
    *kept = "provider `" + revision->provider.name + "` cannot take them off";
    return false;
  }
  const ports::CallContext context{timeout, {}};
  const std::string ids[] = {node.instance_id};
  auto described = (*provider)->Describe(revision->scope_config, ids, context);
  if (!described || described->descriptions.size() != 1) {
    *kept = described ? "the provider does not answer for it" : described.error().message;
    return false;
  }
  const ports::Description& found = described->descriptions.front();
  const bool ours = found.presence == ports::Presence::kPresent && found.instance.owner.token == node.token;
  if (!ours) return true;  // gone, or somebody else's by now
  ports::UpdateRequest request;
  request.id = node.instance_id;
  request.labels = found.instance.labels;
  request.properties = revision->scope_config;
  request.tags_only = true;
  base::FaultPoint("apply.forget.untag.before");
  auto updated = (*provider)->Update(request, context);
  base::FaultPoint("apply.forget.untag.after");
  if (updated) return true;
  *kept = updated.error().message;
  return false;
}

}  // namespace kadende::apply
