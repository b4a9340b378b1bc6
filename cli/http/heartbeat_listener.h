// Hears the heartbeats of nodes (heartbeat.h): a small HTTP server of one thread. It is off unless asked for.
//
// Answers: 204 taken; 400 a body that is none; 401 no token, or nobody's; 404, 405 anything else; 413 more than 4 KiB.
// Each connection takes one request. No TLS: where the network is not to be trusted, a proxy that ends it goes in
// front.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cli/http/heartbeat.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace kadende::cli {

struct HeartbeatOptions {
  std::string address = "127.0.0.1:0";  // as Listen (listen.h)
  std::uint32_t connections = 256;      // at once; others wait to be accepted
  std::uint32_t per_address = 64;       // of them from one address
  // From the first byte to the last: a client that takes longer is cut off, however busy it seems.
  base::Millis deadline = std::chrono::seconds(10);
};

class HeartbeatListener {
 public:
  // False: nobody has this token. Called from the listener's thread, and holds up all others while it runs.
  using Deliver = std::function<bool(const Heartbeat& heartbeat)>;

  // An Error where the address cannot be listened on; its message names it and the remedy.
  [[nodiscard]] static base::Result<std::unique_ptr<HeartbeatListener>> Open(const HeartbeatOptions& options,
                                                                             Deliver deliver);
  // Cuts off whoever is connected.
  ~HeartbeatListener();
  HeartbeatListener(const HeartbeatListener&) = delete;
  HeartbeatListener& operator=(const HeartbeatListener&) = delete;

  [[nodiscard]] const std::string& address() const;  // with the port that it got

 private:
  class Impl;
  explicit HeartbeatListener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kadende::cli
