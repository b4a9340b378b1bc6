#include "engine/plan/sightings.h"

#include <algorithm>
#include <utility>

#include "engine/plan/kept_attributes.h"

namespace kadende::plan {
namespace {

const model::RevisionRecord& NoRevision() {
  static const model::RevisionRecord none;
  return none;
}

bool SameLabels(const std::vector<std::pair<std::string, std::string>>& seen,
                const std::map<std::string, std::string>& wanted) {
  return std::equal(seen.begin(), seen.end(), wanted.begin(), wanted.end(),
                    [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; });
}

void Freeze(GroupView& view, std::string why) {
  if (view.frozen.empty()) view.frozen = std::move(why);
}

}  // namespace

Sightings::Sightings(const model::ClusterState& state, const Desired& desired, ports::ProviderSource& providers,
                     const RefreshOptions& options, base::TimePoint now, PriorView& view)
    : state_(state), desired_(desired), options_(options), now_(now), view_(view), places_(providers) {}

void Sightings::Expect() {
  std::size_t rows = state_.intents.size();
  for (const auto& [path, group] : state_.groups) rows += group.nodes.size();
  expected_.reserve(rows);
  for (const auto& [path, group] : state_.groups) ExpectGroup(group);
  ExpectIntents();
  ExpectWanted();
  by_token_.emplace(expected_.size());
  for (std::uint32_t i = 0; i < expected_.size(); ++i) {
    const Expected& expected = expected_[i];
    by_token_->Insert(expected.row != nullptr ? &expected.row->token : &expected.intent->token, i);
  }
}

void Sightings::ExpectGroup(const model::GroupState& group) {
  GroupView& view = view_.groups[group.record.path];
  for (const model::GroupTarget* target : {&group.record.current, &group.record.target}) {
    if (const auto* revision = group.Revision(target->revision)) UseOf(view, group.record.path, *revision, false);
  }
  const base::Digest* last = nullptr;  // rows of one revision come in long stretches
  std::uint32_t use = 0;
  const base::Digest* last_bound = nullptr;
  for (const auto& [key, row] : group.nodes) {
    if (last_bound == nullptr || *last_bound != row.revision) bound_.emplace(group.record.path, row.revision);
    last_bound = &row.revision;
    if (row.phase == model::NodePhase::kTombstone) continue;
    if (last == nullptr || *last != row.revision) {
      const auto* revision = group.Revision(row.revision);
      use = UseOf(view, group.record.path, revision != nullptr ? *revision : NoRevision());
      last = &row.revision;
    }
    auto sight = view.nodes.emplace_hint(view.nodes.end(), key, NodeSight{});
    expected_.push_back({&row, nullptr, &sight->second, use, false});
    ++places_.at(uses_[use].place).expected;
  }
}

void Sightings::ExpectIntents() {
  for (const auto& [key, intent] : state_.intents) {
    const std::string& path = intent.node.group;
    bound_.emplace(path, intent.revision);
    GroupView& view = view_.groups[path];
    auto group = state_.groups.find(path);
    const auto* revision = group == state_.groups.end() ? nullptr : group->second.Revision(intent.revision);
    if (intent.kind == model::IntentKind::kCreate) {
      const std::uint32_t use = UseOf(view, path, revision != nullptr ? *revision : NoRevision());
      expected_.push_back({nullptr, &intent, nullptr, use, false});
    } else if (!intent.stray_provider.name.empty()) {
      places_.Of(intent.stray_provider, intent.stray_scope_config);
    }
  }
}

void Sightings::ExpectWanted() {
  for (const auto& [path, group] : desired_.groups) {
    // A revision that state has already carries the scope that it was recorded with, which is to be checked.
    const bool moves = !group.moved_from.empty() && !state_.groups.contains(path);
    auto prior = state_.groups.find(moves ? group.moved_from : path);
    const auto* recorded = prior == state_.groups.end() ? nullptr : prior->second.Revision(group.revision.id);
    if (moves && bound_.contains({group.moved_from, group.revision.id})) bound_.emplace(path, group.revision.id);
    UseOf(view_.groups[path], path, recorded != nullptr ? *recorded : group.revision);
  }
}

std::uint32_t Sightings::UseOf(GroupView& view, const std::string& group, const model::RevisionRecord& revision,
                               bool needed) {
  const auto next = static_cast<std::uint32_t>(uses_.size());
  auto [found, added] = use_by_key_.try_emplace({group, revision.id}, next);
  if (added) {
    uses_.push_back({&view, group, &revision, places_.Of(revision.provider, revision.scope_config), false, false});
  }
  if (needed) uses_[found->second].needed = true;
  return found->second;
}

void Sightings::Look() {
  for (std::uint32_t place = 0; place < places_.all().size(); ++place) ListPlace(place);
  FreezeForPlaces();
}

void Sightings::ListPlace(std::uint32_t index) {
  Place& place = places_.at(index);
  if (place.provider == nullptr) return;
  // The first apply has no lineage yet: it looks for anybody else's instances under the cluster's name.
  const bool first_apply = state_.IsNew();
  ports::ListRequest request;
  request.scope_config = place.scope_config;
  (first_apply ? request.cluster : request.lineage) = first_apply ? desired_.cluster_name : state_.cluster.lineage;
  auto listed = ListAll(*place.provider, std::move(request), Context(), [&](const ports::ListPage& page) {
    // Two spellings of one place (./cloud and cloud) list the same instances; they are looked at once.
    for (const Place& other : places_.all()) {
      if (&other == &place) break;
      if (other.provider == place.provider && other.error.empty() && !page.scope.empty() && other.scope == page.scope) {
        place.same_as_other = true;
        place.listed = other.listed;
      }
    }
    if (place.same_as_other) return;
    place.listed += static_cast<std::uint32_t>(page.instances.size());
    for (const model::Instance& instance : page.instances) Match(instance, index);
  });
  if (listed) {
    place.scope = std::move(*listed);
  } else {
    place.error = "provider `" + place.ref.name + "` could not be listed: " + listed.error().message;
  }
}

void Sightings::FreezeForPlaces() {
  for (Use& use : uses_) {
    const Place& place = places_.at(use.place);
    if (!use.needed) continue;
    if (!place.not_looked_at.empty()) {
      use.view->not_looked_at = place.not_looked_at;  // its rows stay unknown, which is taken for present
    } else if (!place.error.empty()) {
      Freeze(*use.view, place.error);
    } else if (use.revision->scope.empty() || !bound_.contains({use.group, use.revision->id})) {
      use.view->scopes[use.revision->id] = place.scope;
    } else if (place.scope.empty()) {
      use.wrong_scope = true;
      Freeze(*use.view, "its nodes were recorded in scope " + use.revision->scope + ", but there is nothing at " +
                            place.scope_config +
                            " now; nothing is called missing for that. Bring it back, or change "
                            "the group's name to start anew there");
    } else if (use.revision->scope != place.scope) {
      use.wrong_scope = true;
      Freeze(*use.view, "its nodes were recorded in scope " + use.revision->scope +
                            ", but what is listed now is scope " + place.scope +
                            "; nothing is called missing there. Give access to " + use.revision->scope +
                            ", or change the group's name to start anew in " + place.scope);
    }
  }
}

void Sightings::Match(const model::Instance& instance, std::uint32_t place) {
  const bool gone = instance.status == model::InstanceStatus::kTerminated;
  if (state_.IsNew()) {
    const std::string& lineage = instance.owner.lineage;
    if (gone || lineage.empty() || instance.owner.cluster != desired_.cluster_name) return;
    if (view_.foreign_lineage.empty() || lineage < view_.foreign_lineage) view_.foreign_lineage = lineage;
    return;
  }
  if (instance.owner.lineage != state_.cluster.lineage) return;  // never touched, whatever the provider lists
  const std::uint32_t number = by_token_->Find(instance.owner.token);
  if (number == TokenIndex::kNone) return Unmatched(instance, place);
  Expected& expected = expected_[number];
  if (expected.row != nullptr) {
    // The same token twice: a provider without idempotent tokens made a second one. The recorded one is the node.
    if (instance.id != expected.row->instance_id) return Unmatched(instance, place);
    return See(expected, instance);
  }
  if (gone && found_intents_.contains(number)) return;
  auto [found, added] = found_intents_.try_emplace(number, instance);
  expected.seen = true;
  if (added) return;
  if (found->second.status == model::InstanceStatus::kTerminated) {
    found->second = instance;
  } else if (!gone) {
    Unmatched(instance, place);
  }
}

void Sightings::See(Expected& expected, const model::Instance& instance) {
  NodeSight& sight = *expected.sight;
  const model::NodeRecord& row = *expected.row;
  const Use& use = uses_[expected.use];
  expected.seen = true;
  sight.sight = instance.status == model::InstanceStatus::kTerminated ? Sight::kTerminated : Sight::kPresent;
  sight.status = instance.status;
  sight.status_reason = instance.status_reason;
  sight.instance_id = instance.id;
  if (!instance.addresses.empty()) sight.address = instance.addresses.front();
  if (instance.attributes != row.attributes) {
    std::string kept = KeptAttributes(instance.attributes, places_.at(use.place).provider->Manifest());
    if (kept != row.attributes) sight.attributes = std::move(kept);
  }
  sight.labels_differ = !SameLabels(instance.labels, use.revision->labels) || instance.owner.group != use.group ||
                        instance.owner.revision != row.revision;
}

void Sightings::Unmatched(const model::Instance& instance, std::uint32_t place) {
  if (instance.status == model::InstanceStatus::kTerminated) return;
  UnrecordedInstance stray;
  stray.instance = instance;
  stray.provider = places_.at(place).ref;
  stray.scope_config = places_.at(place).scope_config;
  stray.group = GroupToday(instance.owner.group);
  listed_stray_ids_.insert(instance.id);
  unrecorded_.push_back(std::move(stray));
}

std::string Sightings::GroupToday(const std::string& path) const {
  std::string today = path;
  // Renames form a line; a group that was moved away and back has no moved_to, so this ends. The bound is for a
  // damaged state.
  for (std::size_t i = 0; i <= state_.groups.size(); ++i) {
    auto group = state_.groups.find(today);
    if (group == state_.groups.end() || group->second.record.moved_to.empty()) break;
    today = group->second.record.moved_to;
  }
  return today;
}

}  // namespace kadende::plan
