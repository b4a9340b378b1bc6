// What a watch counts, for Prometheus: `kadende watch --metrics-listen`. Names and meanings: cli/README.md.
//
// Counters and latencies come from events and passes as they happen; what a cluster has is what its last pass saw, so
// that a question costs nothing on any provider. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/time.h"
#include "engine/ports/observer.h"
#include "engine/reconcile/controller.h"

namespace kadende::cli {

class WatchMetrics : public ports::Observer {
 public:
  // Events go on to `next`, which outlives this.
  explicit WatchMetrics(ports::Observer& next);
  ~WatchMetrics() override;
  WatchMetrics(const WatchMetrics&) = delete;
  WatchMetrics& operator=(const WatchMetrics&) = delete;

  void OnEvent(const model::Event& event) override;

  // A pass of a cluster begins, so long after it was due.
  void PassBegins(base::Millis late);
  enum class PassResult : std::uint8_t { kLooked, kFailed, kLockedOut };
  void PassEnds(const std::string& lineage, std::string_view cluster, PassResult result, base::Millis took,
                base::TimePoint now);
  // What it saw.
  void Saw(const std::string& lineage, const reconcile::PassResult& pass);
  void Forget(const std::string& lineage);
  // Clusters that are due and wait for their turn.
  void Waiting(std::size_t clusters);

  // The exposition format of Prometheus, version 0.0.4.
  [[nodiscard]] std::string Text() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kadende::cli
