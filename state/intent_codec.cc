#include "state/intent_codec.h"

#include <array>
#include <map>
#include <utility>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "state/chunk_codec.h"
#include "state/line_scanner.h"

namespace kadende::state {
namespace {

constexpr std::array<std::string_view, 2> kKinds = {"create", "destroy"};
constexpr std::size_t kTypicalLine = 110;  // bytes, to reserve once

void AppendText(std::string_view key, std::string_view value, std::string* out) {
  if (!value.empty()) out->append(",\"").append(key).append("\":").append(base::QuoteJson(value));
}

// Names of revisions by group, made once each.
class Names {
 public:
  explicit Names(const model::ClusterState& state) : state_(state) {}

  const RevisionNames& Of(const std::string& group) {
    const auto known = names_.find(group);
    if (known != names_.end()) return known->second;
    const auto found = state_.groups.find(group);
    const bool none = found == state_.groups.end();
    return names_
        .emplace(group, RevisionNames(none ? std::vector<model::RevisionRecord>() : found->second.record.revisions))
        .first->second;
  }

 private:
  const model::ClusterState& state_;
  std::map<std::string, RevisionNames> names_;
};

model::Token TokenOf(const model::ClusterState& state, const model::Intent& intent) {
  return model::MakeToken(state.cluster.lineage, intent.node.group, intent.node.slot, intent.incarnation);
}

void AppendIntent(const model::Intent& intent, const model::ClusterState& state, Names& names, std::string* out) {
  const auto& run = state.cluster.run;
  out->append("{\"kind\":\"").append(kKinds[static_cast<std::size_t>(intent.kind)]).append("\"");
  AppendText("group", intent.node.group, out);
  out->append(",\"slot\":").append(std::to_string(intent.node.slot.ordinal));
  AppendText("id", intent.node.slot.logical_id, out);
  out->append(",\"incarnation\":").append(std::to_string(intent.incarnation));
  AppendText("reason", model::ReasonName(intent.reason), out);
  if (!intent.revision.IsZero()) AppendText("revision", names.Of(intent.node.group).NameOf(intent.revision), out);
  AppendText("instance", intent.instance_id, out);
  if (!run || intent.written_at != run->started_at) {
    AppendText("written", base::FormatRfc3339(intent.written_at, true), out);
  }
  if (!run || intent.run_id != run->id) AppendText("run", intent.run_id, out);
  if (!intent.token.IsZero() && intent.token != TokenOf(state, intent)) {
    AppendText("token", base::ToBase32(intent.token), out);
  }
  AppendText("provider", intent.stray_provider.name, out);
  AppendText("providerVersion", intent.stray_provider.version == "latest" ? "" : intent.stray_provider.version, out);
  AppendText("providerUrl", intent.stray_provider.url, out);
  if (!intent.stray_scope_config.empty()) out->append(",\"scopeConfig\":").append(intent.stray_scope_config);
  if (!intent.secrets.empty()) AppendText("secrets", base::ToHex(std::string_view(intent.secrets)), out);
  out->append("}\n");
}

template <class Value, class Parse>
bool ReadParsed(LineScanner& scanner, Parse parse, Value* value) {
  std::string_view text;
  if (!scanner.ReadPlain(&text)) return false;
  const auto parsed = parse(text);
  if (parsed) *value = *parsed;
  return parsed.has_value();
}

bool ReadKind(LineScanner& scanner, model::IntentKind* kind) {
  std::string_view text;
  if (!scanner.ReadPlain(&text) || (text != kKinds[0] && text != kKinds[1])) return false;
  *kind = text == kKinds[0] ? model::IntentKind::kCreate : model::IntentKind::kDestroy;
  return true;
}

// The name of a revision is read once the group is known, which comes before it.
bool ReadField(std::string_view key, LineScanner& scanner, Names& names, model::Intent* intent) {
  if (key == "kind") return ReadKind(scanner, &intent->kind);
  if (key == "group") return scanner.ReadString(&intent->node.group);
  if (key == "slot") return scanner.ReadUint32(&intent->node.slot.ordinal);
  if (key == "id") return scanner.ReadString(&intent->node.slot.logical_id);
  if (key == "incarnation") return scanner.ReadUint32(&intent->incarnation);
  if (key == "reason") return ReadParsed(scanner, model::ParseReason, &intent->reason);
  if (key == "revision") {
    const RevisionNames& known = names.Of(intent->node.group);
    return ReadParsed(
        scanner, [&](std::string_view name) { return known.Find(name); }, &intent->revision);
  }
  if (key == "instance") return scanner.ReadString(&intent->instance_id);
  if (key == "written") return ReadParsed(scanner, base::ParseRfc3339, &intent->written_at);
  if (key == "run") return scanner.ReadString(&intent->run_id);
  if (key == "token") return ReadParsed(scanner, base::DigestFromBase32, &intent->token);
  if (key == "provider") return scanner.ReadString(&intent->stray_provider.name);
  if (key == "providerVersion") return scanner.ReadString(&intent->stray_provider.version);
  if (key == "providerUrl") return scanner.ReadString(&intent->stray_provider.url);
  if (key == "secrets") return ReadParsed(scanner, base::BytesFromHex, &intent->secrets);
  std::string_view raw;
  if (!scanner.ReadRaw(&raw)) return false;
  if (key == "scopeConfig") intent->stray_scope_config = raw;
  return true;
}

// Empty: read. Otherwise what is wrong.
std::string DecodeLine(std::string_view line, Names& names, model::Intent* intent) {
  LineScanner scanner(line);
  if (!scanner.Take('{')) return "not a JSON object";
  do {
    std::string_view key;
    if (!scanner.ReadKey(&key)) return "not a JSON object";
    if (!ReadField(key, scanner, names, intent)) return "bad value of \"" + base::EscapeTerminal(key) + "\"";
  } while (scanner.Take(','));
  if (!scanner.Take('}') || !scanner.AtEnd()) return "not a JSON object";
  if (intent->incarnation == 0) return "no incarnation";
  return {};
}

}  // namespace

std::string EncodeIntents(const model::ClusterState& state) {
  std::string out;
  out.reserve(state.intents.size() * kTypicalLine);
  Names names(state);
  for (const auto& [key, intent] : state.intents) AppendIntent(intent, state, names, &out);
  return out;
}

base::Status DecodeIntents(std::string_view text, model::ClusterState* state) {
  const auto& run = state->cluster.run;
  Names names(*state);
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto fail = [&](const std::string& why) {
      return base::Fail(base::ErrorCode::kCorrupt, "line " + std::to_string(line) + ": " + why);
    };
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return fail("cut short, the last line has no end");
    model::Intent intent;
    if (run) {
      intent.run_id = run->id;
      intent.written_at = run->started_at;
    }
    const std::string wrong = DecodeLine(text.substr(0, end), names, &intent);
    if (!wrong.empty()) return fail(wrong);
    if (intent.token.IsZero()) intent.token = TokenOf(*state, intent);
    const std::pair key{intent.node, intent.incarnation};
    const std::size_t before = state->intents.size();
    state->intents.emplace_hint(state->intents.end(), key, std::move(intent));
    if (state->intents.size() == before) return fail("a second intent of the same slot and incarnation");
    text.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace kadende::state
