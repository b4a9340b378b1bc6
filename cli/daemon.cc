#include "cli/daemon.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "cli/view/plan_text.h"
#include "engine/base/text.h"
#include "engine/reconcile/controller.h"

namespace kadende::cli {
namespace {

constexpr double kJitter = 0.1;              // of the interval, either way: clusters drift apart
constexpr base::Millis kShortestPause{200};  // between two passes of one cluster, whatever a backoff asks for
constexpr base::Millis kLongestNap{1000};    // the scheduler looks at the clock at least this often

class Daemon {
 public:
  Daemon(Session& session, ports::Observer& observer, ServiceManager& manager, const DaemonOptions& options,
         ports::Leadership& leadership)
      : session_(session),
        observer_(observer),
        manager_(manager),
        options_(options),
        leadership_(leadership),
        random_(std::random_device{}()) {
    for (const std::string& lineage : options_.lineages) clusters_.try_emplace(lineage);
  }

  base::Status Run() {
    std::stop_callback wake(options_.drain, [this] {
      const std::lock_guard lock(mutex_);
      changed_.notify_all();
    });
    if (auto listed = LookForClusters(); !listed) return listed;
    Emit(model::EventKind::kWatchStarted, {}, "watching every " + base::FormatDuration(options_.interval));
    std::unique_lock lock(mutex_);
    manager_.Ready(StatusLine());
    while (!options_.drain.stop_requested()) {
      const base::Millis now = session_.clock().Monotonic();
      manager_.Beat(now);
      if (options_.reloads != nullptr && *options_.reloads != reloads_) {
        Reload(lock);
      } else if (options_.all && now >= look_again_) {
        lock.unlock();
        (void)LookForClusters();  // a store that cannot be read now fails its passes, and says so there
        lock.lock();
      }
      StartDue(now);
      manager_.Status(StatusLine());
      changed_.wait_for(lock, Nap(now));
    }
    changed_.notify_all();
    lock.unlock();
    manager_.Stopping();
    for (std::thread& worker : workers_) worker.join();
    Emit(model::EventKind::kWatchStopped, {}, "watch was stopped");
    return {};
  }

 private:
  struct Cluster {
    base::Millis due{0};  // CLOCK_BOOTTIME
    bool busy = false;    // queued or running
    bool seen = false;    // a pass has ended
    std::string said;     // last failure, so that it is said once
  };

  base::Status LookForClusters() {
    if (!options_.all) return {};
    auto clusters = session_.Clusters();
    if (!clusters) return tl::unexpected(std::move(clusters.error()));
    const std::lock_guard lock(mutex_);
    for (const auto& cluster : *clusters) clusters_.try_emplace(cluster.lineage);
    look_again_ = session_.clock().Monotonic() + options_.interval;
    return {};
  }

  // Everything that a start would do, but the passes that run go on.
  void Reload(std::unique_lock<std::mutex>& lock) {
    reloads_ = *options_.reloads;
    manager_.Reloading();
    lock.unlock();
    if (auto listed = LookForClusters(); !listed) {
      Emit(model::EventKind::kPassFailed, {}, "clusters could not be looked for anew: " + listed.error().message);
    }
    lock.lock();
    for (auto& [lineage, cluster] : clusters_) {
      cluster.due = base::Millis(0);
      cluster.said.clear();
    }
    manager_.Ready(StatusLine());
  }

  // For people who ask the service manager. With the lock held.
  [[nodiscard]] std::string StatusLine() const {
    std::size_t failing = 0;
    std::size_t unseen = 0;
    for (const auto& [lineage, cluster] : clusters_) {
      failing += cluster.said.empty() ? 0 : 1;
      unseen += cluster.seen ? 0 : 1;
    }
    std::string line =
        "Watching " + base::Count(clusters_.size(), "cluster") + " every " + base::FormatDuration(options_.interval);
    if (unseen > 0) line += ", " + std::to_string(unseen) + " not looked at yet";
    if (failing > 0) line += ", " + std::to_string(failing) + " held up";
    return line;
  }

  // With the lock held.
  void StartDue(base::Millis now) {
    for (auto& [lineage, cluster] : clusters_) {
      if (cluster.busy || cluster.due > now) continue;
      cluster.busy = true;
      queue_.push_back(lineage);
      changed_.notify_all();
    }
    while (workers_.size() < std::min<std::size_t>(options_.passes, clusters_.size())) {
      workers_.emplace_back([this] { Work(); });
    }
  }

  [[nodiscard]] base::Millis Nap(base::Millis now) const {
    base::Millis nap = kLongestNap;
    if (manager_.BeatEvery() > base::Millis(0)) nap = std::min(nap, manager_.BeatEvery());
    for (const auto& [lineage, cluster] : clusters_) {
      if (!cluster.busy) nap = std::min(nap, std::max(cluster.due - now, base::Millis(1)));
    }
    return nap;
  }

  void Work() {
    std::map<std::string, std::unique_ptr<ports::History>> histories;  // by folder: one per thread, they are not shared
    std::unique_lock lock(mutex_);
    std::uint32_t reloads = reloads_;
    for (;;) {
      changed_.wait(lock, [this] { return !queue_.empty() || options_.drain.stop_requested(); });
      if (options_.drain.stop_requested()) return;
      const std::string lineage = queue_.front();
      queue_.pop_front();
      if (reloads != reloads_) histories.clear();  // remotes and signing may be others now
      reloads = reloads_;
      lock.unlock();
      const auto [pause, said] = GuardedPass(lineage, histories);
      lock.lock();
      Cluster& cluster = clusters_[lineage];
      const bool repeated = said == cluster.said;
      cluster.said = said;
      cluster.busy = false;
      cluster.seen = true;
      if (reloads == reloads_) cluster.due = session_.clock().Monotonic() + pause;
      changed_.notify_all();
      if (said.empty() || repeated) continue;
      lock.unlock();
      Emit(model::EventKind::kPassFailed, lineage, said);
      lock.lock();
    }
  }

  // One cluster's trouble (no memory, no threads left) must not end the watch of all others.
  std::pair<base::Millis, std::string> GuardedPass(const std::string& lineage,
                                                   std::map<std::string, std::unique_ptr<ports::History>>& histories) {
    try {
      return Pass(lineage, histories);
    } catch (const std::exception& exception) {
      return {Interval(), std::string("a pass was given up: ") + exception.what()};
    }
  }

  // How long until the next pass, and what went wrong.
  std::pair<base::Millis, std::string> Pass(const std::string& lineage,
                                            std::map<std::string, std::unique_ptr<ports::History>>& histories) {
    const std::string name = NameOf(lineage);
    auto& history = histories[session_.FolderOf(name)];
    if (!history) history = session_.NewHistory(name);
    apply::RunPorts ports;
    ports.store = session_.store();
    ports.providers = &session_.CatalogOf(name);
    ports.observer = &observer_;
    ports.clock = &session_.clock();
    ports.history = history.get();
    ports.leadership = &leadership_;
    reconcile::PassOptions options;
    options.parallelism = options_.parallelism;
    options.drain = options_.drain;
    options.abort = options_.abort;
    options.actor = options_.actor;
    auto pass = reconcile::Pass(lineage, ports, options);
    if (!pass) {
      const bool stopping = pass.error().code == base::ErrorCode::kCancelled && options_.drain.stop_requested();
      return {Interval(), stopping ? std::string() : pass.error().message};
    }
    base::Millis pause = Interval();
    if (pass->wake_at != base::TimePoint{}) {
      const auto wake = std::chrono::duration_cast<base::Millis>(pass->wake_at - session_.clock().Now());
      pause = std::clamp(wake, std::min(kShortestPause, pause), pause);
    }
    // A cluster that another run holds is looked at again soon, and is nothing to report.
    if (pass->locked_out) return {pause, {}};
    return {pause, pass->message.empty() ? FrozenText(pass->plan) : pass->message};
  }

  // Under a name that it may have got since the last pass.
  std::string NameOf(const std::string& lineage) {
    auto clusters = session_.Clusters();
    if (!clusters) return {};
    for (const auto& cluster : *clusters) {
      if (cluster.lineage == lineage) return cluster.name;
    }
    return {};
  }

  base::Millis Interval() {
    const std::lock_guard lock(random_mutex_);
    std::uniform_real_distribution<double> around(1.0 - kJitter, 1.0 + kJitter);
    return base::Millis(static_cast<std::int64_t>(static_cast<double>(options_.interval.count()) * around(random_)));
  }

  void Emit(model::EventKind kind, const std::string& lineage, const std::string& message) {
    model::Event event;
    event.time = session_.clock().Now();
    event.kind = kind;
    event.cluster = lineage.empty() ? std::string() : NameOf(lineage);
    event.actor = options_.actor;
    event.message = message;
    observer_.OnEvent(event);
  }

  Session& session_;
  ports::Observer& observer_;
  ServiceManager& manager_;  // the scheduler's alone
  const DaemonOptions& options_;
  ports::Leadership& leadership_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Cluster> clusters_;  // guarded by mutex_, as are the three below
  std::uint32_t reloads_ = 0;                // how many are done
  std::deque<std::string> queue_;
  base::Millis look_again_{0};
  std::vector<std::thread> workers_;  // the scheduler's alone

  std::mutex random_mutex_;
  std::mt19937_64 random_;  // guarded by random_mutex_
};

}  // namespace

base::Status Watch(Session& session, ports::Observer& observer, ServiceManager& manager, const DaemonOptions& options) {
  auto leadership = session.leadership();
  if (!leadership) return tl::unexpected(std::move(leadership.error()));
  return Daemon(session, observer, manager, options, **leadership).Run();
}

}  // namespace kadende::cli
