#include "cli/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "cli/group_metrics.h"

namespace kadende::cli {
namespace {

using Steady = std::chrono::steady_clock;
using Labels = prometheus::Labels;
using Counters = prometheus::Family<prometheus::Counter>;

// Seconds: from a local process to a machine of a slow cloud; from a pass over nothing to one that waits for listings.
const prometheus::Histogram::BucketBoundaries kCreateSeconds = {0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 900};
const prometheus::Histogram::BucketBoundaries kPassSeconds = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120};

double Seconds(Steady::duration time) {
  return std::chrono::duration<double>(time).count();
}
double Seconds(base::Millis time) {
  return std::chrono::duration<double>(time).count();
}

// Whether a create of this reason stands in for a node that was there.
bool IsReplacement(model::Reason reason) {
  switch (reason) {
    case model::Reason::kRevisionChanged:
    case model::Reason::kUnhealthy:
    case model::Reason::kMissing:
    case model::Reason::kTerminated:
    case model::Reason::kTainted:
    case model::Reason::kRequested:
    case model::Reason::kSecretChanged:
      return true;
    default:
      return false;
  }
}

// Creates that run: when they began, by node. A run that is over has none.
class RunningCreates {
 public:
  void Begin(const model::Event& event) { begun_[event.cluster].insert_or_assign(KeyOf(event), Steady::now()); }
  std::optional<Steady::duration> End(const model::Event& event) {
    const auto cluster = begun_.find(event.cluster);
    if (cluster == begun_.end()) return std::nullopt;
    const auto begun = cluster->second.find(KeyOf(event));
    if (begun == cluster->second.end()) return std::nullopt;
    const auto took = Steady::now() - begun->second;
    cluster->second.erase(begun);
    return took;
  }
  void RunOver(const std::string& cluster) { begun_.erase(cluster); }

 private:
  using Key = std::tuple<std::string, std::string, std::uint32_t>;  // group, slot, incarnation
  static Key KeyOf(const model::Event& event) { return {event.group, event.slot_key, event.incarnation}; }
  std::map<std::string, std::map<Key, Steady::time_point>> begun_;  // by cluster
};

}  // namespace

class WatchMetrics::Impl {
 public:
  explicit Impl(ports::Observer& next) : next_(next) {
    prometheus::BuildGauge()
        .Name("kadende_build_info")
        .Help("1, with the version of this watch")
        .Register(registry_)
        .Add({{"version", KADENDE_VERSION}})
        .Set(1);
  }

  void OnEvent(const model::Event& event);
  void Count(const model::Event& event);

  // The library's own objects may be used from any thread.
  prometheus::Registry registry_;
  ports::Observer& next_;
  Counters& created_ = MakeCounter("kadende_nodes_created_total", "Nodes that were made, by machine reason");
  Counters& destroyed_ = MakeCounter("kadende_nodes_destroyed_total", "Nodes that were destroyed, by machine reason");
  Counters& replaced_ =
      MakeCounter("kadende_replacements_total", "Nodes that were made instead of one that was there, by reason");
  Counters& failed_ = MakeCounter("kadende_actions_failed_total", "Provider calls that failed for good, by action");
  Counters& retried_ = MakeCounter("kadende_actions_retried_total", "Provider calls that were tried again");
  Counters& braked_ = MakeCounter("kadende_brakes_total", "Times that a brake took");
  Counters& passes_ = MakeCounter("kadende_watch_passes_total", "Passes of the watch, by result");
  prometheus::Histogram& create_seconds_ = MakeHistogram(
      "kadende_node_create_seconds", "From the provider call to the node, retries included", kCreateSeconds);
  prometheus::Histogram& pass_seconds_ =
      MakeHistogram("kadende_watch_pass_seconds", "How long passes took", kPassSeconds);
  prometheus::Histogram& lag_seconds_ =
      MakeHistogram("kadende_watch_lag_seconds", "How long after they were due passes began", kPassSeconds);
  prometheus::Gauge& running_ = MakeGauge("kadende_watch_passes_running", "Passes that run now");
  prometheus::Gauge& waiting_ = MakeGauge("kadende_watch_queue_depth", "Clusters that are due and wait for their turn");

  mutable std::mutex mutex_;
  RunningCreates creates_;                          // guarded by mutex_
  std::map<std::string, ClusterMetrics> clusters_;  // guarded by mutex_; by lineage

 private:
  Counters& MakeCounter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
  }
  prometheus::Gauge& MakeGauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add({});
  }
  prometheus::Histogram& MakeHistogram(const char* name, const char* help,
                                       const prometheus::Histogram::BucketBoundaries& buckets) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add({}, buckets);
  }
};

void WatchMetrics::Impl::OnEvent(const model::Event& event) {
  const std::lock_guard lock(mutex_);
  if (event.kind == model::EventKind::kActionStarted) {
    if (event.message == model::ActionKindName(model::ActionKind::kCreate)) creates_.Begin(event);
  } else if (event.kind == model::EventKind::kNodeCreated) {
    if (const auto took = creates_.End(event)) create_seconds_.Observe(Seconds(*took));
  } else if (event.kind == model::EventKind::kRunFinished || event.kind == model::EventKind::kRunInterrupted) {
    creates_.RunOver(event.cluster);
  }
}

void WatchMetrics::Impl::Count(const model::Event& event) {
  Labels labels = {{"cluster", event.cluster}, {"group", event.group}};
  const auto with = [&labels](const char* name, std::string_view value) {
    labels.emplace(name, value);
    return labels;
  };
  const auto reason = [&] { return with("reason", event.reason ? model::ReasonName(*event.reason) : "unknown"); };
  switch (event.kind) {
    case model::EventKind::kNodeCreated:
      created_.Add(reason()).Increment();
      if (event.reason && IsReplacement(*event.reason)) replaced_.Add(labels).Increment();
      return;
    case model::EventKind::kNodeDestroyed:
      destroyed_.Add(reason()).Increment();
      return;
    case model::EventKind::kCreateFailed:
      failed_.Add(with("action", "create")).Increment();
      return;
    case model::EventKind::kDestroyFailed:
      failed_.Add(with("action", "destroy")).Increment();
      return;
    case model::EventKind::kUpdateFailed:
      failed_.Add(with("action", "update")).Increment();
      return;
    case model::EventKind::kHookFailed:
      failed_.Add(with("action", "hook")).Increment();
      return;
    case model::EventKind::kActionRetried:
      retried_.Add(labels).Increment();
      return;
    case model::EventKind::kBrakeOn:
      braked_.Add(labels).Increment();
      return;
    default:
      return;
  }
}

WatchMetrics::WatchMetrics(ports::Observer& next) : impl_(std::make_unique<Impl>(next)) {}
WatchMetrics::~WatchMetrics() = default;

void WatchMetrics::OnEvent(const model::Event& event) {
  impl_->OnEvent(event);
  impl_->Count(event);
  impl_->next_.OnEvent(event);
}

void WatchMetrics::PassBegins(base::Millis late) {
  impl_->running_.Increment();
  impl_->lag_seconds_.Observe(Seconds(late));
}

void WatchMetrics::PassEnds(const std::string& lineage, std::string_view cluster, PassResult result, base::Millis took,
                            base::TimePoint now) {
  impl_->running_.Decrement();
  impl_->pass_seconds_.Observe(Seconds(took));
  const char* name = result == PassResult::kLooked ? "looked" : result == PassResult::kFailed ? "failed" : "locked_out";
  impl_->passes_.Add({{"cluster", std::string(cluster)}, {"result", name}}).Increment();
  const std::lock_guard lock(impl_->mutex_);
  ClusterMetrics& known = impl_->clusters_[lineage];
  known.name = cluster;
  known.failing = result == PassResult::kFailed;
  if (result == PassResult::kLooked) known.looked_at = now;
}

void WatchMetrics::Saw(const std::string& lineage, const reconcile::PassResult& pass) {
  auto groups = GroupMetricsOf(pass);
  const std::lock_guard lock(impl_->mutex_);
  ClusterMetrics& known = impl_->clusters_[lineage];
  known.serial = pass.state.cluster.serial;
  known.groups = std::move(groups);
}

void WatchMetrics::Forget(const std::string& lineage) {
  const std::lock_guard lock(impl_->mutex_);
  impl_->clusters_.erase(lineage);
}

void WatchMetrics::Waiting(std::size_t clusters) {
  impl_->waiting_.Set(static_cast<double>(clusters));
}

std::string WatchMetrics::Text() const {
  auto families = impl_->registry_.Collect();
  {
    const std::lock_guard lock(impl_->mutex_);
    AppendFamilies(impl_->clusters_, families);
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace kadende::cli
