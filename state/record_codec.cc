#include "state/record_codec.h"

#include <unordered_map>
#include <utility>

#include "engine/model/policy_json.h"
#include "state/wire.h"

namespace kadende::state {
namespace {

using model::Reason;

constexpr Reason kLastReason = Reason::kSecretChanged;
using model::kLastEventKind;
constexpr model::BrakeKind kLastBrakeKind = model::BrakeKind::kMaxUnhealthy;

// Which fields of a node record follow its flags.
enum NodeFlag : std::uint32_t {
  kPhaseMask = 3,
  kTainted = 1U << 2,
  kHasToken = 1U << 3,
  kHasRevision = 1U << 4,
  kHasLogicalId = 1U << 5,
  kHasInstanceId = 1U << 6,
  kHasAddress = 1U << 7,
  kHasAttributes = 1U << 8,
  kHasTaintReason = 1U << 9,
  kHasSecrets = 1U << 10,  // from version 2
  kKnownNodeFlags = (1U << 11) - 1,
};

std::uint32_t FlagsOf(const model::NodeRecord& node) {
  std::uint32_t flags = static_cast<std::uint32_t>(node.phase);
  if (node.tainted) flags |= kTainted;
  if (!node.token.IsZero()) flags |= kHasToken;
  if (!node.revision.IsZero()) flags |= kHasRevision;
  if (!node.slot.logical_id.empty()) flags |= kHasLogicalId;
  if (!node.instance_id.empty()) flags |= kHasInstanceId;
  if (!node.address.empty()) flags |= kHasAddress;
  if (node.attributes != "{}") flags |= kHasAttributes;
  if (!node.taint_reason.empty()) flags |= kHasTaintReason;
  if (!node.secrets.empty()) flags |= kHasSecrets;
  return flags;
}

void PutStrings(WireWriter& wire, const std::map<std::string, std::string>& strings) {
  wire.Varint(strings.size());
  for (const auto& [key, value] : strings) {
    wire.Text(key);
    wire.Text(value);
  }
}

void GetStrings(WireReader& wire, std::map<std::string, std::string>* strings) {
  strings->clear();
  for (std::size_t left = wire.Count(); left > 0 && wire.ok(); --left) {
    std::string key(wire.Text());
    strings->insert_or_assign(std::move(key), wire.Text());
  }
}

void PutProvider(WireWriter& wire, const model::ProviderRef& provider) {
  wire.Text(provider.name);
  wire.Text(provider.version);
  wire.Text(provider.url);
}

void GetProvider(WireReader& wire, model::ProviderRef* provider) {
  provider->name = wire.Text();
  provider->version = wire.Text();
  provider->url = wire.Text();
}

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

void PutHold(WireWriter& wire, const model::Hold& hold) {
  wire.Text(hold.slot_key);
  wire.Text(hold.owner);
  wire.Text(hold.reason);
  wire.Time(hold.since);
  wire.Time(hold.until);
}

void GetHold(WireReader& wire, model::Hold* hold) {
  hold->slot_key = wire.Text();
  hold->owner = wire.Text();
  hold->reason = wire.Text();
  hold->since = wire.Time();
  hold->until = wire.Time();
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

void PutBrakes(WireWriter& wire, const model::GroupRecord& group) {
  wire.Varint(group.brakes.size());
  for (const model::Brake& brake : group.brakes) {
    wire.Byte(static_cast<std::uint8_t>(brake.kind));
    wire.Text(brake.detail);
    wire.Time(brake.since);
  }
  wire.Byte(group.release ? 1 : 0);
  if (!group.release) return;
  wire.Text(group.release->actor);
  wire.Time(group.release->since);
  wire.Time(group.release->until);
}

void GetBrakes(WireReader& wire, model::GroupRecord* group) {
  for (std::size_t left = wire.Count(); left > 0 && wire.ok(); --left) {
    model::Brake& brake = group->brakes.emplace_back();
    brake.kind = wire.Value(kLastBrakeKind);
    brake.detail = wire.Text();
    brake.since = wire.Time();
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

std::uint8_t VersionFor(const model::GroupRecord& group) {
  if (!group.forgotten.empty()) return 4;
  if (!group.brakes.empty() || group.release) return 3;
  return group.destroy_backoff != model::CreateBackoff{} ? 2 : 1;
}

bool IsKnownVersion(WireReader& wire) {
  const std::uint8_t version = wire.Byte();
  return wire.ok() && version == kRecordVersion;
}

void GetEventHead(WireReader& wire, EventHead* head) {
  head->lineage = wire.Text();
  head->group = wire.Text();
  head->slot_key = wire.Text();
  head->time = wire.Time();
}

}  // namespace

void EncodeNode(const model::NodeRecord& node, std::string* out) {
  WireWriter wire(out);
  const std::uint32_t flags = FlagsOf(node);
  wire.Byte(flags & kHasSecrets ? kMarkedVersion : kRecordVersion);
  wire.Varint(flags);
  wire.Time(node.created_at);
  if (flags & kHasToken) wire.Digest(node.token);
  if (flags & kHasRevision) wire.Digest(node.revision);
  if (flags & kHasLogicalId) wire.Text(node.slot.logical_id);
  if (flags & kHasInstanceId) wire.Text(node.instance_id);
  if (flags & kHasAddress) wire.Text(node.address);
  if (flags & kHasAttributes) wire.Text(node.attributes);
  if (flags & kHasTaintReason) wire.Text(node.taint_reason);
  if (flags & kHasSecrets) wire.Text(node.secrets);
}

bool DecodeNode(std::string_view bytes, model::NodeRecord* out) {
  WireReader wire(bytes);
  const std::uint8_t version = wire.Byte();
  if (version < kRecordVersion || version > kMarkedVersion) return false;
  const std::uint32_t flags = wire.Varint32();
  const std::uint32_t phase = flags & kPhaseMask;
  if (((flags & kHasSecrets) != 0) != (version == kMarkedVersion)) return false;
  if (flags > kKnownNodeFlags || phase > static_cast<std::uint32_t>(model::NodePhase::kTombstone)) return false;
  out->phase = static_cast<model::NodePhase>(phase);
  out->tainted = (flags & kTainted) != 0;
  out->created_at = wire.Time();
  out->token = flags & kHasToken ? wire.Digest() : base::Digest{};
  out->revision = flags & kHasRevision ? wire.Digest() : base::Digest{};
  // Most rows lack most texts, and clearing costs less than assigning: this is the inner loop of every load.
  const auto text = [&](NodeFlag flag, std::string& field) {
    if (flags & flag) {
      field = wire.Text();
    } else {
      field.clear();
    }
  };
  text(kHasLogicalId, out->slot.logical_id);
  text(kHasInstanceId, out->instance_id);
  text(kHasAddress, out->address);
  if (flags & kHasAttributes) {
    out->attributes = wire.Text();
  } else if (out->attributes != "{}") {
    out->attributes = "{}";
  }
  text(kHasTaintReason, out->taint_reason);
  text(kHasSecrets, out->secrets);
  return wire.Finish();
}

void EncodeIntent(const model::Intent& intent, std::string* out) {
  WireWriter wire(out);
  wire.Byte(intent.secrets.empty() ? kRecordVersion : kMarkedVersion);
  wire.Byte(static_cast<std::uint8_t>(intent.kind));
  wire.Byte(static_cast<std::uint8_t>(intent.reason));
  wire.Time(intent.written_at);
  wire.Digest(intent.token);
  wire.Digest(intent.revision);
  wire.Text(intent.node.slot.logical_id);
  wire.Text(intent.instance_id);
  wire.Text(intent.run_id);
  PutProvider(wire, intent.stray_provider);
  wire.Text(intent.stray_scope_config);
  if (!intent.secrets.empty()) wire.Text(intent.secrets);
}

bool DecodeIntent(std::string_view bytes, model::Intent* out) {
  WireReader wire(bytes);
  const std::uint8_t version = wire.Byte();
  if (version < kRecordVersion || version > kMarkedVersion) return false;
  out->kind = wire.Value(model::IntentKind::kDestroy);
  out->reason = wire.Value(kLastReason);
  out->written_at = wire.Time();
  out->token = wire.Digest();
  out->revision = wire.Digest();
  out->node.slot.logical_id = wire.Text();
  out->instance_id = wire.Text();
  out->run_id = wire.Text();
  GetProvider(wire, &out->stray_provider);
  out->stray_scope_config = wire.Text();
  out->secrets.clear();
  if (version == kMarkedVersion) out->secrets = wire.Text();
  return wire.Finish();
}

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
  for (const auto& hold : group.holds) PutHold(wire, hold);
  if (version >= 2) PutBackoff(wire, group.destroy_backoff);
  if (version >= 3) PutBrakes(wire, group);
  if (version >= 4) PutForgotten(wire, group);
}

bool DecodeGroup(std::string_view bytes, model::GroupRecord* out) {
  WireReader wire(bytes);
  const std::uint8_t version = wire.Byte();
  if (version < kRecordVersion || version > kGroupVersion) return false;
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
  for (std::size_t left = wire.Count(); left > 0 && wire.ok(); --left) GetHold(wire, &out->holds.emplace_back());
  out->destroy_backoff = {};
  if (version >= 2) GetBackoff(wire, &out->destroy_backoff);
  out->brakes.clear();
  out->release.reset();
  if (version >= 3) GetBrakes(wire, out);
  out->forgotten.clear();
  if (version >= 4) GetForgotten(wire, out);
  return wire.Finish();
}

void EncodeCluster(const model::ClusterRecord& cluster, std::string* out) {
  WireWriter wire(out);
  wire.Byte(kRecordVersion);
  wire.Text(cluster.id);
  wire.Text(cluster.name);
  wire.Text(cluster.version);
  wire.Digest(cluster.spec_hash);
  PutStrings(wire, cluster.variables);
  wire.Varint(cluster.serial);
  wire.Text(cluster.commit);
  wire.Byte(cluster.run ? 1 : 0);
  if (!cluster.run) return;
  wire.Text(cluster.run->id);
  wire.Byte(static_cast<std::uint8_t>(cluster.run->kind));
  wire.Text(cluster.run->actor);
  wire.Time(cluster.run->started_at);
  wire.Text(cluster.run->subject);
}

bool DecodeCluster(std::string_view bytes, model::ClusterRecord* out) {
  WireReader wire(bytes);
  if (!IsKnownVersion(wire)) return false;
  out->id = wire.Text();
  out->name = wire.Text();
  out->version = wire.Text();
  out->spec_hash = wire.Digest();
  GetStrings(wire, &out->variables);
  out->serial = wire.Varint();
  out->commit = wire.Text();
  out->run.reset();
  const std::uint8_t has_run = wire.Byte();
  if (has_run > 1) return false;
  if (has_run == 1) {
    model::Run& run = out->run.emplace();
    run.id = wire.Text();
    run.kind = wire.Value(model::RunKind::kEdit);
    run.actor = wire.Text();
    run.started_at = wire.Time();
    run.subject = wire.Text();
  }
  return wire.Finish();
}

void EncodeEvent(std::string_view lineage, const model::Event& event, std::string* out) {
  WireWriter wire(out);
  wire.Byte(kRecordVersion);
  wire.Text(lineage);
  wire.Text(event.group);
  wire.Text(event.slot_key);
  wire.Time(event.time);
  wire.Byte(static_cast<std::uint8_t>(event.kind));
  wire.Byte(event.reason ? static_cast<std::uint8_t>(static_cast<unsigned>(*event.reason) + 1) : 0);  // 0: none
  wire.Text(event.cluster);
  wire.Varint(event.incarnation);
  wire.Text(event.instance_id);
  wire.Text(event.run_id);
  wire.Text(event.actor);
  wire.Text(event.message);
}

bool DecodeEventHead(std::string_view bytes, EventHead* out) {
  WireReader wire(bytes);
  if (!IsKnownVersion(wire)) return false;
  GetEventHead(wire, out);
  return wire.ok();
}

bool DecodeEvent(std::string_view bytes, std::string* lineage, model::Event* out) {
  WireReader wire(bytes);
  if (!IsKnownVersion(wire)) return false;
  EventHead head;
  GetEventHead(wire, &head);
  *lineage = head.lineage;
  out->group = head.group;
  out->slot_key = head.slot_key;
  out->time = head.time;
  out->kind = wire.Value(kLastEventKind);
  const std::uint8_t reason = wire.Byte();
  if (reason > static_cast<unsigned>(kLastReason) + 1) return false;
  out->reason = reason == 0 ? std::nullopt : std::optional(static_cast<Reason>(reason - 1));
  out->cluster = wire.Text();
  out->incarnation = wire.Varint32();
  out->instance_id = wire.Text();
  out->run_id = wire.Text();
  out->actor = wire.Text();
  out->message = wire.Text();
  return wire.Finish();
}

}  // namespace kadende::state
