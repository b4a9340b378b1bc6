#include "state/record_codec.h"

#include <utility>

#include "state/wire_parts.h"

namespace kadende::state {
namespace {

using model::Reason;

constexpr Reason kLastReason = Reason::kSecretChanged;
using model::kLastEventKind;

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
  kHasSecrets = 1U << 10,    // from version 2
  kUnconfigured = 1U << 11,  // from version 3
  kKnownNodeFlags = (1U << 12) - 1,
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
  if (node.unconfigured) flags |= kUnconfigured;
  return flags;
}

// The lowest that can say it: what an older version can read stays readable to it.
std::uint8_t NodeVersionFor(std::uint32_t flags) {
  if (flags & kUnconfigured) return kNodeVersion;
  return flags & kHasSecrets ? kMarkedVersion : kRecordVersion;
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
  wire.Byte(NodeVersionFor(flags));
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
  const std::uint32_t flags = wire.Varint32();
  const std::uint32_t phase = flags & kPhaseMask;
  if (version != NodeVersionFor(flags)) return false;
  if (flags > kKnownNodeFlags || phase > static_cast<std::uint32_t>(model::NodePhase::kTombstone)) return false;
  out->phase = static_cast<model::NodePhase>(phase);
  out->tainted = (flags & kTainted) != 0;
  out->unconfigured = (flags & kUnconfigured) != 0;
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
