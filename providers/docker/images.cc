#include "providers/docker/images.h"

#include <chrono>

#include "engine/base/text.h"
#include "providers/docker/registry_auth.h"
#include "providers/docker/streams.h"

namespace kadende::providers::docker {
namespace {

using base::ErrorCode;
using base::Result;
using base::Status;

// Name, and tag or digest: without one an engine pulls every tag there is.
std::pair<std::string, std::string> Split(const std::string& image) {
  const std::size_t at = image.find('@');
  const std::string named = image.substr(0, at);
  const std::size_t colon = named.rfind(':');
  const bool tagged = colon != std::string::npos && named.find('/', colon) == std::string::npos;
  const std::string name = tagged ? named.substr(0, colon) : named;
  if (at != std::string::npos) return {name, image.substr(at + 1)};
  return {name, tagged ? named.substr(colon + 1) : "latest"};
}

Result<bool> IsThere(Engine* engine, const std::string& image, const CallTime& time) {
  const Call call{.path = "/images/" + image + "/json"};
  const std::string what = "looking for image " + image;
  const auto answer = engine->Raw(call, what, time.Limits());
  if (!answer) return tl::unexpected(answer.error());
  if (answer->IsSuccess()) return true;
  if (answer->status == 404) return false;
  return engine->Explain(*answer, call, what);
}

}  // namespace

Status Images::Provide(Engine* engine, const Properties& properties, const Environment& environment,
                       const CallTime& time, const std::function<void(std::string_view)>& progress) {
  const std::string& image = properties.image;
  if (properties.pull != Pull::kAlways) {
    const auto there = IsThere(engine, image, time);
    if (!there) return tl::unexpected(there.error());
    if (*there) return {};
    if (properties.pull == Pull::kNever) {
      return base::Fail(ErrorCode::kInvalid, "engine at " + engine->display() + " has no image `" + image +
                                                 "`, and `pull: never` forbids to get it");
    }
  }
  const std::string key = engine->display() + " " + image;
  const auto ours = Begin(key, time);
  if (!ours) return tl::unexpected(ours.error());
  Status pulled;
  if (*ours) {
    pulled = Pull(engine, properties, environment, time, progress);
    End(key);
  } else if (const auto there = IsThere(engine, image, time); !there) {
    pulled = tl::unexpected(there.error());
  } else if (!*there) {  // the other one failed: its reason may have been its own
    pulled = Pull(engine, properties, environment, time, progress);
  }
  return pulled;
}

Result<bool> Images::Begin(const std::string& key, const CallTime& time) {
  std::unique_lock lock(mutex_);
  if (under_way_.insert(key).second) return true;
  const auto left = time.Limits().timeout;
  ended_.wait_for(lock, time.stop(), left, [&] { return !under_way_.contains(key); });
  if (Status still = time.Check("waiting for a pull of " + key, base::Effect::kNone); !still) {
    return tl::unexpected(still.error());
  }
  return false;
}

void Images::End(const std::string& key) {
  {
    const std::lock_guard lock(mutex_);
    under_way_.erase(key);
  }
  ended_.notify_all();
}

Status Images::Pull(Engine* engine, const Properties& properties, const Environment& environment, const CallTime& time,
                    const std::function<void(std::string_view)>& progress) {
  const std::string what = "pulling image " + properties.image;
  const auto auth = RegistryAuth(properties, environment);
  if (!auth) return tl::unexpected(auth.error());
  const auto [name, tag] = Split(properties.image);
  Call call{.method = "POST",
            .path = "/images/create?fromImage=" + http::EncodeUrl(name) + "&tag=" + http::EncodeUrl(tag)};
  if (!auth->empty()) call.headers.emplace_back("X-Registry-Auth", *auth);
  PullNews news(properties.image, [&](const std::string& sentence) {
    if (progress) progress(sentence);
  });
  const auto answer = engine->Raw(call, what, time.Limits(), [&](std::string_view bytes) {
    news.Take(bytes);
    return true;
  });
  if (!answer) return tl::unexpected(answer.error());
  if (!answer->IsSuccess()) return engine->Explain(*answer, call, what);
  news.End();
  if (news.error().empty()) return {};
  const std::string& why = news.error();
  const bool denied = why.find("unauthorized") != std::string::npos || why.find("denied") != std::string::npos;
  return base::Fail(denied ? ErrorCode::kDenied : ErrorCode::kUnavailable,
                    "engine at " + engine->display() + ": " + what + ": " + base::EscapeTerminal(why) +
                        (denied ? " (`registry`, or `docker login`, says who pulls)" : ""));
}

}  // namespace kadende::providers::docker
