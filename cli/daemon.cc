#include "cli/daemon.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "cli/health_pump.h"
#include "cli/http/heartbeat.h"
#include "cli/node_place.h"
#include "cli/view/plan_text.h"
#include "cli/watch_listeners.h"
#include "cli/watch_queue.h"
#include "cli/watched_state.h"
#include "engine/base/text.h"
#include "engine/reconcile/controller.h"
#include "providers/probe/prober.h"

namespace kadende::cli {
namespace {

constexpr double kJitter = 0.1;              // of the interval, either way: clusters drift apart
constexpr base::Millis kShortestPause{200};  // between two passes of one cluster, whatever a backoff asks for
constexpr base::Millis kLongestNap{1000};    // the scheduler looks at the clock at least this often
constexpr base::Millis kRest{60'000};        // a destroyed cluster is looked at again this often
constexpr base::Millis kGather{50};          // news of health often comes for several nodes at once
// Passes that nothing but the clock asks for come together, at multiples of a part of the interval: one after the other
// they find program and store in the processor's caches, which halves the cost of an idle round (tests/bench).
constexpr int kBeatsPerInterval = 20;
constexpr base::Millis kLongestBeat{500};

class Daemon {
 public:
  Daemon(Session& session, ports::Observer& observer, ServiceManager& manager, const DaemonOptions& options,
         ports::Leadership& leadership)
      : session_(session),
        observer_(observer),
        manager_(manager),
        options_(options),
        leadership_(leadership),
        queue_(options.passes_per_place),
        random_(std::random_device{}()) {}

  base::Status OpenHealth() {
    auto prober = providers::Prober::Make();
    if (!prober) return tl::unexpected(std::move(prober).error());
    HealthPumpOptions options;
    options.shortest_grace = options_.start_grace;
    options.hears_heartbeats = !options_.heartbeat_listen.empty();
    options.wake = [this](const std::string& lineage) { Wake(lineage); };
    options.notify = [this](const model::Event& event) { observer_.OnEvent(event); };
    options.heartbeat_key = HashToken;
    options.folder_of = [this](const std::string& cluster) { return session_.FolderOf(cluster); };
    // The catalog that passes have, so that a plugin has one process.
    auto looking = LookInNodes(
        std::move(*prober), session_, [this](const std::string& folder, const model::ClusterState& state) -> auto& {
          return session_.CatalogOf(folder, state.cluster.lineage, state.cluster.plugins);
        });
    health_ = std::make_unique<HealthPump>(std::move(looking), session_.health(), session_.store(), session_.clock(),
                                           std::move(options));
    return {};
  }

  base::Status Run() {
    std::stop_callback wake(options_.drain, [this] {
      const std::lock_guard lock(mutex_);
      changed_.notify_all();
      work_.notify_all();
    });
    if (auto opened = OpenHealth(); !opened) return opened;
    if (auto open = listeners_.Open(options_, *health_); !open) return open;
    if (auto listed = LookForClusters(); !listed) return listed;
    std::string what = "watching every " + base::FormatDuration(options_.interval);
    what += listeners_.Addresses();
    Emit(model::EventKind::kWatchStarted, {}, what);
    std::unique_lock lock(mutex_);
    manager_.Ready(StatusLine());
    while (!options_.drain.stop_requested()) {
      const base::Millis now = session_.clock().Monotonic();
      manager_.Beat(now);
      if (options_.reloads != nullptr && *options_.reloads != reloads_) {
        Reload(lock);
      } else if ((options_.all || !resting_.empty()) && now >= look_again_) {
        lock.unlock();
        (void)LookForClusters();  // a store that cannot be read now fails its passes, and says so there
        lock.lock();
      }
      StartDue(now);
      if (options_.metrics != nullptr) options_.metrics->Waiting(due_.size() + queue_.Waiting(now));
      if (std::exchange(status_changed_, false)) manager_.Status(StatusLine());
      const base::Millis nap = Nap(now);
      awake_at_ = now + nap;
      changed_.wait_for(lock, nap);
    }
    work_.notify_all();
    lock.unlock();
    manager_.Stopping();
    for (std::thread& worker : workers_) worker.join();
    Emit(model::EventKind::kWatchStopped, {}, "watch was stopped");
    return {};
  }

 private:
  struct Cluster {
    std::string name;
    bool seen = false;     // a pass has ended
    bool failing = false;  // the last pass that looked failed
    std::string said;      // last failure, so that it is said once
  };

  struct PassEnd {
    std::optional<base::Millis> pause = {};  // until the next one; none: the interval
    std::string said;                        // what went wrong
    bool looked = true;                      // false: it came to nothing, and nothing is known of how the cluster is
    std::optional<std::uint64_t> over = {};  // the cluster was destroyed, in the version of this serial
  };

  // A destroyed cluster: let go of until it is published again, or for a minute, should a run have been killed before.
  struct Rest {
    std::uint64_t serial = 0;
    base::Millis until{0};
  };

  base::Status LookForClusters() {
    auto clusters = session_.Clusters();
    if (!clusters) return tl::unexpected(std::move(clusters.error()));
    std::set<std::string_view> listed;
    for (const ports::ClusterSummary& found : *clusters) {
      const auto& named = options_.lineages;
      if (!options_.all && std::find(named.begin(), named.end(), found.lineage) == named.end()) continue;
      listed.insert(found.lineage);
      Pin(found);
      if (IsKnown(found)) continue;
      const auto state = session_.Load(found.lineage);
      const std::lock_guard lock(mutex_);
      clusters_[found.lineage].name = found.name;
      status_changed_ = true;
      queue_.Add(found.lineage, state ? PlaceOf(*state) : std::string());
    }
    for (const std::string& lineage : Watched()) {
      if (!listed.contains(lineage)) LetGo(lineage, "the store does not have it any more: it is watched no longer");
    }
    const std::lock_guard lock(mutex_);
    look_again_ = session_.clock().Monotonic() + options_.interval;
    return {};
  }

  void Pin(const ports::ClusterSummary& found) {
    const std::lock_guard lock(mutex_);
    plugins_[found.lineage] = found.plugins;
  }

  model::PluginPins PinsOf(const std::string& lineage) {
    const std::lock_guard lock(mutex_);
    const auto found = plugins_.find(lineage);
    return found == plugins_.end() ? model::PluginPins{} : found->second;
  }

  bool IsKnown(const ports::ClusterSummary& found) {
    const std::lock_guard lock(mutex_);
    const auto rest = resting_.find(found.lineage);
    if (rest == resting_.end()) return queue_.Has(found.lineage);
    if (rest->second.serial == found.serial && session_.clock().Monotonic() < rest->second.until) return true;
    resting_.erase(rest);
    return false;
  }

  std::vector<std::string> Watched() {
    const std::lock_guard lock(mutex_);
    return queue_.Lineages();
  }

  // One that is being looked at stays until the next time.
  void LetGo(const std::string& lineage, const std::string& why) {
    const std::string name = NameOf(lineage);
    {
      const std::lock_guard lock(mutex_);
      if (!queue_.Remove(lineage)) return;
      clusters_.erase(lineage);
      status_changed_ = true;
    }
    health_->Forget(lineage);
    if (options_.metrics != nullptr) options_.metrics->Forget(lineage);
    if (!why.empty()) Tell(model::EventKind::kPassFailed, name, why);
  }

  void Wake(const std::string& lineage) {
    const std::lock_guard lock(mutex_);
    queue_.Wake(lineage, session_.clock().Monotonic() + kGather);
    RouseScheduler();
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
    for (auto& [lineage, cluster] : clusters_) cluster.said.clear();
    status_changed_ = true;
    queue_.WakeAll(base::Millis(0));
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

  // With the lock held. A thread for each pass that is due and finds no idle one.
  void StartDue(base::Millis now) {
    while (due_.size() < options_.passes) {
      const base::Millis due = queue_.NextDue();
      auto lineage = queue_.Take(now);
      if (!lineage) break;
      if (options_.metrics != nullptr) options_.metrics->PassBegins(due > base::Millis(0) ? now - due : due);
      due_.push_back(std::move(*lineage));
      work_.notify_one();
    }
    while (idle_ < due_.size() && workers_.size() < options_.passes) {
      ++idle_;
      workers_.emplace_back([this] { Work(); });
    }
  }

  // Where something is due before it looks again. With the lock held.
  void RouseScheduler() {
    if (queue_.NextDue() < awake_at_) changed_.notify_one();
  }

  [[nodiscard]] base::Millis Nap(base::Millis now) const {
    base::Millis nap = kLongestNap;
    if (manager_.BeatEvery() > base::Millis(0)) nap = std::min(nap, manager_.BeatEvery());
    const base::Millis next = queue_.NextDue();
    return next > now + nap ? nap : std::max(next - now, base::Millis(1));
  }

  void Work() {
    std::map<std::string, std::unique_ptr<ports::History>> histories;  // by folder: one per thread, they are not shared
    std::unique_lock lock(mutex_);
    std::uint32_t reloads = reloads_;
    for (;;) {
      work_.wait(lock, [this] { return !due_.empty() || options_.drain.stop_requested(); });
      if (options_.drain.stop_requested()) return;
      const std::string lineage = due_.front();
      due_.pop_front();
      --idle_;
      if (reloads != reloads_) histories.clear();  // remotes and signing may be others now
      reloads = reloads_;
      lock.unlock();
      const base::Millis begun = session_.clock().Monotonic();
      const PassEnd end = GuardedPass(lineage, histories);
      Measure(lineage, end, session_.clock().Monotonic() - begun);
      lock.lock();
      ++idle_;
      Cluster& cluster = clusters_[lineage];
      const bool fails = end.looked && !end.said.empty() && end.said != cluster.said;
      const bool begins = fails && !cluster.failing;
      const bool recovers = end.looked && end.said.empty() && cluster.failing;
      status_changed_ = status_changed_ || !cluster.seen || (end.looked && end.said != cluster.said);
      if (end.looked) cluster.said = end.said;
      if (end.looked) cluster.failing = !end.said.empty();
      cluster.seen = true;
      queue_.Done(lineage, reloads == reloads_ ? NextPass(end.pause) : base::Millis(0));
      RouseScheduler();
      if (end.over) resting_[lineage] = {*end.over, session_.clock().Monotonic() + kRest};
      if (!fails && !recovers && !end.over) continue;
      lock.unlock();
      if (fails) Keep(lineage, Emit(model::EventKind::kPassFailed, lineage, end.said), begins);
      if (recovers) Keep(lineage, Emit(model::EventKind::kPassRecovered, lineage, "passes work again"), true);
      if (end.over) LetGo(lineage, {});
      lock.lock();
    }
  }

  void Measure(const std::string& lineage, const PassEnd& end, base::Millis took) {
    if (options_.metrics == nullptr) return;
    using Result = WatchMetrics::PassResult;
    const Result result = !end.looked ? Result::kLockedOut : end.said.empty() ? Result::kLooked : Result::kFailed;
    options_.metrics->PassEnds(lineage, NameOf(lineage), result, took, session_.clock().Now());
  }

  // One cluster's trouble (no memory, no threads left) must not end the watch of all others.
  PassEnd GuardedPass(const std::string& lineage, std::map<std::string, std::unique_ptr<ports::History>>& histories) {
    try {
      return Pass(lineage, histories);
    } catch (const std::exception& exception) {
      return {{}, std::string("a pass was given up: ") + exception.what()};
    }
  }

  PassEnd Pass(const std::string& lineage, std::map<std::string, std::unique_ptr<ports::History>>& histories) {
    const std::string folder = session_.FolderOf(NameOf(lineage));
    RemoteQuestion question;
    question.flag = options_.state_remote;
    question.cluster = NameOf(lineage);
    question.folder = folder;
    question.known = true;
    const StateRemote shared = ChooseRemote(question, session_.remotes());
    auto& history = histories[folder + (shared.remote.empty() ? "" : "\nshared")];
    if (!history) history = session_.NewHistoryAt(folder, !shared.remote.empty());
    apply::RunPorts ports;
    ports.store = session_.store();
    ports.providers = &session_.CatalogOf(folder, lineage, PinsOf(lineage));
    ports.secrets = &session_.SecretsAt(folder);
    ports.hooks = &session_.HooksAt(folder);
    ports.observer = &observer_;
    ports.clock = &session_.clock();
    ports.history = history.get();
    ports.leadership = &leadership_;
    if (!shared.remote.empty()) {
      ports.remote = &session_.RemoteAt(folder, shared.remote);
      ports.lines = &session_.lines();
      ports.run_lifetime = RunLifetime();
      ports.unclaimed_when_lost = shared.continue_on_loss;
    }
    ports.health = &health_->monitor();  // a node that has recovered is not destroyed
    reconcile::PassOptions options;
    options.parallelism = options_.parallelism;
    options.drain = options_.drain;
    options.abort = options_.abort;
    options.actor = options_.actor;
    options.health = [&](const model::ClusterState& state) { return health_->Known(state); };
    auto pass = reconcile::Pass(lineage, ports, options);
    if (!pass) {
      const bool stopping = pass.error().code == base::ErrorCode::kCancelled && options_.drain.stop_requested();
      return {{}, pass.error().message, !stopping};
    }
    std::optional<base::Millis> pause;
    if (pass->wake_in && *pass->wake_in < options_.interval) {
      pause = std::max(*pass->wake_in, std::min(kShortestPause, options_.interval));
    }
    // A cluster that another run holds is looked at again soon, and is nothing to report. Its nodes are followed all
    // the same: such a run may wait for hours.
    if (pass->locked_out) {
      if (auto state = session_.store()->Load(lineage)) health_->Follow(*state);
      return {pause, {}, false, {}};
    }
    Remember(lineage, *pass);
    PassEnd end{pause, pass->message.empty() ? FrozenText(pass->plan) : pass->message};
    if (IsOver(pass->state)) end.over = pass->state.cluster.serial;
    return end;
  }

  void Remember(const std::string& lineage, const reconcile::PassResult& pass) {
    health_->Passed(pass);
    if (options_.metrics != nullptr) options_.metrics->Saw(lineage, pass);
    const std::lock_guard lock(mutex_);
    clusters_[lineage].name = pass.state.cluster.name;
    queue_.SetPlace(lineage, PlaceOf(pass.state));
  }

  std::string NameOf(const std::string& lineage) {
    const std::lock_guard lock(mutex_);
    const auto cluster = clusters_.find(lineage);
    return cluster == clusters_.end() ? std::string() : cluster->second.name;
  }

  // With the lock held.
  base::Millis NextPass(std::optional<base::Millis> pause) {
    const base::Millis now = session_.clock().Monotonic();
    if (pause) return now + *pause;
    std::uniform_real_distribution<double> around(1.0 - kJitter, 1.0 + kJitter);
    const auto interval = static_cast<double>(options_.interval.count()) * around(random_);
    const base::Millis beat = std::clamp(options_.interval / kBeatsPerInterval, base::Millis(1), kLongestBeat);
    const base::Millis due = now + base::Millis(static_cast<std::int64_t>(interval));
    return (due + beat - base::Millis(1)) / beat * beat;
  }

  model::Event Emit(model::EventKind kind, const std::string& lineage, const std::string& message) {
    return Tell(kind, lineage.empty() ? std::string() : NameOf(lineage), message);
  }

  model::Event Tell(model::EventKind kind, const std::string& cluster, const std::string& message) {
    model::Event event;
    event.time = session_.clock().Now();
    event.kind = kind;
    event.cluster = cluster;
    event.actor = options_.actor;
    event.message = message;
    observer_.OnEvent(event);
    return event;
  }

  // Into the store where it is a transition: a failure that is told with other words each time would fill it. A store
  // that cannot be written to is what the event tells of.
  void Keep(const std::string& lineage, model::Event event, bool transition) {
    if (transition) (void)session_.store()->Commit(lineage, {model::EventRecorded{std::move(event)}});
  }

  Session& session_;
  ports::Observer& observer_;
  ServiceManager& manager_;  // the scheduler's alone
  const DaemonOptions& options_;
  ports::Leadership& leadership_;

  std::mutex mutex_;
  std::condition_variable changed_;                   // for the scheduler
  std::condition_variable work_;                      // for the workers: a pass is due
  std::map<std::string, Cluster> clusters_;           // guarded by mutex_, as are those below
  std::map<std::string, Rest> resting_;               // destroyed ones, by lineage
  std::map<std::string, model::PluginPins> plugins_;  // of the applied states, by lineage
  WatchQueue queue_;
  bool status_changed_ = true;   // the status line is to be told anew
  std::uint32_t reloads_ = 0;    // how many are done
  std::deque<std::string> due_;  // taken from the queue, not begun
  std::size_t idle_ = 0;         // workers that wait
  base::Millis look_again_{0};
  base::Millis awake_at_{0};  // the scheduler looks at the queue then, or before
  std::mt19937_64 random_;
  std::vector<std::thread> workers_;  // the scheduler's alone

  std::unique_ptr<HealthPump> health_;
  WatchListeners listeners_;  // end before the pump, where heartbeats go
};

}  // namespace

base::Status Watch(Session& session, ports::Observer& observer, ServiceManager& manager, const DaemonOptions& options) {
  auto leadership = session.leadership();
  if (!leadership) return tl::unexpected(std::move(leadership.error()));
  return Daemon(session, observer, manager, options, **leadership).Run();
}

}  // namespace kadende::cli
