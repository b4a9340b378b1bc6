#include "providers/docker/tags.h"

#include "engine/base/digest.h"
#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::providers::docker {
namespace {

using base::Json;

constexpr std::string_view kOurs = "kadende/";
constexpr std::string_view kNotePrefix = "kadende-tags-";
constexpr std::string_view kNumberMark = ".u";

std::string Text(const Json& labels, std::string_view key) {
  const auto found = labels.find(key);
  return found != labels.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::uint32_t> Number(std::string_view text) {
  const auto number = base::ParseInt(text);
  if (!number || *number < 0 || *number > std::int64_t{UINT32_MAX}) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

}  // namespace

Json ToLabels(const Tags& tags) {
  Json labels = Json::object();
  Json own = Json::object();
  for (const auto& [name, value] : tags.labels) {
    if (!name.starts_with(kOurs)) labels[name] = value;
    own[name] = value;
  }
  if (!tags.restart.empty()) labels["kadende/restart"] = tags.restart;
  if (!tags.network.empty()) labels["kadende/network"] = tags.network;
  const model::Ownership& owner = tags.owner;
  if (owner.lineage.empty()) return labels;
  labels[std::string(kLineageLabel)] = owner.lineage;
  labels["kadende/cluster"] = owner.cluster;
  labels["kadende/group"] = owner.group;
  labels[std::string(kSlotLabel)] = std::to_string(owner.slot.ordinal);
  if (!owner.slot.logical_id.empty()) labels["kadende/logical-id"] = owner.slot.logical_id;
  labels["kadende/incarnation"] = std::to_string(owner.incarnation);
  labels["kadende/token"] = base::ToBase32(owner.token);
  labels["kadende/revision"] = base::ToHex(owner.revision);
  labels["kadende/labels"] = base::Canonical(own);
  return labels;
}

std::optional<Tags> FromLabels(const Json& labels) {
  if (!labels.is_object()) return std::nullopt;
  Tags tags;
  model::Ownership& owner = tags.owner;
  owner.lineage = Text(labels, kLineageLabel);
  owner.cluster = Text(labels, "kadende/cluster");
  owner.group = Text(labels, "kadende/group");
  owner.slot.logical_id = Text(labels, "kadende/logical-id");
  const auto ordinal = Number(Text(labels, kSlotLabel));
  const auto incarnation = Number(Text(labels, "kadende/incarnation"));
  const auto token = base::DigestFromBase32(Text(labels, "kadende/token"));
  const auto revision = base::DigestFromHex(Text(labels, "kadende/revision"));
  const auto own = base::ParseJson(Text(labels, "kadende/labels"));
  if (owner.lineage.empty() || !ordinal || !incarnation || !token || !revision || !own || !own->is_object()) {
    return std::nullopt;
  }
  owner.slot.ordinal = *ordinal;
  owner.incarnation = *incarnation;
  owner.token = *token;
  owner.revision = *revision;
  for (const auto& [name, value] : own->items()) {
    if (value.is_string()) tags.labels.emplace_back(name, value.get<std::string>());
  }
  tags.restart = Text(labels, "kadende/restart");
  tags.network = Text(labels, "kadende/network");
  return tags;
}

NumberedName SplitName(std::string_view name) {
  const std::size_t mark = name.rfind(kNumberMark);
  if (mark == std::string_view::npos) return {std::string(name), 0};
  const auto number = Number(name.substr(mark + kNumberMark.size()));
  if (!number || *number == 0) return {std::string(name), 0};
  return {std::string(name.substr(0, mark)), *number};
}

std::string JoinName(const NumberedName& name) {
  return name.number == 0 ? name.name : name.name + std::string(kNumberMark) + std::to_string(name.number);
}

std::string NoteName(std::string_view container_id, std::uint32_t number) {
  return std::string(kNotePrefix) + std::string(container_id.substr(0, 32)) + "-" + std::to_string(number);
}

std::optional<std::uint32_t> NoteNumber(std::string_view note_name) {
  if (!note_name.starts_with(kNotePrefix)) return std::nullopt;
  return Number(note_name.substr(note_name.rfind('-') + 1));
}

}  // namespace kadende::providers::docker
