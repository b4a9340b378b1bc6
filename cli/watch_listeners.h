// What a watch listens for: heartbeats of nodes, and who asks for its metrics.
#pragma once

#include <memory>
#include <string>

#include "cli/daemon.h"
#include "cli/health_pump.h"
#include "cli/http/http_listener.h"

namespace kadende::cli {

class WatchListeners {
 public:
  // As far as the options ask for it. `health` outlives this, and so do the options' metrics.
  [[nodiscard]] base::Status Open(const DaemonOptions& options, HealthPump& health);
  [[nodiscard]] std::string Addresses() const;  // ", heartbeats at 127.0.0.1:8080"; empty: nobody listens

 private:
  std::unique_ptr<HttpListener> heartbeats_;
  std::unique_ptr<HttpListener> scrapes_;
};

}  // namespace kadende::cli
