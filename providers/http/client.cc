#include "providers/http/client.h"

#include <algorithm>
#include <mutex>

#include "engine/base/text.h"
#include "providers/http/curl_functions.h"
#include "providers/http/exchange.h"

namespace kadende::providers::http {
namespace {

using base::ErrorCode;
using base::Result;

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// "https://host:443": what a header may be sent to again.
std::string Origin(CURLU* url) {
  return UrlPart(url, CURLUPART_SCHEME) + "://" + UrlPart(url, CURLUPART_HOST) + ":" +
         UrlPart(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

bool IsThisMachine(const std::string& host) {
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") && host.size() <= 15 && host.find_first_not_of("0123456789.") == std::string::npos);
}

base::Status CheckUrl(CURLU* url, const Request& request) {
  const std::string scheme = UrlPart(url, CURLUPART_SCHEME);
  const std::string host = UrlPart(url, CURLUPART_HOST);
  const std::string shown = base::EscapeTerminal(scheme + "://" + host);
  if (scheme != "http" && scheme != "https") {
    return base::Fail(ErrorCode::kInvalid, "`" + shown + "` is neither http nor https");
  }
  if (!UrlPart(url, CURLUPART_USER).empty() || !UrlPart(url, CURLUPART_PASSWORD).empty()) {
    return base::Fail(ErrorCode::kInvalid,
                      "the address at " + base::EscapeTerminal(host) + " has a user or password in it");
  }
  if (request.trust == Trust::kHttpsOrLoopback && scheme == "http" && !IsThisMachine(host)) {
    return base::Fail(ErrorCode::kInvalid,
                      "`" + shown + "` is not encrypted: use https (http is for this machine alone)");
  }
  return {};
}

Result<Url> ParseUrl(const Request& request) {
  Url url(Curl().url());
  if (!url) return base::Fail(ErrorCode::kUnavailable, "no memory left to ask with");
  const CURLUcode code = Curl().url_set(url.get(), CURLUPART_URL, request.url.c_str(), 0);
  if (code != CURLUE_OK || HasLineBreak(request.url)) {
    return base::Fail(ErrorCode::kInvalid, std::string("the address cannot be read: ") + Curl().url_strerror(code));
  }
  if (base::Status good = CheckUrl(url.get(), request); !good) return tl::unexpected(good.error());
  return url;
}

base::Status CheckHeaders(const Request& request) {
  bool good = !HasLineBreak(request.method);
  for (const auto& [name, value] : request.headers) {
    good = good && !name.empty() && !HasLineBreak(name) && !HasLineBreak(value);
  }
  if (good) return {};
  return base::Fail(ErrorCode::kInvalid, "a header of the request has a line break, or no name");
}

}  // namespace

std::string_view Answer::Header(std::string_view lower_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_name) return value;
  }
  return {};
}

std::string EncodeUrl(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return encoded;
}

// Exchanges that wait for another call, each with the connections that it keeps open.
class Client::Pool {
 public:
  explicit Pool(std::string agent) : agent_(std::move(agent)) {}

  Result<std::unique_ptr<Exchange>> Take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto taken = std::move(idle_.back());
        idle_.pop_back();
        return taken;
      }
    }
    return Exchange::Make(agent_);
  }
  void GiveBack(std::unique_ptr<Exchange> exchange) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMostIdle) idle_.push_back(std::move(exchange));
  }

 private:
  static constexpr std::size_t kMostIdle = 16;  // as many as run in parallel by default
  const std::string agent_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Exchange>> idle_;  // guarded by mutex_
};

Client::Client(std::string agent) : pool_(std::make_unique<Pool>(std::move(agent))) {}
Client::~Client() = default;

Result<Answer> Client::Send(const Request& request, const Limits& limits) {
  return Stream(request, limits, nullptr);
}

Result<Answer> Client::Stream(const Request& given, const Limits& limits, const Sink& sink) {
  if (limits.stop.stop_requested()) return base::Fail(ErrorCode::kCancelled, "stopped before anything was asked");
  if (const auto& loaded = LoadCurl(); !loaded) return tl::unexpected(loaded.error());
  if (base::Status good = CheckHeaders(given); !good) return tl::unexpected(good.error());
  auto url = ParseUrl(given);
  if (!url) return tl::unexpected(url.error());
  auto exchange = pool_->Take();
  if (!exchange) return tl::unexpected(exchange.error());
  Request request = given;
  Deadline deadline(limits.timeout);
  for (std::uint32_t redirects = 0;; ++redirects) {
    auto answer = (*exchange)->Run(request, url->get(), limits, deadline, sink);
    if (!answer) return answer;  // with its exchange: a connection that failed is not kept
    if (given.most_redirects == 0 || given.method != "GET" || !IsRedirect(answer->status)) {
      answer->url = request.url;
      pool_->GiveBack(std::move(*exchange));
      return answer;
    }
    if (redirects == given.most_redirects) {
      return base::Fail(ErrorCode::kInvalid,
                        "sent on from place to place more than " + std::to_string(redirects) + " times");
    }
    const std::string before = Origin(url->get());
    const std::string location(answer->Header("location"));
    if (location.empty() || Curl().url_set(url->get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK) {
      return base::Fail(ErrorCode::kInvalid, before + " sends on to a place that cannot be read");
    }
    if (base::Status good = CheckUrl(url->get(), request); !good) {
      return base::Wrap(good.error(), before + " sends on to a place that is refused");
    }
    if (Origin(url->get()) != before) request.headers.clear();
    request.url = UrlPart(url->get(), CURLUPART_URL);
  }
}

}  // namespace kadende::providers::http
