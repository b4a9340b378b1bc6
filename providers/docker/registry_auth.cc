#include "providers/docker/registry_auth.h"

#include <algorithm>
#include <optional>

#include "engine/base/base64.h"
#include "engine/base/digest.h"
#include "engine/base/json.h"
#include "engine/base/text.h"
#include "providers/docker/context.h"
#include "providers/docker/credential_helper.h"

namespace kadende::providers::docker {
namespace {

using base::ErrorCode;
using base::Json;
using base::Result;

constexpr std::string_view kDockerHub = "docker.io";
constexpr std::string_view kDockerHubKey = "https://index.docker.io/v1/";

// The form of base64 that urls bear, padded as docker wants it.
std::string Header(const Json& auth) {
  std::string encoded = base::ToBase64(base::Canonical(auth));
  std::replace(encoded.begin(), encoded.end(), '+', '-');
  std::replace(encoded.begin(), encoded.end(), '/', '_');
  return encoded;
}

// "https://registry.example/v1/" -> "registry.example", as docker compares them.
std::string_view HostPart(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  return key.substr(0, key.find('/'));
}

const Json* EntryFor(const Json& map, const std::string& registry) {
  if (!map.is_object()) return nullptr;
  const bool hub = registry == kDockerHub;
  const auto exact = map.find(hub ? std::string(kDockerHubKey) : registry);
  if (exact != map.end()) return &*exact;
  for (const auto& [key, entry] : map.items()) {
    if (HostPart(key) == registry) return &entry;
  }
  return nullptr;
}

std::string Text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json Credentials(const std::string& user, const std::string& password, const std::string& registry) {
  return {{"username", user},
          {"password", password},
          {"serveraddress", registry == kDockerHub ? std::string(kDockerHubKey) : registry}};
}

Result<std::string> FromEntry(const Json& entry, const std::string& registry, const std::string& path) {
  const std::string token = Text(entry, "identitytoken");
  if (!token.empty()) return Header({{"identitytoken", token}, {"serveraddress", registry}});
  const std::string encoded = Text(entry, "auth");
  if (encoded.empty()) return std::string();
  const auto decoded = base::FromBase64(encoded);
  const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return base::Fail(ErrorCode::kInvalid, path + ": what it holds for " + registry +
                                               " cannot be read; `docker login " + registry + "` writes it anew");
  }
  return Header(Credentials(decoded->substr(0, colon), decoded->substr(colon + 1), registry));
}

// That of the registry, else the one for all.
std::string HelperFor(const Json& config, const std::string& registry) {
  const auto helpers = config.find("credHelpers");
  const Json* own = helpers == config.end() ? nullptr : EntryFor(*helpers, registry);
  if (own != nullptr && own->is_string()) return own->get<std::string>();
  return Text(config, "credsStore");
}

std::string FromLogin(const RegistryLogin& login, const std::string& registry) {
  if (login.user == "<token>") return Header({{"identitytoken", login.secret}, {"serveraddress", registry}});
  return Header(Credentials(login.user, login.secret, registry));
}

}  // namespace

std::string RegistryOf(std::string_view image) {
  const std::size_t slash = image.find('/');
  if (slash == std::string_view::npos) return std::string(kDockerHub);
  const std::string_view first = image.substr(0, slash);
  const bool names_host = first == "localhost" || first.find_first_of(".:") != std::string_view::npos;
  return std::string(names_host ? first : kDockerHub);
}

Result<std::string> RegistryAuth(const Properties& properties, const Environment& environment) {
  const std::string registry = RegistryOf(properties.image);
  if (!properties.registry_user.empty()) {
    return Header(Credentials(properties.registry_user, properties.registry_password, registry));
  }
  const auto config = ReadConfig(environment);
  if (!config) return tl::unexpected(config.error());
  if (!config->is_object()) return std::string();
  if (const std::string helper = HelperFor(*config, registry); !helper.empty()) {
    const auto login = AskHelper(helper, registry == kDockerHub ? std::string(kDockerHubKey) : registry);
    if (!login) return tl::unexpected(login.error());
    if (*login) return FromLogin(**login, registry);
  }
  const Json auths = config->value("auths", Json::object());
  const Json* entry = EntryFor(auths, registry);
  return entry == nullptr ? std::string() : FromEntry(*entry, registry, ConfigFolder(environment) + "/config.json");
}

}  // namespace kadende::providers::docker
