#include "providers/docker/engine.h"

#include <algorithm>
#include <thread>

#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::providers::docker {
namespace {

using base::Effect;
using base::ErrorCode;
using base::Json;
using base::Result;

// 1.41 (Docker 20.10) has all that is used, and Podman 4 speaks it; Docker 29 speaks nothing below 1.44.
constexpr int kOldestApi = 40;
constexpr int kNewestApi = 44;
constexpr std::size_t kMostJson = std::size_t{256} << 20;
// What gives a podman a name of its own: its secrets are in its store, and no `prune` removes them.
constexpr std::string_view kNameSecret = "kadende-engine";

// "1.41" -> 41; nullopt: none of ours.
std::optional<int> Minor(std::string_view version) {
  if (!version.starts_with("1.")) return std::nullopt;
  const auto minor = base::ParseInt(version.substr(2));
  return minor ? std::optional<int>(static_cast<int>(*minor)) : std::nullopt;
}

std::string Text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

ErrorCode CodeOf(int status) {
  switch (status) {
    case 400:
      return ErrorCode::kInvalid;
    case 401:
    case 403:
      return ErrorCode::kDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kConflict;
    case 429:
      return ErrorCode::kThrottled;
    case 502:
    case 503:
    case 504:
      return ErrorCode::kUnavailable;
    default:
      return status < 500 ? ErrorCode::kInvalid : ErrorCode::kInternal;
  }
}

}  // namespace

CallTime::CallTime(const ports::CallContext& context)
    : end_(std::chrono::steady_clock::now() + std::min(context.timeout, base::Millis(std::chrono::hours(24 * 365)))),
      stop_(context.stop) {}

http::Limits CallTime::Limits() const {
  http::Limits limits;
  const auto left = std::chrono::ceil<base::Millis>(end_ - std::chrono::steady_clock::now());
  limits.timeout = std::max(left, base::Millis(1));
  limits.stop = stop_;
  limits.most_body = kMostJson;
  return limits;
}

base::Status CallTime::Check(const std::string& what, Effect effect) const {
  if (stop_.stop_requested()) return base::Fail(ErrorCode::kCancelled, what + ": stopped waiting", effect);
  if (std::chrono::steady_clock::now() < end_) return {};
  return base::Fail(ErrorCode::kTimeout, what + ": not done in time", effect);
}

void CallTime::Pause() const {
  std::this_thread::sleep_for(base::Millis(20));
}

std::string Filter(const std::vector<std::pair<std::string, std::vector<std::string>>>& wanted) {
  Json filter = Json::object();
  for (const auto& [key, values] : wanted) filter[key] = values;
  return http::EncodeUrl(base::Canonical(filter));
}

tl::unexpected<base::Error> Engine::Explain(const http::Answer& answer, const Call& call,
                                            const std::string& what) const {
  std::string why;
  if (const auto json = base::ParseJson(answer.body); json && json->is_object()) why = Text(*json, "message");
  if (why.empty()) why = "status " + std::to_string(answer.status);
  const Effect effect = call.acts && answer.status >= 500 ? Effect::kPossible : Effect::kNone;
  auto failed = base::Fail(CodeOf(answer.status),
                           "engine at " + endpoint_.display + ": " + what + ": " + base::EscapeTerminal(why), effect);
  return failed;
}

Result<http::Answer> Engine::Raw(const Call& call, const std::string& what, const http::Limits& limits,
                                 const http::Sink& sink) {
  ports::CallContext context;
  context.timeout = limits.timeout.count() > 0 ? limits.timeout : base::Millis(std::chrono::minutes(1));
  context.stop = limits.stop;
  // Without a version the engine would take its newest, whatever that means by then.
  const bool versioned = !call.path.starts_with("/v") && call.path != "/_ping";
  const auto api = versioned ? Version(CallTime(context)) : Result<std::string>(std::string());
  if (!api) return tl::unexpected(api.error());
  http::Request request;
  request.method = call.method;
  request.url = endpoint_.base_url + (versioned ? "/v" + *api : "") + call.path;
  request.unix_socket = endpoint_.unix_socket;
  request.tls = endpoint_.tls;
  request.headers = call.headers;
  request.body = call.body;
  if (call.method != "GET" && !call.body.empty()) request.headers.emplace_back("Content-Type", call.content_type);
  auto answer = client_.Stream(request, limits, sink);
  if (answer) return answer;
  base::Error error = answer.error();
  if (!call.acts) error.effect = Effect::kNone;
  error.message = what + ": " + error.message;
  if (error.code == ErrorCode::kDenied && !endpoint_.unix_socket.empty()) {
    error.message += " (is this user in the group that owns the socket?)";
  }
  return tl::unexpected(std::move(error));
}

Result<std::string> Engine::Do(const Call& call, const std::string& what, const CallTime& time) {
  auto answer = Raw(call, what, time.Limits());
  if (!answer) return tl::unexpected(answer.error());
  // 304: it was so already.
  if (!answer->IsSuccess() && answer->status != 304) return Explain(*answer, call, what);
  return std::move(answer->body);
}

Result<Json> Engine::Ask(const Call& call, const std::string& what, const CallTime& time) {
  const auto body = Do(call, what, time);
  if (!body) return tl::unexpected(body.error());
  auto json = base::ParseJson(*body);
  if (json) return json;
  return base::Fail(ErrorCode::kCorrupt,
                    "engine at " + endpoint_.display + ": " + what + ": the answer is no JSON: " + json.error().message,
                    call.acts ? Effect::kPossible : Effect::kNone);
}

Result<std::string> Engine::Version(const CallTime& time) {
  const std::lock_guard lock(mutex_);
  if (!api_.empty()) return api_;
  // Says as much as /version, for which podman starts a dozen programs.
  const Call ping{.path = "/_ping"};
  const auto answer = Raw(ping, "asking for its version", time.Limits());
  if (!answer) return tl::unexpected(answer.error());
  if (!answer->IsSuccess()) return Explain(*answer, ping, "asking for its version");
  const std::string_view spoken = answer->Header("api-version");
  const auto newest = Minor(spoken);
  if (!newest || *newest < kOldestApi) {
    return base::Fail(ErrorCode::kInvalid, endpoint_.display +
                                               " is no container engine that is known here: it speaks " +
                                               (spoken.empty() ? "no version" : base::EscapeTerminal(spoken)) +
                                               " of docker's API, and 1." + std::to_string(kOldestApi) + " is needed");
  }
  podman_ = !answer->Header("libpod-api-version").empty();
  api_ = "1." + std::to_string(std::min(*newest, kNewestApi));
  return api_;
}

Result<Identity> Engine::Identify(const CallTime& time) {
  const auto api = Version(time);
  if (!api) return tl::unexpected(api.error());
  Identity identity;
  {
    const std::lock_guard lock(mutex_);
    identity.podman = podman_;
  }
  if (identity.podman) {
    auto scope = PodmanScope(time);
    if (!scope) return tl::unexpected(scope.error());
    identity.scope = std::move(*scope);
    return identity;
  }
  const auto info = Ask({.path = "/info"}, "asking who it is", time);
  if (!info) return tl::unexpected(info.error());
  const std::string id = info->is_object() ? Text(*info, "ID") : std::string();
  if (id.empty()) return base::Fail(ErrorCode::kUnavailable, "engine at " + endpoint_.display + " has no id (yet)");
  identity.scope = "docker:" + id;
  return identity;
}

// Podman's own id is another one at each question.
Result<std::string> Engine::PodmanScope(const CallTime& time) {
  const std::string query = Filter({{"name", {std::string(kNameSecret)}}});
  const auto secrets = Ask({.path = "/secrets?filters=" + query}, "asking who it is", time);
  if (!secrets) return tl::unexpected(secrets.error());
  if (!secrets->is_array()) return base::Fail(ErrorCode::kCorrupt, endpoint_.display + ": its secrets are no list");
  for (const Json& secret : *secrets) {
    if (!secret.is_object() || Text(secret.value("Spec", Json::object()), "Name") != kNameSecret) continue;
    if (const std::string id = Text(secret, "ID"); !id.empty()) return "podman:" + id;
  }
  return std::string();
}

Result<Identity> Engine::Establish(const CallTime& time) {
  auto identity = Identify(time);
  if (!identity || !identity->scope.empty()) return identity;
  const std::string body = base::Canonical(Json{{"Name", kNameSecret}, {"Data", "a2FkZW5kZQ=="}});
  const Call name{.method = "POST", .path = "/secrets/create", .body = body, .acts = true};
  const auto made = Do(name, "giving it a name of its own", time);
  auto named = Identify(time);  // another process may have been faster
  if (named && named->scope.empty()) {
    if (!made) return tl::unexpected(made.error());
    return base::Fail(ErrorCode::kInternal, "engine at " + endpoint_.display + " does not keep its name");
  }
  return named;
}

}  // namespace kadende::providers::docker
