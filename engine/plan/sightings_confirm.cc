// The second half of Sightings: absence, open intents, strays.
#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "engine/plan/kept_attributes.h"
#include "engine/plan/sightings.h"

namespace kadende::plan {
namespace {

constexpr std::size_t kDescribeBatch = 500;
// SEMANTICS 3, max_unhealthy: 40 %, rounded down but never below one.
constexpr std::uint32_t kShrinkPercent = 40;
// How long an eventual listing may be late with what was just created.
constexpr base::Millis kListingLag = std::chrono::minutes(1);

bool Shrank(const Place& place, std::size_t absent) {
  const std::size_t limit = std::max<std::size_t>(1, std::size_t{place.expected} * kShrinkPercent / 100);
  return place.listed == 0 || absent > limit;
}

}  // namespace

void Sightings::Confirm() {
  std::vector<std::vector<std::uint32_t>> absent(places_.all().size());
  for (std::uint32_t i = 0; i < expected_.size(); ++i) {
    const Expected& expected = expected_[i];
    const Use& use = uses_[expected.use];
    if (expected.row == nullptr || expected.seen || use.wrong_scope || !places_.at(use.place).IsListed()) continue;
    absent[use.place].push_back(i);
  }
  for (std::uint32_t place = 0; place < absent.size(); ++place) {
    if (!absent[place].empty()) ConfirmPlace(place, absent[place]);
  }
}

void Sightings::ConfirmPlace(std::uint32_t place, std::vector<std::uint32_t>& absent) {
  std::vector<std::uint32_t> unsure;
  if (!DescribeAbsent(place, absent, unsure) || unsure.empty()) return;
  // From here on only listings speak. One that is empty or shrank a lot proves nothing, nor does one that may not
  // have heard yet of what is young.
  if (Shrank(places_.at(place), absent.size())) {
    std::set<GroupView*> views;
    for (std::uint32_t number : unsure) views.insert(uses_[expected_[number].use].view);
    for (GroupView* view : views) {
      view->notes.push_back(
          "nodes are absent from a listing that is empty or shrank too much to be believed; they are "
          "taken as unknown until the provider lists them or says that they are gone");
    }
    return;
  }
  std::erase_if(unsure, [&](std::uint32_t n) { return now_ - expected_[n].row->created_at < kListingLag; });
  if (!unsure.empty()) ListAgain(place, unsure);
}

bool Sightings::DescribeAbsent(std::uint32_t index, const std::vector<std::uint32_t>& absent,
                               std::vector<std::uint32_t>& unsure) {
  const Place& place = places_.at(index);
  for (std::size_t begin = 0; begin < absent.size(); begin += kDescribeBatch) {
    const std::span batch = std::span(absent).subspan(begin, std::min(kDescribeBatch, absent.size() - begin));
    std::vector<std::string> ids;
    for (std::uint32_t number : batch) ids.push_back(expected_[number].row->instance_id);
    auto described = place.provider->Describe(place.scope_config, ids, Context());
    const bool usable = described && described->descriptions.size() == ids.size() && described->scope == place.scope;
    if (!usable) {
      std::string why = "provider `" + place.ref.name + "` could not say whether absent nodes are gone: " +
                        (described ? "its answer is of another scope or size" : described.error().message);
      for (std::uint32_t number : absent) {
        GroupView& view = *uses_[expected_[number].use].view;
        if (view.frozen.empty()) view.frozen = why;
      }
      return false;
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const ports::Description& description = described->descriptions[i];
      Expected& expected = expected_[batch[i]];
      const bool ours = description.instance.owner.token == expected.row->token;
      switch (description.presence) {
        case ports::Presence::kPresent:
          if (ours) See(expected, description.instance);
          break;
        case ports::Presence::kGone:
          expected.sight->sight = Sight::kMissing;
          break;
        case ports::Presence::kUnknown:
          unsure.push_back(batch[i]);
          break;
      }
    }
  }
  return true;
}

void Sightings::ListAgain(std::uint32_t index, const std::vector<std::uint32_t>& unsure) {
  const Place& place = places_.at(index);
  ports::ListRequest request;
  request.scope_config = place.scope_config;
  request.lineage = state_.cluster.lineage;
  std::uint32_t listed_now = 0;
  auto listed = ListAll(*place.provider, std::move(request), Context(), [&](const ports::ListPage& page) {
    listed_now += static_cast<std::uint32_t>(page.instances.size());
    for (const model::Instance& instance : page.instances) {
      const std::uint32_t number = by_token_->Find(instance.owner.token);
      if (number == TokenIndex::kNone || instance.owner.lineage != state_.cluster.lineage) continue;
      Expected& expected = expected_[number];
      const bool late = expected.row != nullptr && !expected.seen && expected.row->instance_id == instance.id;
      if (late) See(expected, instance);
    }
  });
  if (!listed || *listed != place.scope || listed_now == 0) return;  // still unknown
  for (std::uint32_t number : unsure) {
    if (!expected_[number].seen) expected_[number].sight->sight = Sight::kMissing;
  }
}

void Sightings::Settle() {
  // By node, so that what is settled is the same list for the same world.
  std::vector<std::uint32_t> numbers;
  for (const auto& [number, instance] : found_intents_) numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());
  for (std::uint32_t number : numbers) {
    if (uses_[expected_[number].use].wrong_scope) continue;
    SettleCreate(expected_[number], found_intents_.at(number));
  }
  for (const auto& [key, intent] : state_.intents) {
    if (intent.kind == model::IntentKind::kDestroy) SettleDestroy(intent);
  }
  SettleStrayDestroys();
}

void Sightings::SettleCreate(const Expected& expected, const model::Instance& instance) {
  const model::Intent& intent = *expected.intent;
  const std::string& path = intent.node.group;
  if (instance.status == model::InstanceStatus::kTerminated) {
    view_.settled.push_back(model::CreateFailed{path, intent.node.slot, intent.incarnation, now_});
    return;
  }
  const Place& place = places_.at(uses_[expected.use].place);
  model::NodeRecord row;
  row.slot = intent.node.slot;
  row.incarnation = intent.incarnation;
  row.phase = model::NodePhase::kLive;
  row.token = intent.token;
  row.revision = intent.revision;
  row.instance_id = instance.id;
  if (!instance.addresses.empty()) row.address = instance.addresses.front();
  row.attributes = KeptAttributes(instance.attributes, place.provider->Manifest());
  row.created_at = instance.created_at == base::TimePoint{} ? now_ : instance.created_at;
  // The replacement exists, so the node that it replaces is given up: a slot has one live row, also where several cut
  // creates of it are found at once.
  // What is on its way out is no replacement: then the old node stays.
  const model::NodeRecord* live = LiveSoFar(intent.node);
  const bool ends = instance.status == model::InstanceStatus::kTerminating;
  const bool runs = !ends && instance.status != model::InstanceStatus::kStopped;
  if (runs && live != nullptr && live->incarnation < intent.incarnation) {
    model::NodeRecord leaving = *live;
    leaving.phase = model::NodePhase::kLeaving;
    view_.settled.push_back(model::NodeChanged{path, std::move(leaving)});
  } else if (ends || live != nullptr) {
    row.phase = model::NodePhase::kLeaving;
  }
  NodeSight sight;
  Expected as_row{&row, nullptr, &sight, expected.use, false};
  See(as_row, instance);
  uses_[expected.use].view->nodes[{row.slot.ordinal, row.incarnation}] = std::move(sight);
  if (row.phase == model::NodePhase::kLive) settled_live_[intent.node] = row;
  view_.settled.push_back(model::NodeCreated{path, std::move(row)});
  LearnScope(expected);
}

// A row whose revision has no scope would let the listing of any other place call it gone.
void Sightings::LearnScope(const Expected& expected) {
  const Use& use = uses_[expected.use];
  const std::string& scope = places_.at(use.place).scope;
  const auto group = state_.groups.find(expected.intent->node.group);
  if (scope.empty() || !use.revision->scope.empty() || group == state_.groups.end()) return;
  // Several revisions of a group may learn theirs: each record holds what was learned before.
  model::GroupRecord& record = settled_records_.try_emplace(group->first, group->second.record).first->second;
  const auto revision = std::find_if(record.revisions.begin(), record.revisions.end(),
                                     [&](const auto& candidate) { return candidate.id == use.revision->id; });
  if (revision == record.revisions.end() || !revision->scope.empty()) return;
  revision->scope = scope;
  view_.settled.push_back(model::GroupRecorded{record});
}

const model::NodeRecord* Sightings::LiveSoFar(const model::NodeAddress& node) const {
  if (const auto settled = settled_live_.find(node); settled != settled_live_.end()) return &settled->second;
  const auto group = state_.groups.find(node.group);
  return group == state_.groups.end() ? nullptr : group->second.Live(node.slot.ordinal);
}

void Sightings::SettleDestroy(const model::Intent& intent) {
  const std::string& path = intent.node.group;
  GroupView& view = view_.groups[path];
  const model::NodeRowKey key{intent.node.slot.ordinal, intent.incarnation};
  auto group = state_.groups.find(path);
  if (group != state_.groups.end()) {
    auto row = group->second.nodes.find(key);
    const bool of_row = row != group->second.nodes.end() && row->second.phase != model::NodePhase::kTombstone &&
                        row->second.instance_id == intent.instance_id;
    auto sight = view.nodes.find(key);
    if (of_row) {
      // What is listed as terminated is destroyed once more: providers may keep remains of it.
      if (sight == view.nodes.end() || sight->second.sight != Sight::kMissing) return;
      view_.settled.push_back(model::NodeGone{path, intent.node.slot, intent.incarnation, now_});
      view.nodes.erase(sight);
      return;
    }
  }
  // A stray, or a row that went with its outcome: only a definite answer clears the intent. Otherwise the destroy is
  // repeated, which succeeds for what is gone already.
  if (intent.stray_provider.name.empty() || listed_stray_ids_.contains(intent.instance_id)) return;
  asked_intents_[places_.Of(intent.stray_provider, intent.stray_scope_config)].push_back(&intent);
}

void Sightings::SettleStrayDestroys() {
  for (const auto& [index, intents] : asked_intents_) {
    const Place& place = places_.at(index);
    if (!place.IsListed()) continue;
    for (std::size_t begin = 0; begin < intents.size(); begin += kDescribeBatch) {
      const std::span batch = std::span(intents).subspan(begin, std::min(kDescribeBatch, intents.size() - begin));
      std::vector<std::string> ids;
      for (const model::Intent* intent : batch) ids.push_back(intent->instance_id);
      auto described = place.provider->Describe(place.scope_config, ids, Context());
      // A place that cannot answer once would only cost more time.
      if (!described || described->scope != place.scope || described->descriptions.size() != ids.size()) break;
      for (std::size_t i = 0; i < batch.size(); ++i) {
        if (described->descriptions[i].presence != ports::Presence::kGone) continue;
        view_.settled.push_back(model::IntentCleared{batch[i]->node, batch[i]->incarnation});
      }
    }
  }
}

void Sightings::Finish() {
  for (UnrecordedInstance& stray : unrecorded_) {
    if (IsForgotten(stray)) continue;
    std::uint32_t highest = 0;
    stray.known = IsKnown(stray, &highest);
    GroupView& view = view_.groups[stray.group];
    if (stray.known) {
      view.strays.push_back(std::move(stray));
      continue;
    }
    const model::Ownership& owner = stray.instance.owner;
    view.behind = true;
    if (!view.frozen.empty()) continue;
    view.frozen = "instance " + stray.instance.id + " is incarnation " + std::to_string(owner.incarnation) + " of " +
                  model::NodeAddress{owner.group, owner.slot}.Display() + ", and this state has issued " +
                  (highest == 0 ? "none" : "none above " + std::to_string(highest)) +
                  ": it is behind the world. Nothing of the group is changed; put the newer state directory back, "
                  "or the repository that has its branch (`kadende state pull` fetches it)";
  }
  for (auto& [path, view] : view_.groups) {
    std::sort(view.strays.begin(), view.strays.end(), [](const UnrecordedInstance& a, const UnrecordedInstance& b) {
      const auto key = [](const UnrecordedInstance& s) {
        return std::tuple(s.instance.owner.slot.ordinal, s.instance.owner.incarnation, std::string_view(s.instance.id));
      };
      return key(a) < key(b);
    });
  }
}

bool Sightings::IsForgotten(const UnrecordedInstance& stray) {
  const auto group = state_.groups.find(stray.group);
  if (group == state_.groups.end()) return false;
  for (const model::Forgotten& forgotten : group->second.record.forgotten) {
    if (forgotten.instance_id != stray.instance.id || forgotten.incarnation != stray.instance.owner.incarnation)
      continue;
    view_.groups[stray.group].notes.push_back("instance " + stray.instance.id + " was forgotten by " + forgotten.actor +
                                              " at " + base::FormatRfc3339(forgotten.at) +
                                              ": it still runs, tagged as ours, and is left alone");
    return true;
  }
  return false;
}

// Judged by the group that the instance's tags name: after a rename that group keeps tombstones of what it issued.
bool Sightings::IsKnown(const UnrecordedInstance& stray, std::uint32_t* highest) const {
  const model::Ownership& owner = stray.instance.owner;
  auto group = state_.groups.find(owner.group);
  if (group != state_.groups.end()) *highest = group->second.HighestIncarnation(owner.slot.ordinal);
  const auto first = std::pair(model::NodeAddress{owner.group, owner.slot}, std::uint32_t{0});
  for (auto it = state_.intents.lower_bound(first); it != state_.intents.end() && it->first.first == first.first;
       ++it) {
    *highest = std::max(*highest, it->first.second);
  }
  return owner.incarnation <= *highest;
}

}  // namespace kadende::plan
