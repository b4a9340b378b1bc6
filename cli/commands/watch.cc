#include "cli/commands/watch.h"

#include <atomic>
#include <optional>

#include "cli/daemon.h"
#include "cli/lost_cluster.h"
#include "cli/metrics.h"
#include "cli/planning.h"
#include "cli/queued_observer.h"
#include "cli/sd_notify.h"
#include "cli/signals.h"
#include "cli/watch_observer.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

constexpr base::Millis kShortestInterval{100};
constexpr std::size_t kMostUnread = 10'000;  // events; a few megabytes

base::Result<std::vector<std::string>> Lineages(Session& session, Console& console,
                                                const WatchCommandOptions& options) {
  std::vector<std::string> lineages;
  if (options.all) {
    if (auto restored = RestoreAll(session, console); !restored) return tl::unexpected(std::move(restored.error()));
    return lineages;
  }
  for (const std::string& name : options.clusters) {
    auto cluster = FindCluster(session, console, name);
    if (!cluster) return tl::unexpected(std::move(cluster.error()));
    lineages.push_back(cluster->lineage);
  }
  if (lineages.empty()) {
    auto only = FindCluster(session, console, "");
    if (!only) return tl::unexpected(std::move(only.error()));
    lineages.push_back(only->lineage);
  }
  return lineages;
}

}  // namespace

void DefineWatch(CommandSetup& setup, WatchCommandOptions& options) {
  setup.Add({"CLUSTER", "", "Names, ids or lineages; default: the only cluster", {}, false}, &options.clusters);
  setup.Add({"--all", "", "Every cluster of the state, also those that are applied later", {}, false}, &options.all);
  setup.Add({"--interval", "DURATION", "Between two looks at a cluster", {}, false}, &options.interval);
  setup.Add({"--parallelism", "N", "Provider calls at once, per cluster", {}, false}, &options.parallelism);
  setup.Add({"--start-grace",
             "DURATION",
             "How long it looks before it destroys a live node for its health; never less than 2 x unhealthyFor",
             {},
             false},
            &options.start_grace);
  setup.Add({"--heartbeat-listen", "ADDRESS:PORT", "Hear heartbeats of nodes here; default: nobody listens", {}, false},
            &options.heartbeat_listen);
  setup.Add(
      {"--metrics-listen", "ADDRESS:PORT", "Serve metrics for Prometheus here; default: nobody listens", {}, false},
      &options.metrics_listen);
}

int RunWatch(const WatchCommandOptions& options, Console& console) {
  if (options.all && !options.clusters.empty()) return console.Fail("name clusters, or say --all, but not both");
  if (options.interval < kShortestInterval) return console.Fail("--interval must be at least 100ms");
  if (options.start_grace < base::Millis(0)) return console.Fail("--start-grace must not be negative");
  ServiceManager manager;
  auto session = options.all ? OpenOrCreateHere(console)
                             : OpenHere(console, true, options.clusters.empty() ? "" : options.clusters.front());
  if (!session) return console.Fail(session.error());
  auto lineages = Lineages(**session, console, options);
  if (!lineages) return console.Fail(lineages.error());
  std::atomic<std::uint32_t> reloads{0};
  Signals signals(
      {"Stopping: what runs is waited for and recorded. Once more leaves at once.\n", "Leaving.\n"},
      [&console](const std::string& line) { console.Note(line); },
      [&console, &reloads] {
        ++reloads;
        console.Note("Reloading: every cluster is looked at anew.\n");
      });
  WatchObserver shown(console, true);
  QueuedObserver observer(shown, kMostUnread, [&console](std::size_t count) {
    console.Note(base::Count(count, "event") +
                 " left out: nobody read the output meanwhile. `kadende events` has those that are stored.\n");
  });
  std::optional<WatchMetrics> metrics;
  if (!options.metrics_listen.empty()) metrics.emplace(observer);
  DaemonOptions daemon;
  daemon.lineages = std::move(*lineages);
  daemon.all = options.all;
  daemon.interval = options.interval;
  daemon.parallelism = options.parallelism;
  daemon.start_grace = options.start_grace;
  daemon.heartbeat_listen = options.heartbeat_listen;
  daemon.metrics_listen = options.metrics_listen;
  daemon.metrics = metrics ? &*metrics : nullptr;
  daemon.actor = Actor();
  daemon.state_remote = console.common().state_remote;
  daemon.drain = signals.drain();
  daemon.abort = signals.abort();
  daemon.reloads = &reloads;
  console.Note("Watching " +
               (options.all ? std::string("all clusters") : base::Count(daemon.lineages.size(), "cluster")) +
               " every " + base::FormatDuration(options.interval) + ". Ctrl-C stops.\n");
  ports::Observer& first = metrics ? static_cast<ports::Observer&>(*metrics) : observer;
  auto done = Watch(**session, first, manager, daemon);
  return done ? kExitOk : console.Fail(done.error());
}

}  // namespace kadende::cli
