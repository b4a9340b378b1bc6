#include "state/chunk_codec.h"

#include <array>
#include <utility>

#include "engine/base/digest.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "state/line_scanner.h"

namespace kadende::state {
namespace {

// 48 bits: a group has a handful of revisions, and the rare collision falls back to the whole id.
constexpr std::size_t kShortName = 12;
constexpr std::size_t kTypicalLine = 280;  // bytes, to reserve once

constexpr std::array<std::string_view, 3> kPhases = {"live", "leaving", "tombstone"};

void AppendString(std::string_view key, std::string_view value, std::string* out) {
  out->append(",\"").append(key).append("\":").append(base::QuoteJson(value));
}

// For values that never need escaping.
void AppendPlain(std::string_view key, std::string_view value, std::string* out) {
  out->append(",\"").append(key).append("\":\"").append(value).append("\"");
}

bool ReadTime(LineScanner& scanner, base::TimePoint* time) {
  std::string_view text;
  if (!scanner.ReadPlain(&text)) return false;
  const auto parsed = base::ParseRfc3339(text);
  if (parsed) *time = *parsed;
  return parsed.has_value();
}

bool ReadPhase(LineScanner& scanner, model::NodePhase* phase) {
  std::string_view text;
  if (!scanner.ReadPlain(&text)) return false;
  for (std::size_t i = 0; i < kPhases.size(); ++i) {
    if (kPhases[i] != text) continue;
    *phase = static_cast<model::NodePhase>(i);
    return true;
  }
  return false;
}

bool ReadRevision(LineScanner& scanner, const RevisionNames& revisions, base::Digest* revision) {
  std::string_view text;
  if (!scanner.ReadPlain(&text)) return false;
  const auto found = revisions.Find(text);
  if (found) *revision = *found;
  return found.has_value();
}

// Marks of secrets, NodeRecord::secrets.
bool ReadMarks(LineScanner& scanner, std::string* marks) {
  std::string_view text;
  if (!scanner.ReadPlain(&text)) return false;
  auto parsed = base::BytesFromHex(text);
  if (parsed) *marks = std::move(*parsed);
  return parsed.has_value();
}

bool ReadToken(LineScanner& scanner, model::Token* token) {
  std::string_view text;
  if (!scanner.ReadPlain(&text)) return false;
  const auto parsed = base::DigestFromBase32(text);
  if (parsed) *token = *parsed;
  return parsed.has_value();
}

bool ReadField(std::string_view key, LineScanner& scanner, const RevisionNames& revisions, model::NodeRecord* node) {
  if (key == "slot") return scanner.ReadUint32(&node->slot.ordinal);
  if (key == "id") return scanner.ReadString(&node->slot.logical_id);
  if (key == "incarnation") return scanner.ReadUint32(&node->incarnation);
  if (key == "phase") return ReadPhase(scanner, &node->phase);
  if (key == "tainted") return scanner.ReadBool(&node->tainted);
  if (key == "unconfigured") return scanner.ReadBool(&node->unconfigured);
  if (key == "taintReason") return scanner.ReadString(&node->taint_reason);
  if (key == "revision") return ReadRevision(scanner, revisions, &node->revision);
  if (key == "instance") return scanner.ReadString(&node->instance_id);
  if (key == "address") return scanner.ReadString(&node->address);
  if (key == "created" || key == "gone") return ReadTime(scanner, &node->created_at);
  if (key == "token") return ReadToken(scanner, &node->token);
  if (key == "secrets") return ReadMarks(scanner, &node->secrets);
  std::string_view raw;
  if (!scanner.ReadRaw(&raw)) return false;
  if (key == "attributes") node->attributes = raw;
  return true;
}

// Empty: read. Otherwise what is wrong.
std::string DecodeLine(std::string_view line, const RevisionNames& revisions, model::NodeRecord* node) {
  LineScanner scanner(line);
  if (!scanner.Take('{')) return "not a JSON object";
  do {
    std::string_view key;
    if (!scanner.ReadKey(&key)) return "not a JSON object";
    if (!ReadField(key, scanner, revisions, node)) return "bad value of \"" + base::EscapeTerminal(key) + "\"";
  } while (scanner.Take(','));
  if (!scanner.Take('}') || !scanner.AtEnd()) return "not a JSON object";
  if (node->incarnation == 0) return "no incarnation";
  return {};
}

}  // namespace

RevisionNames::RevisionNames(const std::vector<model::RevisionRecord>& revisions) {
  for (const auto& revision : revisions) {
    const std::string hex = base::ToHex(revision.id);
    ambiguous_ |= !by_name_.emplace(hex.substr(0, kShortName), revision.id).second;
  }
  if (ambiguous_) by_name_.clear();
  for (const auto& revision : revisions) {
    const std::string hex = base::ToHex(revision.id);
    names_.emplace(revision.id, ambiguous_ ? hex : hex.substr(0, kShortName));
  }
}

std::string RevisionNames::NameOf(const base::Digest& revision) const {
  const auto found = names_.find(revision);
  return found == names_.end() ? base::ToHex(revision) : found->second;
}

std::optional<base::Digest> RevisionNames::Find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? base::DigestFromHex(name) : found->second;
}

void AppendNodeLine(const model::NodeRecord& node, const RevisionNames& revisions, std::string* out) {
  out->append("{\"slot\":").append(std::to_string(node.slot.ordinal));
  if (!node.slot.logical_id.empty()) AppendString("id", node.slot.logical_id, out);
  out->append(",\"incarnation\":").append(std::to_string(node.incarnation));
  AppendPlain("phase", kPhases[static_cast<std::size_t>(node.phase)], out);
  if (node.tainted) out->append(",\"tainted\":true");
  if (!node.taint_reason.empty()) AppendString("taintReason", node.taint_reason, out);
  if (node.unconfigured) out->append(",\"unconfigured\":true");
  if (!node.revision.IsZero()) AppendPlain("revision", revisions.NameOf(node.revision), out);
  if (!node.instance_id.empty()) AppendString("instance", node.instance_id, out);
  if (!node.address.empty()) AppendString("address", node.address, out);
  if (node.attributes != "{}") out->append(",\"attributes\":").append(node.attributes);
  if (node.created_at != base::TimePoint{}) {
    const bool tombstone = node.phase == model::NodePhase::kTombstone;
    AppendPlain(tombstone ? "gone" : "created", base::FormatRfc3339(node.created_at, true), out);
  }
  if (!node.token.IsZero()) AppendPlain("token", base::ToBase32(node.token), out);
  if (!node.secrets.empty()) AppendPlain("secrets", base::ToHex(std::string_view(node.secrets)), out);
  out->append("}\n");
}

std::string EncodeChunk(const model::GroupState& group, std::uint32_t chunk, const RevisionNames& revisions) {
  std::string out;
  const std::uint32_t first = chunk * model::kChunkSlots;
  auto row = group.nodes.lower_bound({first, 0});
  if (row == group.nodes.end() || row->first.ordinal / model::kChunkSlots != chunk) return out;
  out.reserve(model::kChunkSlots * kTypicalLine);
  for (; row != group.nodes.end() && row->first.ordinal / model::kChunkSlots == chunk; ++row) {
    AppendNodeLine(row->second, revisions, &out);
  }
  return out;
}

base::Status DecodeChunk(std::string_view text, const RevisionNames& revisions, model::GroupState* group) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto fail = [&](const std::string& why) {
      return base::Fail(base::ErrorCode::kCorrupt, "line " + std::to_string(line) + ": " + why);
    };
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return fail("cut short, the last line has no end");
    model::NodeRecord node;
    const std::string wrong = DecodeLine(text.substr(0, end), revisions, &node);
    if (!wrong.empty()) return fail(wrong);
    const model::NodeRowKey key{node.slot.ordinal, node.incarnation};
    // Lines are sorted, so the end is almost always the place.
    const std::size_t before = group->nodes.size();
    group->nodes.emplace_hint(group->nodes.end(), key, std::move(node));
    if (group->nodes.size() == before) return fail("a second row of the same slot and incarnation");
    text.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace kadende::state
