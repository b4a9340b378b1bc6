// Keeps a health monitor going: one thread hands what is due to the prober, brings reports in, and stores what is known
// for other processes to show.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/ports/clock.h"
#include "engine/ports/health_probe.h"
#include "engine/ports/health_store.h"
#include "engine/ports/state_store.h"
#include "engine/reconcile/controller.h"
#include "engine/reconcile/health_monitor.h"

namespace kadende::cli {

struct HealthPumpOptions {
  bool hears_heartbeats = false;
  base::Millis shortest_grace = reconcile::kShortestStartGrace;  // see PassHealth
  // See MonitorOptions; called from any thread. `notify` may be empty.
  std::function<void(const std::string& lineage)> wake;
  std::function<void(const model::Event& event)> notify;
  std::function<base::Digest(const model::Token& token)> heartbeat_key;
  std::function<std::string(const std::string& cluster)> folder_of;
};

// Thread-safe.
class HealthPump {
 public:
  // The stores and the clock must outlive the pump; null stores: nothing is kept.
  HealthPump(std::unique_ptr<ports::HealthProbe> probe, ports::HealthStore* health, ports::StateStore* events,
             ports::Clock& clock, HealthPumpOptions options);
  ~HealthPump();  // stores what is known
  HealthPump(const HealthPump&) = delete;
  HealthPump& operator=(const HealthPump&) = delete;

  [[nodiscard]] reconcile::HealthMonitor& monitor() { return monitor_; }
  // The wall clock at the start of the pump, carried on by CLOCK_BOOTTIME: never jumps. Everything about health is
  // judged by it.
  [[nodiscard]] base::TimePoint Now();

  // For the next pass of a cluster, which loaded it as `state`.
  [[nodiscard]] reconcile::PassHealth Known(const model::ClusterState& state);
  // A pass is over: its nodes are followed from now on, and what it judged is shown.
  void Passed(const reconcile::PassResult& pass);
  // No pass was possible, for another run holds the cluster: its nodes, as stored now, are looked at all the same.
  void Follow(const model::ClusterState& state);
  // The cluster is no longer this process's to look at; what is stored stays.
  void Forget(const std::string& lineage);

 private:
  struct Cluster {
    ports::HealthByGroup judged;
    base::TimePoint save_at{};     // at the latest
    base::Millis every{10'000};    // between saves that tell no news
    std::set<std::string> stored;  // groups that have rows in the store
  };

  // What the wall clock is ahead of Now(), since it was set: what is stored and told is by the wall clock, as people
  // and other processes have it.
  [[nodiscard]] base::Millis WallAhead();
  void Work();
  void StartLooks(base::TimePoint now);
  void BringReports(base::TimePoint now);
  void Save(base::TimePoint now, bool all);
  [[nodiscard]] base::TimePoint NextSave(base::TimePoint now, base::Millis every) const;
  [[nodiscard]] ports::HealthByGroup RowsToStore(const std::string& lineage, const ports::HealthByGroup& judged);
  void Heard(const std::string& lineage, model::Event event);
  [[nodiscard]] ports::HealthByGroup Remembered(const std::string& lineage);
  [[nodiscard]] ports::HealthByGroup Merged(const std::string& lineage, const ports::HealthByGroup& judged) const;

  ports::HealthStore* const health_;
  ports::StateStore* const events_;
  ports::Clock& clock_;
  const HealthPumpOptions options_;
  const base::TimePoint wall_start_;
  const base::Millis boot_start_;
  std::atomic<bool> ended_ = false;         // what the prober cancels says nothing of any node
  std::atomic<base::Millis> wall_ahead_{};  // as WallAhead gave it last

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  bool stop_ = false;
  bool roused_ = false;
  std::map<std::string, Cluster> clusters_;                    // by lineage
  std::map<std::string, std::vector<model::Event>> unstored_;  // transitions, by lineage

  reconcile::HealthMonitor monitor_;
  std::unique_ptr<ports::HealthProbe> probe_;  // ends before the monitor: its answers go there
  std::thread thread_;
};

}  // namespace kadende::cli
