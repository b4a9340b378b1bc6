// One container engine behind its HTTP API, Docker's or Podman's: calls with the version that both sides speak, and
// what its answers mean as errors of ours.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/json_fwd.h"
#include "engine/base/result.h"
#include "engine/ports/provider.h"
#include "providers/docker/endpoint.h"
#include "providers/http/client.h"

namespace kadende::providers::docker {

// How long a call of the provider, made of several to the engine, may still take.
class CallTime {
 public:
  explicit CallTime(const ports::CallContext& context);
  [[nodiscard]] http::Limits Limits() const;  // of the next call to the engine
  [[nodiscard]] const std::stop_token& stop() const { return stop_; }
  // An error once the call is to end.
  [[nodiscard]] base::Status Check(const std::string& what, base::Effect effect) const;
  // For a state of the engine that nobody tells us of; not past the end.
  void Pause() const;

 private:
  std::chrono::steady_clock::time_point end_;
  std::stop_token stop_;
};

struct Call {
  std::string method = "GET";
  std::string path;  // with its query, encoded: "/containers/json?all=1"
  std::string_view body = {};
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
  // Whether the call changes something: its failure may have had its effect.
  bool acts = false;
};

// What an engine says of itself.
struct Identity {
  bool podman = false;
  std::string scope;  // of its store; empty: a podman in which nothing was made yet
};

class Engine {
 public:
  // `client` must outlive it.
  Engine(http::Client* client, Endpoint endpoint) : client_(*client), endpoint_(std::move(endpoint)) {}

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] const std::string& display() const { return endpoint_.display; }

  // Asks anew each time: another engine may listen at the same place by now.
  [[nodiscard]] base::Result<Identity> Identify(const CallTime& time);
  // As Identify, and gives a podman the name that it has not: docker has one from its start.
  [[nodiscard]] base::Result<Identity> Establish(const CallTime& time);

  // The body of a success, which may be empty. `what` is named in errors: "create container `x`".
  [[nodiscard]] base::Result<std::string> Do(const Call& call, const std::string& what, const CallTime& time);
  [[nodiscard]] base::Result<base::Json> Ask(const Call& call, const std::string& what, const CallTime& time);
  // An answer of any status, for who tells them apart.
  [[nodiscard]] base::Result<http::Answer> Raw(const Call& call, const std::string& what, const http::Limits& limits,
                                               const http::Sink& sink = nullptr);
  // The error that an answer without success is.
  [[nodiscard]] tl::unexpected<base::Error> Explain(const http::Answer& answer, const Call& call,
                                                    const std::string& what) const;

 private:
  [[nodiscard]] base::Result<std::string> Version(const CallTime& time);
  [[nodiscard]] base::Result<std::string> PodmanScope(const CallTime& time);

  http::Client& client_;
  const Endpoint endpoint_;
  std::mutex mutex_;
  std::string api_;      // guarded by mutex_; empty: not negotiated yet
  bool podman_ = false;  // guarded by mutex_
};

// {"label":["a=b"]} as a query's value.
[[nodiscard]] std::string Filter(const std::vector<std::pair<std::string, std::vector<std::string>>>& wanted);

}  // namespace kadende::providers::docker
