// A small HTTP server of one thread, for what a watch offers to others: heartbeats in, metrics out. Each connection
// takes one request. No TLS: where the network is not to be trusted, a proxy that ends it goes in front.
//
// It answers by itself: 404 another path; 405 another method; 413 a body that is too large. A client that takes longer
// than the deadline is cut off, however busy it seems.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace kadende::cli {

struct HttpListenerOptions {
  std::string address = "127.0.0.1:0";  // as Listen (listen.h)
  std::string purpose = {};             // "heartbeats", for messages
  std::uint32_t connections = 256;      // at once; others wait to be accepted
  std::uint32_t per_address = 64;       // of them from one address
  // From the first byte to the last.
  base::Millis deadline = std::chrono::seconds(10);
};

struct HttpRequest {
  std::string authorization;  // the header's value; empty: none
  std::string body;
};

struct HttpAnswer {
  unsigned status = 200;
  std::string body = {};
  std::string content_type = "text/plain; charset=utf-8";
  std::string header = {};  // one more header, and its value; empty: none
  std::string value = {};
};

// What is served at one path. Called from the listener's thread, and holds up all others while it runs.
class HttpService {
 public:
  virtual ~HttpService() = default;
  [[nodiscard]] virtual std::string_view path() const = 0;
  [[nodiscard]] virtual std::vector<std::string_view> methods() const = 0;
  [[nodiscard]] virtual std::size_t most_body() const { return 0; }  // bytes
  // What is wrong with the head is answered before any of the body is read. nullopt: nothing.
  [[nodiscard]] virtual std::optional<HttpAnswer> Refuse(const HttpRequest& /*head*/) { return std::nullopt; }
  [[nodiscard]] virtual HttpAnswer Answer(const HttpRequest& request) = 0;
};

class HttpListener {
 public:
  // An Error where the address cannot be listened on; its message names it and the remedy.
  [[nodiscard]] static base::Result<std::unique_ptr<HttpListener>> Open(const HttpListenerOptions& options,
                                                                        std::unique_ptr<HttpService> service);
  // Cuts off whoever is connected.
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  [[nodiscard]] const std::string& address() const;  // with the port that it got

 private:
  class Impl;
  explicit HttpListener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kadende::cli
