#include "providers/process/node_record.h"

#include "engine/base/json.h"

namespace kadende::providers::process {
namespace {

using base::Json;

constexpr int kFormat = 1;

Json OwnerJson(const model::Ownership& owner) {
  return {{"lineage", owner.lineage},
          {"cluster", owner.cluster},
          {"group", owner.group},
          {"ordinal", owner.slot.ordinal},
          {"logicalId", owner.slot.logical_id},
          {"incarnation", owner.incarnation},
          {"token", base::ToBase32(owner.token)},
          {"revision", base::ToHex(owner.revision)}};
}

model::Ownership OwnerFromJson(const Json& json) {
  model::Ownership owner;
  owner.lineage = json.at("lineage").get<std::string>();
  owner.cluster = json.at("cluster").get<std::string>();
  owner.group = json.at("group").get<std::string>();
  owner.slot.ordinal = json.at("ordinal").get<std::uint32_t>();
  owner.slot.logical_id = json.at("logicalId").get<std::string>();
  owner.incarnation = json.at("incarnation").get<std::uint32_t>();
  owner.token = base::DigestFromBase32(json.at("token").get<std::string>()).value_or(model::Token{});
  owner.revision = base::DigestFromHex(json.at("revision").get<std::string>()).value_or(base::Digest{});
  return owner;
}

NodeRecord FromJson(const Json& json) {
  NodeRecord record;
  record.name = json.at("name").get<std::string>();
  record.token = json.at("token").get<std::string>();
  record.owner = OwnerFromJson(json.at("owner"));
  for (const auto& [key, value] : json.at("labels").items()) record.labels.emplace_back(key, value.get<std::string>());
  record.properties = base::Canonical(json.at("properties"));
  record.created_at = base::FromUnixMillis(json.at("createdAt").get<std::int64_t>());
  record.boot = json.at("boot").get<std::string>();
  return record;
}

}  // namespace

std::string EncodeRecord(const NodeRecord& record) {
  Json labels = Json::object();
  for (const auto& [key, value] : record.labels) labels[key] = value;
  auto properties = base::ParseJson(record.properties);
  const Json json = {{"format", kFormat},
                     {"name", record.name},
                     {"token", record.token},
                     {"owner", OwnerJson(record.owner)},
                     {"labels", std::move(labels)},
                     {"properties", properties ? std::move(*properties) : Json::object()},
                     {"createdAt", base::ToUnixMillis(record.created_at)},
                     {"boot", record.boot}};
  return base::Canonical(json) + "\n";
}

base::Result<NodeRecord> DecodeRecord(std::string_view text) {
  auto json = base::ParseJson(text);
  if (!json) return tl::unexpected(json.error());
  try {
    const int format = json->at("format").get<int>();
    if (format != kFormat) {
      return base::Fail(base::ErrorCode::kCorrupt, "has format " + std::to_string(format) + ", this kadende knows " +
                                                       std::to_string(kFormat) + ": use the newer kadende");
    }
    return FromJson(*json);
  } catch (const Json::exception& error) {
    return base::Fail(base::ErrorCode::kCorrupt, std::string("is damaged: ") + error.what());
  }
}

}  // namespace kadende::providers::process
