#include "state/group_codec.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "engine/model/policy_json.h"
#include "state/wire_parts.h"

namespace kadende::state {
namespace {

constexpr std::uint8_t kFirstVersion = 1;
// From here on: holds that are limited to something, brakes with an end, what brakes remember.
constexpr std::uint8_t kHealingVersion = 5;
constexpr std::uint8_t kRolloutVersion = 6;  // from here on: what a rollout remembers

void PutRevision(WireWriter& wire, const model::RevisionRecord& revision) {
  wire.Digest(revision.id);
  PutProvider(wire, revision.provider);
  wire.Text(revision.properties);
  PutStrings(wire, revision.labels);
  wire.Text(revision.scope_config);
  wire.Text(revision.scope);
}

void GetRevision(WireReader& wire, model::RevisionRecord* revision) {
  revision->id = wire.Digest();
  GetProvider(wire, &revision->provider);
  revision->properties = wire.Text();
  GetStrings(wire, &revision->labels);
  revision->scope_config = wire.Text();
  revision->scope = wire.Text();
}

// A watch reads the same targets again at each pass, and groups are often alike: the last few are kept as read.
class TargetCache {
 public:
  const model::GroupTarget* Find(const std::string& json) const {
    const auto known = targets_.find(json);
    return known == targets_.end() ? nullptr : &known->second;
  }
  void Keep(const std::string& json, const model::GroupTarget& target) {
    if (json.size() > kLongest) return;
    if (targets_.size() >= kMost) targets_.clear();
    targets_.emplace(json, target);
  }

 private:
  static constexpr std::size_t kMost = 256;
  static constexpr std::size_t kLongest = 4096;
  std::unordered_map<std::string, model::GroupTarget> targets_;
};

void GetTarget(WireReader& wire, model::GroupTarget* target) {
  thread_local TargetCache cache;
  const std::string json(wire.Text());
  if (!wire.ok()) return;
  if (const model::GroupTarget* known = cache.Find(json)) {
    *target = *known;
    return;
  }
  auto read = model::TargetFromJson(json);
  if (!read) return wire.Refuse();
  cache.Keep(json, *read);
  *target = std::move(*read);
}

void PutHold(WireWriter& wire, std::uint8_t version, const model::Hold& hold) {
  wire.Text(hold.slot_key);
  wire.Text(hold.owner);
  wire.Text(hold.reason);
  wire.Time(hold.since);
  wire.Time(hold.until);
  if (version >= kHealingVersion) wire.Varint(hold.only.bits);
}

void GetHold(WireReader& wire, std::uint8_t version, model::Hold* hold) {
  hold->slot_key = wire.Text();
  hold->owner = wire.Text();
  hold->reason = wire.Text();
  hold->since = wire.Time();
  hold->until = wire.Time();
  if (version < kHealingVersion) return;
  const std::uint32_t only = wire.Varint32();
  if (only > model::kAllProcesses) return wire.Refuse();
  hold->only.bits = static_cast<std::uint16_t>(only);
}

void PutBackoff(WireWriter& wire, const model::CreateBackoff& backoff) {
  wire.Varint(backoff.failures);
  wire.Time(backoff.next_at);
  wire.Digest(backoff.revision);
  wire.Text(backoff.last_error);
}

void GetBackoff(WireReader& wire, model::CreateBackoff* backoff) {
  backoff->failures = wire.Varint32();
  backoff->next_at = wire.Time();
  backoff->revision = wire.Digest();
  backoff->last_error = wire.Text();
}

void PutBrakes(WireWriter& wire, std::uint8_t version, const model::GroupRecord& group) {
  wire.Varint(group.brakes.size());
  for (const model::Brake& brake : group.brakes) {
    wire.Byte(static_cast<std::uint8_t>(brake.kind));
    wire.Text(brake.detail);
    wire.Time(brake.since);
    if (version >= kHealingVersion) wire.Time(brake.until);
  }
  wire.Byte(group.release ? 1 : 0);
  if (!group.release) return;
  wire.Text(group.release->actor);
  wire.Time(group.release->since);
  wire.Time(group.release->until);
}

void GetBrakes(WireReader& wire, std::uint8_t version, model::GroupRecord* group) {
  for (std::size_t left = wire.Count(); left > 0 && wire.ok(); --left) {
    model::Brake& brake = group->brakes.emplace_back();
    brake.kind = wire.Value(model::kLastBrakeKind);
    brake.detail = wire.Text();
    brake.since = wire.Time();
    if (version >= kHealingVersion) brake.until = wire.Time();
  }
  const std::uint8_t released = wire.Byte();
  if (released > 1) return wire.Refuse();
  if (released == 0) return;
  model::Release& release = group->release.emplace();
  release.actor = wire.Text();
  release.since = wire.Time();
  release.until = wire.Time();
}

void PutForgotten(WireWriter& wire, const model::GroupRecord& group) {
  wire.Varint(group.forgotten.size());
  for (const model::Forgotten& forgotten : group.forgotten) {
    wire.Varint(forgotten.slot.ordinal);
    wire.Text(forgotten.slot.logical_id);
    wire.Varint(forgotten.incarnation);
    wire.Text(forgotten.instance_id);
    wire.Text(forgotten.actor);
    wire.Time(forgotten.at);
  }
}

void GetForgotten(WireReader& wire, model::GroupRecord* group) {
  for (std::size_t left = wire.Count(); left > 0 && wire.ok(); --left) {
    model::Forgotten& forgotten = group->forgotten.emplace_back();
    forgotten.slot.ordinal = wire.Varint32();
    forgotten.slot.logical_id = wire.Text();
    forgotten.incarnation = wire.Varint32();
    forgotten.instance_id = wire.Text();
    forgotten.actor = wire.Text();
    forgotten.at = wire.Time();
  }
}

void GetHealing(WireReader& wire, model::GroupHealing* healing) {
  auto read = model::HealingFromJson(wire.Text());
  if (!read) return wire.Refuse();
  *healing = std::move(*read);
}

void GetRollout(WireReader& wire, std::optional<model::Rollout>* rollout) {
  const std::string_view text = wire.Text();
  if (text.empty()) return;
  auto read = model::RolloutFromJson(text);
  if (!read) return wire.Refuse();
  *rollout = std::move(*read);
}

bool NeedsHealing(const model::GroupRecord& group) {
  return group.healing != model::GroupHealing{} ||
         std::any_of(group.holds.begin(), group.holds.end(),
                     [](const model::Hold& hold) { return !hold.only.empty(); }) ||
         std::any_of(group.brakes.begin(), group.brakes.end(), [](const model::Brake& brake) {
           return brake.kind != model::BrakeKind::kMaxUnhealthy || brake.until != base::TimePoint{};
         });
}

std::uint8_t VersionFor(const model::GroupRecord& group) {
  if (group.rollout) return kRolloutVersion;
  if (NeedsHealing(group)) return kHealingVersion;
  if (!group.forgotten.empty()) return 4;
  if (!group.brakes.empty() || group.release) return 3;
  return group.destroy_backoff != model::CreateBackoff{} ? 2 : 1;
}

}  // namespace

void EncodeGroup(const model::GroupRecord& group, std::string* out) {
  WireWriter wire(out);
  const std::uint8_t version = VersionFor(group);
  wire.Byte(version);
  const bool moving = !(group.target == group.current);  // only an unfinished run needs both
  wire.Byte(moving ? 1 : 0);
  wire.Text(model::TargetToJson(group.current));
  if (moving) wire.Text(model::TargetToJson(group.target));
  wire.Varint(group.revisions.size());
  for (const auto& revision : group.revisions) PutRevision(wire, revision);
  wire.Varint(group.incarnation_floor);
  wire.Text(group.moved_to);
  PutBackoff(wire, group.backoff);
  wire.Varint(group.holds.size());
  for (const auto& hold : group.holds) PutHold(wire, version, hold);
  if (version >= 2) PutBackoff(wire, group.destroy_backoff);
  if (version >= 3) PutBrakes(wire, version, group);
  if (version >= 4) PutForgotten(wire, group);
  if (version >= kHealingVersion) wire.Text(model::HealingToJson(group.healing));
  if (version >= kRolloutVersion) wire.Text(model::RolloutToJson(*group.rollout));
}

bool DecodeGroup(std::string_view bytes, model::GroupRecord* out) {
  WireReader wire(bytes);
  const std::uint8_t version = wire.Byte();
  if (version < kFirstVersion || version > kGroupVersion) return false;
  const std::uint8_t moving = wire.Byte();
  if (moving > 1) return false;
  GetTarget(wire, &out->current);
  out->target = out->current;
  if (moving == 1) GetTarget(wire, &out->target);
  out->revisions.clear();
  for (std::size_t left = wire.Count(); left > 0 && wire.ok(); --left)
    GetRevision(wire, &out->revisions.emplace_back());
  out->incarnation_floor = wire.Varint32();
  out->moved_to = wire.Text();
  GetBackoff(wire, &out->backoff);
  out->holds.clear();
  for (std::size_t left = wire.Count(); left > 0 && wire.ok(); --left) {
    GetHold(wire, version, &out->holds.emplace_back());
  }
  out->destroy_backoff = {};
  if (version >= 2) GetBackoff(wire, &out->destroy_backoff);
  out->brakes.clear();
  out->release.reset();
  if (version >= 3) GetBrakes(wire, version, out);
  out->forgotten.clear();
  if (version >= 4) GetForgotten(wire, out);
  out->healing = {};
  if (version >= kHealingVersion) GetHealing(wire, &out->healing);
  out->rollout.reset();
  if (version >= kRolloutVersion) GetRollout(wire, &out->rollout);
  return wire.Finish();
}

}  // namespace kadende::state
