// Asks servers over http and waits for the answer: the APIs of engines and clouds, and downloads. (Health checks have a
// client of their own on the prober's loop, probe/http_client.h.) libcurl is behind it, in client.cc and
// curl_functions.* alone.
//
// Everything is bounded: the time, the size of what is held in memory, the number of redirects. No credentials are read
// from files, and nothing is sent that the request does not name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace kadende::providers::http {

// PEM files; empty: the system's authorities, no certificate of our own.
struct Tls {
  std::string authorities;
  std::string certificate;
  std::string key;
  bool verify = true;
};

enum class Trust : std::uint8_t {
  kAsAsked,          // http and https, wherever the url says
  kHttpsOrLoopback,  // https, and http to this machine alone; of every redirect too
};

struct Request {
  std::string method = "GET";
  std::string url;          // http or https, without user and password
  std::string unix_socket;  // path; the url's host is then only a name
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;  // sent with every method but GET and HEAD; borrowed for the call
  Tls tls;
  Trust trust = Trust::kAsAsked;
  // Followed for GET alone, as 301, 302, 303, 307 and 308 ask; to another host without `headers`.
  std::uint32_t most_redirects = 0;
  bool use_proxy = false;  // the environment's http_proxy, https_proxy, no_proxy
};

struct Limits {
  base::Millis timeout = std::chrono::minutes(5);  // of the whole call; zero: none, for what is followed
  base::Millis connect_timeout = std::chrono::seconds(10);
  base::Millis stalled = base::Millis(0);  // no byte came for this long (whole seconds); zero: never
  std::stop_token stop = {};
  std::size_t most_body = std::size_t{64} << 20;  // bytes; with a sink: those that it is given; 0: no limit
};

struct Answer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in the order they came
  std::string body;  // with a sink: of a status other than 2xx alone, at most 64 KiB of it
  std::string url;   // of the last redirect, else the request's

  [[nodiscard]] bool IsSuccess() const { return status >= 200 && status < 300; }
  [[nodiscard]] std::string_view Header(std::string_view lower_name) const;  // the first; empty: none
};

// Takes the body of a 2xx answer in pieces, in order. False: enough, the call ends with success.
using Sink = std::function<bool(std::string_view)>;

// Keeps a few connections open for the next call. Thread-safe; any number of calls at once.
class Client {
 public:
  // `agent`: User-Agent, for example "kadende/0.1".
  explicit Client(std::string agent);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Any status is a success: what it means is the caller's to say. Errors: kUnavailable (no connection, closed in the
  // middle), kTimeout, kCancelled, kDenied (certificates), kInvalid (the url, a refused redirect), kCorrupt (an answer
  // that is no http or larger than allowed). Effect::kPossible once the request may have been received. Messages
  // name the server, never the whole url, which may hold a token.
  [[nodiscard]] base::Result<Answer> Send(const Request& request, const Limits& limits);
  [[nodiscard]] base::Result<Answer> Stream(const Request& request, const Limits& limits, const Sink& sink);

 private:
  class Pool;
  const std::unique_ptr<Pool> pool_;
};

// Percent-encodes all but letters, digits and -._~
[[nodiscard]] std::string EncodeUrl(std::string_view text);

}  // namespace kadende::providers::http
