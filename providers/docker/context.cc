#include "providers/docker/context.h"

#include <unistd.h>

#include <fstream>
#include <utility>

#include "engine/base/digest.h"
#include "engine/base/text.h"

namespace kadende::providers::docker {
namespace {

using base::ErrorCode;
using base::Json;
using base::Result;

constexpr std::streamsize kMostConfig = 1 << 20;

// Null: no such file.
Result<Json> ReadJson(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Json();
  std::string text(static_cast<std::size_t>(kMostConfig), '\0');
  file.read(text.data(), kMostConfig);
  text.resize(static_cast<std::size_t>(file.gcount()));
  auto json = base::ParseJson(text);
  if (!json || !json->is_object()) {
    return base::Fail(ErrorCode::kInvalid, path + " is no configuration of docker that can be read");
  }
  return json;
}

std::string Text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string ConfigFolder(const Environment& environment) {
  const std::string folder = environment("DOCKER_CONFIG");
  return folder.empty() ? environment("HOME") + "/.docker" : folder;
}

Result<Json> ReadConfig(const Environment& environment) {
  return ReadJson(ConfigFolder(environment) + "/config.json");
}

Result<std::optional<Context>> ChosenContext(const Environment& environment) {
  Context context;
  context.name = environment("DOCKER_CONTEXT");
  std::string from = "DOCKER_CONTEXT";
  if (context.name.empty()) {
    const auto config = ReadConfig(environment);
    if (!config) return tl::unexpected(config.error());
    context.name = config->is_object() ? Text(*config, "currentContext") : "";
    from = "`currentContext` of " + ConfigFolder(environment) + "/config.json";
  }
  if (context.name.empty() || context.name == "default") return std::nullopt;
  // Folders are called by the hash of the name, which may be any text.
  const std::string hash = base::ToHex(base::Sha256(context.name));
  const std::string contexts = ConfigFolder(environment) + "/contexts/";
  const auto meta = ReadJson(contexts + "meta/" + hash + "/meta.json");
  if (!meta) return tl::unexpected(meta.error());
  const Json endpoints = meta->is_object() ? meta->value("Endpoints", Json::object()) : Json::object();
  const Json endpoint = endpoints.is_object() ? endpoints.value("docker", Json::object()) : Json::object();
  if (endpoint.is_object()) context.host = Text(endpoint, "Host");
  if (context.host.empty()) {
    return base::Fail(ErrorCode::kNotFound, "the docker context `" + base::EscapeTerminal(context.name) + "` (" + from +
                                                ") is not in " + contexts +
                                                "; `docker context ls` lists those that are");
  }
  const auto skip = endpoint.find("SkipTLSVerify");
  context.verify = skip == endpoint.end() || !skip->is_boolean() || !skip->get<bool>();
  const std::string folder = contexts + "tls/" + hash + "/docker";
  if (::access(folder.c_str(), X_OK) == 0) context.folder = folder;
  return context;
}

}  // namespace kadende::providers::docker
