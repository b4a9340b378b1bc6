// One request and its answer, on a handle of libcurl that is kept for the next. For client.cc alone.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "providers/http/client.h"
#include "providers/http/curl_functions.h"

namespace kadende::providers::http {

// When a call with all its redirects must have ended.
class Deadline {
 public:
  explicit Deadline(base::Millis timeout) {
    if (timeout.count() <= 0) return;
    const auto bounded = std::min(timeout, base::Millis(std::chrono::hours(24 * 365)));
    end_ = std::chrono::steady_clock::now() + bounded;
  }
  // nullopt: no end; zero: it has passed.
  [[nodiscard]] std::optional<base::Millis> Left() const;

 private:
  std::optional<std::chrono::steady_clock::time_point> end_;
};

class Exchange {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<Exchange>> Make(const std::string& agent);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // As Client::Stream, of one place. `sink` may be empty.
  [[nodiscard]] base::Result<Answer> Run(const Request& request, CURLU* url, const Limits& limits,
                                         const Deadline& deadline, const Sink& sink);

 private:
  Exchange(CURLM* multi, CURL* easy, std::string agent) : multi_(multi), easy_(easy), agent_(std::move(agent)) {}

  void SetUp(const Request& request, CURLU* url, const Limits& limits);
  void SetMethod(const Request& request);
  void SetTls(const Tls& tls);
  void SetHeaders(const Request& request);
  [[nodiscard]] CURLcode Transfer(const Limits& limits, const Deadline& deadline);
  [[nodiscard]] bool TakeHeader(std::string_view line);
  [[nodiscard]] bool TakeBody(std::string_view part);
  [[nodiscard]] tl::unexpected<base::Error> Explain(CURLcode code, const Request& request, CURLU* url) const;
  [[nodiscard]] bool WasSent() const;

  template <class Value>
  void Set(CURLoption option, Value value) {
    if (Curl().easy_setopt(easy_, option, value) != CURLE_OK) all_set_ = false;
  }

  // Why our own side ended it.
  enum class End : std::uint8_t { kNone, kStopped, kTime, kBody, kHeaders, kEnough };

  CURLM* const multi_;
  CURL* const easy_;
  const std::string agent_;

  // Of the call under way.
  List headers_;
  Answer answer_;
  const Sink* sink_ = nullptr;
  std::size_t most_body_ = 0;
  std::size_t body_ = 0;          // bytes
  std::size_t header_bytes_ = 0;  // of the answer
  End end_ = End::kNone;
  bool all_set_ = true;
  std::array<char, CURL_ERROR_SIZE> detail_ = {};
};

}  // namespace kadende::providers::http
