#include "cli/watch_listeners.h"

#include <utility>

#include "cli/http/heartbeat_listener.h"
#include "cli/http/metrics_listener.h"

namespace kadende::cli {

base::Status WatchListeners::Open(const DaemonOptions& options, HealthPump& health) {
  if (!options.heartbeat_listen.empty()) {
    HttpListenerOptions heartbeat;
    heartbeat.address = options.heartbeat_listen;
    auto listener = ListenForHeartbeats(heartbeat, [&health](const Heartbeat& beat) {
      return health.monitor().Beat(beat.token_hash, beat.healthy, beat.message, health.Now());
    });
    if (!listener) return tl::unexpected(std::move(listener).error());
    heartbeats_ = std::move(*listener);
  }
  if (!options.metrics_listen.empty() && options.metrics != nullptr) {
    HttpListenerOptions scrapes;
    scrapes.address = options.metrics_listen;
    auto listener = ListenForScrapes(scrapes, [metrics = options.metrics] { return metrics->Text(); });
    if (!listener) return tl::unexpected(std::move(listener).error());
    scrapes_ = std::move(*listener);
  }
  return {};
}

std::string WatchListeners::Addresses() const {
  std::string text;
  if (heartbeats_) text += ", heartbeats at " + heartbeats_->address();
  if (scrapes_) text += ", metrics at http://" + scrapes_->address() + "/metrics";
  return text;
}

}  // namespace kadende::cli
