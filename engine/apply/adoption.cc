#include "engine/apply/adoption.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/base/fault.h"
#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/plan/holds.h"
#include "engine/plan/kept_attributes.h"
#include "engine/plan/slot_query.h"

namespace kadende::apply {
namespace {

using base::ErrorCode;
using base::Fail;
using model::InstanceStatus;

bool CanRetag(const model::Manifest& manifest) {
  return std::find(manifest.abilities.begin(), manifest.abilities.end(), "retag") != manifest.abilities.end();
}

// Which node of the state has the instance; empty: none.
std::string HolderOf(const model::ClusterState& state, const std::string& instance, const std::string& scope) {
  for (const auto& [path, group] : state.groups) {
    for (const auto& [key, row] : group.nodes) {
      if (row.phase == model::NodePhase::kTombstone || row.instance_id != instance) continue;
      const model::RevisionRecord* revision = group.Revision(row.revision);
      if (revision != nullptr && revision->scope != scope) continue;  // another place's instance of that id
      return model::NodeAddress{path, row.slot}.Display();
    }
  }
  return {};
}

std::string OwnerText(const model::Ownership& owner) {
  return "lineage " + owner.lineage + ", " +
         model::NodeAddress{owner.cluster + ": " + owner.group, owner.slot}.Display();
}

void Flatten(const base::Json& value, const std::string& path, std::map<std::string, std::string>& out) {
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, member] : value.items()) Flatten(member, path.empty() ? key : path + "." + key, out);
  } else {
    out[path] = base::Canonical(value);
  }
}

// One look at everything that speaks for or against an adoption, in the order in which a person would ask.
class Finder {
 public:
  Finder(const model::ClusterState& state, const AdoptRequest& request, ports::ProviderSource& providers,
         base::TimePoint now)
      : state_(state), request_(request), providers_(providers), now_(now) {}

  base::Result<Adoption> Find() {
    for (auto step : {&Finder::FindSlot, &Finder::CheckHold, &Finder::FindRevision, &Finder::Describe,
                      &Finder::CheckInstance, &Finder::CheckSlot, &Finder::CheckIntents, &Finder::CheckOwner}) {
      if (auto done = (this->*step)(); !done) return tl::unexpected(std::move(done.error()));
    }
    Compare();
    return std::move(found_);
  }

 private:
  base::Status FindSlot() {
    auto place = plan::FindSlot(state_, request_.node);
    if (!place) return tl::unexpected(std::move(place.error()));
    found_.group = std::move(place->group);
    found_.slot = std::move(place->slot);
    group_ = &state_.groups.at(found_.group);
    return {};
  }

  base::Status CheckHold() {
    const plan::Holds holds(&group_->record, now_);
    const model::Hold* hold = holds.On(found_.slot);
    if (hold == nullptr) return {};
    return Fail(ErrorCode::kConflict, found_.Display() + " is " + plan::HoldSentence(*hold) + "; `kadende unhold " +
                                          plan::HeldName(found_.group, *hold) + "` first");
  }

  base::Status FindRevision() {
    const model::RevisionRecord* revision = group_->Revision(group_->record.target.revision);
    if (revision == nullptr) {
      return Fail(ErrorCode::kConflict, "group `" + found_.group + "` was removed: it has no place for a node");
    }
    found_.revision = *revision;
    auto provider = providers_.Find(revision->provider);
    if (!provider) return tl::unexpected(std::move(provider.error()));
    provider_ = *provider;
    return {};
  }

  base::Status Describe() {
    const std::string ids[] = {request_.instance};
    auto described = provider_->Describe(found_.revision.scope_config, ids, {request_.timeout, {}});
    if (!described) return base::Wrap(described.error(), "instance " + request_.instance);
    found_.scope = described->scope;
    if (!found_.revision.scope.empty() && found_.revision.scope != found_.scope) {
      return Fail(ErrorCode::kConflict, "the nodes of " + found_.group + " are in scope " + found_.revision.scope +
                                            ", and what answers now is scope " + found_.scope +
                                            "; give access to the first one");
    }
    const bool present =
        described->descriptions.size() == 1 && described->descriptions.front().presence == ports::Presence::kPresent;
    if (!present) {
      return Fail(ErrorCode::kNotFound, "provider `" + found_.revision.provider.name + "` has no instance `" +
                                            request_.instance + "` in scope " + found_.scope);
    }
    found_.instance = std::move(described->descriptions.front().instance);
    found_.instance.id = request_.instance;
    return {};
  }

  base::Status CheckInstance() {
    const InstanceStatus status = found_.instance.status;
    if (status == InstanceStatus::kTerminated || status == InstanceStatus::kTerminating) {
      return Fail(ErrorCode::kConflict, "instance " + request_.instance + " is " +
                                            std::string(model::InstanceStatusName(status)) +
                                            ": only what runs can be adopted");
    }
    const std::string holder = HolderOf(state_, request_.instance, found_.scope);
    if (holder.empty()) return {};
    return Fail(ErrorCode::kConflict, "instance " + request_.instance + " is " + holder + " already; `kadende forget " +
                                          holder + "` lets go");
  }

  base::Status CheckSlot() {
    const model::NodeRecord* live = group_->Live(found_.slot.ordinal);
    if (live == nullptr) {
      const auto members = static_cast<std::uint32_t>(group_->LiveCount());
      found_.surplus = group_->record.target.logical_ids.empty() && members >= group_->record.target.size;
      return {};
    }
    const model::RevisionRecord* revision = group_->Revision(live->revision);
    auto provider =
        revision == nullptr ? base::Result<ports::Provider*>(provider_) : providers_.Find(revision->provider);
    if (!provider) return tl::unexpected(std::move(provider.error()));
    const std::string ids[] = {live->instance_id};
    auto described =
        (*provider)->Describe(revision == nullptr ? "{}" : revision->scope_config, ids, {request_.timeout, {}});
    const bool gone = described && described->descriptions.size() == 1 &&
                      (revision == nullptr || revision->scope.empty() || described->scope == revision->scope) &&
                      described->descriptions.front().presence == ports::Presence::kGone;
    if (!gone) {
      return Fail(ErrorCode::kConflict, found_.Display() + " has a node, instance " + live->instance_id +
                                            "; `kadende forget " + found_.Display() +
                                            "` lets go of it, or choose "
                                            "another place");
    }
    found_.replaces = *live;
    return {};
  }

  base::Status CheckIntents() {
    found_.incarnation = group_->HighestIncarnation(found_.slot.ordinal);
    for (const auto& [key, intent] : state_.intents) {
      const bool here = key.first.group == found_.group && key.first.slot == found_.slot;
      const bool adopts = intent.kind == model::IntentKind::kCreate && intent.instance_id == request_.instance;
      if (here && adopts) {
        found_.goes_on = true;
        found_.incarnation = intent.incarnation;
        found_.token = intent.token;
        if (const auto* revision = group_->Revision(intent.revision)) found_.revision = *revision;
        return {};
      }
      if (here || (!request_.instance.empty() && intent.instance_id == request_.instance)) {
        return Fail(ErrorCode::kConflict, "a change of " + intent.node.Display() +
                                              " is under way or was cut off; `kadende apply` brings it to its end "
                                              "first");
      }
    }
    return {};
  }

  base::Status CheckOwner() {
    const model::Ownership& owner = found_.instance.owner;
    const bool ours = owner.lineage == state_.cluster.lineage;
    if (!owner.lineage.empty() && !ours && owner.lineage != request_.from_lineage && !found_.goes_on) {
      return Fail(ErrorCode::kConflict, "instance " + request_.instance + " belongs to another cluster (" +
                                            OwnerText(owner) +
                                            "); where that one is lost, or has forgotten it, take "
                                            "it with --from-lineage " +
                                            owner.lineage);
    }
    if (found_.goes_on) return {};
    if (ours && IsOfThisSlot(owner)) {
      found_.as_it_is = true;
      found_.incarnation = owner.incarnation;
      found_.token = owner.token;
      // It was made of another revision, perhaps: then it is replaced as any such node is.
      if (const auto* revision = group_->Revision(owner.revision)) found_.revision = *revision;
      return {};
    }
    if (!CanRetag(provider_->Manifest())) {
      return Fail(ErrorCode::kInvalid,
                  "provider `" + found_.revision.provider.name +
                      "` cannot give an instance to another owner or place; it can be adopted only into the place that "
                      "it was made for" +
                      (owner.lineage.empty() ? "" : " (" + OwnerText(owner) + ")"));
    }
    ++found_.incarnation;
    found_.token = model::MakeToken(state_.cluster.lineage, found_.group, found_.slot, found_.incarnation);
    return {};
  }

  bool IsOfThisSlot(const model::Ownership& owner) const {
    if (owner.group != found_.group || owner.slot != found_.slot || owner.incarnation == 0) return false;
    const auto row = group_->nodes.find({owner.slot.ordinal, owner.incarnation});
    return row == group_->nodes.end() || row->second.phase == model::NodePhase::kTombstone;
  }

  void Compare() {
    found_.attributes = plan::KeptAttributes(found_.instance.attributes, provider_->Manifest());
    found_.name = model::InstanceName(state_.cluster.name, found_.group, found_.slot, found_.token);
    std::map<std::string, std::string> labels;
    for (const auto& [key, value] : found_.instance.labels) labels[key] = value;
    if (!found_.as_it_is) {
      for (const auto& [key, value] : found_.revision.labels) {
        if (!labels.contains(key)) Differ("labels." + key, "", base::QuoteJson(value), true);
      }
      for (const auto& [key, value] : labels) {
        const auto wanted = found_.revision.labels.find(key);
        const bool known = wanted != found_.revision.labels.end();
        if (known && wanted->second == value) continue;
        Differ("labels." + key, base::QuoteJson(value), known ? base::QuoteJson(wanted->second) : "", true);
      }
    }
    CompareProperties();
  }

  // As far as the provider tells what an instance is made of. What depends on the node or is secret is not judged.
  void CompareProperties() {
    auto wanted = base::ParseJson(found_.revision.properties);
    auto has = base::ParseJson(found_.instance.attributes);
    if (!wanted || !has) return;
    std::map<std::string, std::string> left;
    std::map<std::string, std::string> right;
    Flatten(*has, "", left);
    Flatten(*wanted, "", right);
    for (const auto& [path, value] : right) {
      const auto told = left.find(path);
      if (told == left.end() || told->second == value || value.find("${") != std::string::npos) continue;
      Differ(path, told->second, value, false);
    }
  }

  void Differ(std::string path, std::string has, std::string wanted, bool is_set) {
    found_.differences.push_back({std::move(path), std::move(has), std::move(wanted), is_set});
  }

  const model::ClusterState& state_;
  const AdoptRequest& request_;
  ports::ProviderSource& providers_;
  const base::TimePoint now_;
  const model::GroupState* group_ = nullptr;
  ports::Provider* provider_ = nullptr;
  Adoption found_;
};

model::NodeRecord RowOf(const Adoption& adoption, const model::Instance& instance, base::TimePoint now) {
  model::NodeRecord row;
  row.slot = adoption.slot;
  row.incarnation = adoption.incarnation;
  row.phase = model::NodePhase::kLive;
  row.token = adoption.token;
  row.revision = adoption.revision.id;
  row.instance_id = adoption.instance.id;
  row.address = instance.addresses.empty() ? "" : instance.addresses.front();
  row.attributes = adoption.attributes;
  row.created_at = instance.created_at == base::TimePoint{} ? now : instance.created_at;
  return row;
}

// The row, its event, and what the group's header says of the instance.
void Record(const model::ClusterState& state, const Adoption& adoption, const std::string& actor, model::NodeRecord row,
            base::TimePoint now, model::StateChanges& changes) {
  model::GroupRecord record = state.groups.at(adoption.group).record;
  const std::size_t forgotten = record.forgotten.size();
  std::erase_if(record.forgotten, [&](const auto& entry) { return entry.instance_id == adoption.instance.id; });
  bool changed = record.forgotten.size() != forgotten;
  for (model::RevisionRecord& revision : record.revisions) {
    if (revision.id != adoption.revision.id || !revision.scope.empty()) continue;
    revision.scope = adoption.scope;
    changed = true;
  }
  if (changed) changes.emplace_back(model::GroupRecorded{std::move(record)});
  model::Event event;
  event.time = now;
  event.kind = model::EventKind::kNodeAdopted;
  event.reason = model::Reason::kRequested;
  event.cluster = state.cluster.name;
  event.group = adoption.group;
  event.slot_key = adoption.slot.Key();
  event.incarnation = adoption.incarnation;
  event.instance_id = adoption.instance.id;
  event.actor = actor;
  event.message = adoption.Display() + " is the adopted instance " + adoption.instance.id;
  changes.emplace_back(model::NodeCreated{adoption.group, std::move(row)});
  changes.emplace_back(model::EventRecorded{std::move(event)});
}

}  // namespace

base::Result<Adoption> FindAdoption(const model::ClusterState& state, const AdoptRequest& request,
                                    ports::ProviderSource& providers, base::TimePoint now) {
  return Finder(state, request, providers, now).Find();
}

model::StateChanges BeginAdoption(const model::ClusterState& state, const Adoption& adoption, const std::string& actor,
                                  base::TimePoint now) {
  model::StateChanges changes;
  if (adoption.replaces) {
    changes.emplace_back(model::NodeGone{adoption.group, adoption.slot, adoption.replaces->incarnation, now});
  }
  if (adoption.as_it_is) {
    Record(state, adoption, actor, RowOf(adoption, adoption.instance, now), now, changes);
    return changes;
  }
  model::Intent intent;
  intent.kind = model::IntentKind::kCreate;
  intent.node = {adoption.group, adoption.slot};
  intent.incarnation = adoption.incarnation;
  intent.token = adoption.token;
  intent.revision = adoption.revision.id;
  intent.instance_id = adoption.instance.id;
  intent.reason = model::Reason::kRequested;
  intent.written_at = now;
  changes.emplace_back(model::IntentWritten{std::move(intent)});
  return changes;
}

EditRequest::Acted FinishAdoption(const model::ClusterState& state, const Adoption& adoption,
                                  const AdoptRequest& request, ports::ProviderSource& providers, base::TimePoint now) {
  EditRequest::Acted acted;
  if (adoption.as_it_is) return acted;
  auto provider = providers.Find(adoption.revision.provider);
  if (!provider) {
    acted.error = provider.error();
    return acted;
  }
  ports::UpdateRequest update;
  update.id = adoption.instance.id;
  update.owner = {state.cluster.lineage, state.cluster.name, adoption.group,      adoption.slot,
                  adoption.incarnation,  adoption.token,     adoption.revision.id};
  update.labels.assign(adoption.revision.labels.begin(), adoption.revision.labels.end());
  update.properties = adoption.revision.scope_config;
  update.tags_only = true;
  base::FaultPoint("apply.adopt.mark.before");
  auto updated = (*provider)->Update(update, {request.timeout, {}});
  base::FaultPoint("apply.adopt.mark.after");
  if (updated) {
    Record(state, adoption, request.actor, RowOf(adoption, *updated, now), now, acted.changes);
    return acted;
  }
  acted.error = updated.error();
  if (acted.error->effect == base::Effect::kPossible) {
    acted.error->message = "whether " + adoption.instance.id +
                           " is marked as ours is not known: " + acted.error->message +
                           "; the next `kadende apply`, or the same command again, goes on";
  } else {
    acted.changes.emplace_back(model::CreateFailed{adoption.group, adoption.slot, adoption.incarnation, now});
    acted.error->message = adoption.instance.id + " could not be marked as ours: " + acted.error->message;
  }
  return acted;
}

}  // namespace kadende::apply
