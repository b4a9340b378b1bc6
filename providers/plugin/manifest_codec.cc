#include "providers/plugin/manifest_codec.h"

#include <array>
#include <utility>

#include "engine/base/text.h"
#include "providers/plugin/members.h"
#include "providers/plugin/message.h"

namespace kadende::providers::plugin {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Json;
using base::Result;
using base::Status;

Status CheckVersion(const Json& result) {
  if (!result.is_object()) return Fail(ErrorCode::kInvalid, "`result` is no object");
  const auto version = result.find("protocol");
  if (version == result.end() || !version->is_number_integer()) {
    return Fail(ErrorCode::kInvalid, "`protocol`, the version of the protocol, is missing or no integer");
  }
  if (version->get<std::int64_t>() == kProtocolVersion) return {};
  return Fail(ErrorCode::kInvalid, "it speaks version " + base::EscapeTerminal(version->dump()) +
                                       " of the protocol, and this kadende speaks version " +
                                       std::to_string(kProtocolVersion) +
                                       ": install a version of the plugin, or of kadende, that fits");
}

Status TakeListing(const Json& json, model::Manifest* manifest) {
  const auto word = RequiredText(json, "listing");
  if (!word) return tl::unexpected(word.error());
  if (*word != "authoritative" && *word != "eventual") {
    return Fail(ErrorCode::kInvalid,
                "`listing` is `" + base::EscapeTerminal(*word) + "`; it is `authoritative` or `eventual`");
  }
  manifest->listing = *word == "authoritative" ? model::Listing::kAuthoritative : model::Listing::kEventual;
  return {};
}

Status TakeTexts(const Json& json, model::Manifest* manifest) {
  const std::array<std::pair<const char*, std::string*>, 2> texts = {
      {{"name", &manifest->name}, {"version", &manifest->version}}};
  for (const auto& [key, target] : texts) {
    auto text = RequiredText(json, key);
    if (!text) return tl::unexpected(std::move(text.error()));
    if (text->empty()) return Fail(ErrorCode::kInvalid, std::string("`") + key + "` is empty");
    *target = std::move(*text);
  }
  return {};
}

Status TakeLists(const Json& json, PluginManifest* parsed) {
  model::Manifest& manifest = parsed->manifest;
  const std::array<std::pair<const char*, std::vector<std::string>*>, 6> lists = {
      {{"abilities", &manifest.abilities},
       {"scopeProperties", &manifest.scope_properties},
       {"mutableProperties", &manifest.mutable_properties},
       {"exclusiveProperties", &manifest.exclusive_properties},
       {"keptAttributes", &manifest.kept_attributes},
       {"environment", &parsed->environment}}};
  for (const auto& [key, target] : lists) {
    auto texts = OptionalTexts(json, key);
    if (!texts) return tl::unexpected(std::move(texts.error()));
    *target = std::move(*texts);
  }
  return {};
}

Status TakeRest(const Json& json, model::Manifest* manifest) {
  const auto idempotent = OptionalBool(json, "idempotentTokens");
  if (!idempotent) return tl::unexpected(idempotent.error());
  manifest->idempotent_tokens = *idempotent;
  auto schema = OptionalObject(json, "schema");
  if (!schema) return tl::unexpected(std::move(schema.error()));
  manifest->property_schema = std::move(*schema);
  const auto parallel = json.find("maxParallel");
  if (parallel == json.end()) return {};
  constexpr std::int64_t kMost = 1'000'000;
  if (!parallel->is_number_unsigned() || parallel->get<std::uint64_t>() > kMost) {
    return Fail(ErrorCode::kInvalid, "`maxParallel` is no integer from 0 to 1000000");
  }
  manifest->max_parallel = parallel->get<std::uint32_t>();
  return {};
}

}  // namespace

Result<PluginManifest> ParseInitializeAnswer(const Json& result) {
  if (Status good = CheckVersion(result); !good) return tl::unexpected(std::move(good.error()));
  const auto found = result.find("manifest");
  if (found == result.end() || !found->is_object()) {
    return Fail(ErrorCode::kInvalid, "`manifest` is missing or no object");
  }
  PluginManifest parsed;
  for (Status good : {TakeTexts(*found, &parsed.manifest), TakeListing(*found, &parsed.manifest),
                      TakeLists(*found, &parsed), TakeRest(*found, &parsed.manifest)}) {
    if (!good) return base::Wrap(std::move(good.error()), "its manifest");
  }
  parsed.text = base::Canonical(*found);
  return parsed;
}

}  // namespace kadende::providers::plugin
