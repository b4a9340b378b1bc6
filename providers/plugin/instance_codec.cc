#include "providers/plugin/instance_codec.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "providers/plugin/members.h"

namespace kadende::providers::plugin {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Json;
using base::Result;

constexpr std::size_t kLongestId = 1024;

void AddMember(std::string* text, std::string_view key, std::string_view value) {
  text->append(text->size() > 1 ? "," : "");
  text->append(base::QuoteJson(key)).append(":").append(base::QuoteJson(value));
}

using Texts = std::vector<std::pair<std::string, std::string>>;

Result<Texts> ParseTexts(const Json& object, const char* key) {
  Texts texts;
  const auto found = object.find(key);
  if (found == object.end()) return texts;
  if (!found->is_object()) return Fail(ErrorCode::kInternal, std::string("`") + key + "` is no object of strings");
  for (const auto& [name, value] : found->items()) {
    if (!value.is_string()) {
      return Fail(ErrorCode::kInternal, std::string("`") + key + "." + base::EscapeTerminal(name) + "` is no string");
    }
    texts.emplace_back(name, value.get<std::string>());
  }
  return texts;  // sorted: object keys are
}

std::string Find(const Texts& tags, std::string_view key) {
  const auto found = std::find_if(tags.begin(), tags.end(), [key](const auto& tag) { return tag.first == key; });
  return found == tags.end() ? std::string() : found->second;
}

tl::unexpected<base::Error> BadTag(const char* key, const std::string& value) {
  return Fail(ErrorCode::kInternal, std::string("tag `") + key + "` is `" + base::EscapeTerminal(value) +
                                        "`: tags must come back as they were given");
}

Result<std::uint32_t> ParseCount(const Texts& tags, const char* key) {
  const std::string text = Find(tags, key);
  const auto number = base::ParseInt(text);
  if (!number || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) return BadTag(key, text);
  return static_cast<std::uint32_t>(*number);
}

Result<model::Ownership> ParseOwner(const Texts& tags) {
  model::Ownership owner;
  owner.lineage = Find(tags, kLineageTag);
  if (owner.lineage.empty()) return owner;
  owner.cluster = Find(tags, kClusterTag);
  owner.group = Find(tags, kGroupTag);
  owner.slot.logical_id = Find(tags, kLogicalIdTag);
  const auto ordinal = ParseCount(tags, kOrdinalTag);
  if (!ordinal) return tl::unexpected(ordinal.error());
  owner.slot.ordinal = *ordinal;
  const auto incarnation = ParseCount(tags, kIncarnationTag);
  if (!incarnation) return tl::unexpected(incarnation.error());
  owner.incarnation = *incarnation;
  const auto token = base::DigestFromBase32(Find(tags, kTokenTag));
  if (!token) return BadTag(kTokenTag, Find(tags, kTokenTag));
  owner.token = *token;
  const auto revision = base::DigestFromHex(Find(tags, kRevisionTag));
  if (!revision) return BadTag(kRevisionTag, Find(tags, kRevisionTag));
  owner.revision = *revision;
  return owner;
}

Result<model::InstanceStatus> ParseStatus(const Json& object) {
  const auto word = RequiredText(object, "status");
  if (!word) return tl::unexpected(word.error());
  model::InstanceStatus status = model::InstanceStatus::kUnknown;
  if (model::ParseInstanceStatus(*word, &status)) return status;
  return Fail(ErrorCode::kInternal, "`status` is `" + base::EscapeTerminal(*word) +
                                        "`, which is no status of the protocol (pending, running, unhealthy, stopped, "
                                        "terminating, terminated, unknown)");
}

Result<base::TimePoint> ParseTime(const Json& object) {
  const auto text = OptionalText(object, "createdAt");
  if (!text) return tl::unexpected(text.error());
  if (text->empty()) return base::TimePoint{};
  if (const auto time = base::ParseRfc3339(*text)) return *time;
  return Fail(ErrorCode::kInternal,
              "`createdAt` is `" + base::EscapeTerminal(*text) + "`, not a time like 2026-11-22T08:03:46Z");
}

}  // namespace

std::string TagsText(const model::Ownership& owner) {
  if (owner.lineage.empty()) return "{}";
  std::string text = "{";
  AddMember(&text, kLineageTag, owner.lineage);
  AddMember(&text, kClusterTag, owner.cluster);
  AddMember(&text, kGroupTag, owner.group);
  AddMember(&text, kOrdinalTag, std::to_string(owner.slot.ordinal));
  if (!owner.slot.logical_id.empty()) AddMember(&text, kLogicalIdTag, owner.slot.logical_id);
  AddMember(&text, kIncarnationTag, std::to_string(owner.incarnation));
  AddMember(&text, kTokenTag, base::ToBase32(owner.token));
  AddMember(&text, kRevisionTag, base::ToHex(owner.revision));
  return text + "}";
}

std::string LabelsText(const Texts& labels) {
  std::string text = "{";
  for (const auto& [key, value] : labels) AddMember(&text, key, value);
  return text + "}";
}

Result<model::Instance> ParseInstance(const Json& value) {
  if (!value.is_object()) return Fail(ErrorCode::kInternal, "an instance is no object");
  model::Instance instance;
  auto id = RequiredText(value, "id");
  if (!id) return tl::unexpected(id.error());
  if (id->empty() || id->size() > kLongestId) {
    return Fail(ErrorCode::kInternal, "`id` of an instance is empty or longer than 1024 bytes");
  }
  instance.id = std::move(*id);
  const auto in_it = [&instance](base::Error error) {
    return base::Wrap(std::move(error), "instance `" + base::EscapeTerminal(instance.id) + "`");
  };
  auto name = OptionalText(value, "name");
  auto reason = OptionalText(value, "statusReason");
  auto addresses = OptionalTexts(value, "addresses");
  auto labels = ParseTexts(value, "labels");
  const auto tags = ParseTexts(value, "tags");
  const auto status = ParseStatus(value);
  const auto created = ParseTime(value);
  auto attributes = OptionalObject(value, "attributes");
  if (!name) return in_it(name.error());
  if (!reason) return in_it(reason.error());
  if (!addresses) return in_it(addresses.error());
  if (!labels) return in_it(labels.error());
  if (!tags) return in_it(tags.error());
  if (!status) return in_it(status.error());
  if (!created) return in_it(created.error());
  if (!attributes) return in_it(attributes.error());
  auto owner = ParseOwner(*tags);
  if (!owner) return in_it(owner.error());
  instance.name = std::move(*name);
  instance.owner = std::move(*owner);
  instance.labels = std::move(*labels);
  instance.status = *status;
  instance.status_reason = std::move(*reason);
  instance.addresses = std::move(*addresses);
  instance.attributes = std::move(*attributes);
  instance.created_at = *created;
  return instance;
}

}  // namespace kadende::providers::plugin
