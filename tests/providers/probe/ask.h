// One look from start to answer.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "providers/probe/prober.h"

namespace kadende::tests {

struct Seen {
  model::Finding finding = model::Finding::kUnknown;
  std::string evidence;
  bool operator==(const Seen&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << (seen.finding == model::Finding::kPass   ? "pass: "
                 : seen.finding == model::Finding::kFail ? "fail: "
                                                         : "unknown: ")
             << seen.evidence;
}
inline Seen Pass(std::string evidence) {
  return {model::Finding::kPass, std::move(evidence)};
}
inline Seen Fail(std::string evidence) {
  return {model::Finding::kFail, std::move(evidence)};
}
inline Seen Unknown(std::string evidence) {
  return {model::Finding::kUnknown, std::move(evidence)};
}

[[nodiscard]] inline std::unique_ptr<providers::Prober> NewProber(providers::ProberOptions options = {}) {
  auto prober = providers::Prober::Make(std::move(options));
  REQUIRE(prober);
  return std::move(*prober);
}

[[nodiscard]] inline std::future<Seen> Begin(ports::HealthProbe& probe, ports::ProbeRequest request) {
  auto promise = std::make_shared<std::promise<Seen>>();  // a std::function can be copied
  auto future = promise->get_future();
  probe.Start(std::move(request), [promise](model::Finding finding, std::string evidence) {
    promise->set_value({finding, std::move(evidence)});
  });
  return future;
}

[[nodiscard]] inline Seen End(std::future<Seen> future) {
  REQUIRE(future.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
  return future.get();
}

[[nodiscard]] inline Seen Ask(ports::HealthProbe& probe, ports::ProbeRequest request) {
  return End(Begin(probe, std::move(request)));
}

[[nodiscard]] inline ports::ProbeRequest Tcp(std::string address, base::Millis timeout = std::chrono::seconds(20)) {
  ports::ProbeRequest request;
  request.check.type = model::CheckType::kTcp;
  request.check.address = std::move(address);
  request.check.timeout = timeout;
  return request;
}
[[nodiscard]] inline ports::ProbeRequest Http(std::string url, base::Millis timeout = std::chrono::seconds(20)) {
  ports::ProbeRequest request;
  request.check.type = model::CheckType::kHttp;
  request.check.url = std::move(url);
  request.check.timeout = timeout;
  return request;
}
[[nodiscard]] inline ports::ProbeRequest Shell(std::string script, base::Millis timeout = std::chrono::seconds(20)) {
  ports::ProbeRequest request;
  request.check.type = model::CheckType::kExec;
  request.check.command = {"/bin/sh", "-c", std::move(script)};
  request.check.timeout = timeout;
  return request;
}

}  // namespace kadende::tests
