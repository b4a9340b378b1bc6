#include "cli/http/heartbeat.h"

#include <strings.h>

#include <algorithm>
#include <utility>

#include "engine/base/json.h"
#include "providers/probe/evidence.h"

namespace kadende::cli {
namespace {

base::Status Wrong(std::string why) {
  return base::Fail(base::ErrorCode::kInvalid, std::move(why));
}

}  // namespace

base::Digest HashToken(const model::Token& token) {
  return base::Sha256(base::ToBase32(token));
}

std::optional<base::Digest> TokenHashOf(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return std::nullopt;
  if (::strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0) return std::nullopt;
  std::string_view text = authorization.substr(kScheme.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto token = base::DigestFromBase32(text);
  if (!token) return std::nullopt;
  return HashToken(*token);
}

base::Status ReadHeartbeatBody(std::string_view body, Heartbeat* heartbeat) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return {};
  const auto json = base::ParseJson(body);
  if (!json) return Wrong("the body is no JSON: " + json.error().message);
  if (!json->is_object()) return Wrong("the body is to be an object: {\"healthy\": true}");
  if (const auto healthy = json->find("healthy"); healthy != json->end()) {
    if (!healthy->is_boolean()) return Wrong("\"healthy\" is to be true or false");
    heartbeat->healthy = healthy->get<bool>();
  }
  if (const auto message = json->find("message"); message != json->end()) {
    if (!message->is_string()) return Wrong("\"message\" is to be a text");
    heartbeat->message = providers::probe::Shorten(message->get_ref<const std::string&>());
  }
  return {};
}

}  // namespace kadende::cli
