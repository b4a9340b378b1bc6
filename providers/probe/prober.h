// The looks of one process, of all its clusters, in one thread: tcp connections, http requests, programs.
//
// Memory is held for each look that is queued or under way, none for each node. What passes, what fails and what only
// says that nothing could be seen is told in README.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/ports/health_probe.h"

namespace kadende::providers {

struct ProberOptions {
  // tcp and http looks under way at once; fewer where the limit of open files leaves less room. The soft limit is
  // raised as far as this and `programs` need, never above the hard one.
  std::uint32_t connections = 512;
  std::uint32_t programs = 64;  // exec looks under way at once
  // Certificates of the authorities that https servers are verified against, PEM. Empty: SSL_CERT_FILE of the
  // environment, else the system's.
  std::string ca_file = {};
};

class Prober : public ports::HealthProbe {
 public:
  // Fails where the system has no thread, descriptor or memory left for it. Copies the environment (for programs) and
  // is to be made before other threads change it.
  [[nodiscard]] static base::Result<std::unique_ptr<Prober>> Make(ProberOptions options = {});

  // Cancels all looks (`done` with kUnknown and "cancelled"), ends their programs, and waits for the thread. `done` of
  // a cancelled look may call Start, which is cancelled in turn: it must not do so for ever.
  ~Prober() override;
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  // Returns at once; looks wait in two queues, programs and connections, each in order of arrival. `done` runs in the
  // prober's thread and holds up all other looks while it runs.
  void Start(ports::ProbeRequest request, Done done) override;

 private:
  class Impl;
  explicit Prober(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kadende::providers
