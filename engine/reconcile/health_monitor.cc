#include "engine/reconcile/health_monitor.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include "engine/base/text.h"
#include "engine/reconcile/calendar.h"
#include "engine/reconcile/followed_node.h"

namespace kadende::reconcile {
namespace {

using model::CheckType;

constexpr int kMissedBeats = 3;        // a report is worth so many intervals where no ttl is given (SEMANTICS 2)
constexpr base::Millis kHeldUp{1000};  // who comes to its turn later than this was stopped, or starved

bool IsTold(CheckType type) {
  return type == CheckType::kHeartbeat || type == CheckType::kPushed;
}

base::Millis WorthOf(const model::HealthCheck& check) {
  return check.ttl.count() > 0 ? check.ttl : kMissedBeats * check.interval;
}

}  // namespace

class HealthMonitor::Impl {
 public:
  explicit Impl(MonitorOptions options) : options_(std::move(options)), calendar_(options_.jitter, options_.seed) {}

  void Track(const model::ClusterState& state, const ports::HealthByGroup& stored, base::TimePoint now) {
    const Change change(*this);
    Cluster& cluster = clusters_.try_emplace(state.cluster.lineage).first->second;
    if (!cluster.since) cluster.since = now;
    std::set<std::string_view> kept;
    for (const auto& [path, group] : state.groups) {
      const model::GroupPolicy& policy = PolicyOf(group);
      if (policy.checks.empty()) continue;
      kept.insert(path);
      const auto known = stored.find(path);
      TrackGroup(cluster, state.cluster, group, policy, known == stored.end() ? nullptr : &known->second, now);
    }
    std::erase_if(cluster.groups, [&](auto& entry) {
      if (kept.contains(entry.first)) return false;
      for (const auto& [key, id] : entry.second.nodes) Drop(id);
      return true;
    });
  }

  void Refresh(const model::ClusterState& state, base::TimePoint now) {
    const Change change(*this);
    const auto cluster = clusters_.find(state.cluster.lineage);
    if (cluster == clusters_.end()) return;
    for (const auto& [path, group] : cluster->second.groups) {
      const auto found = state.groups.find(path);
      if (found == state.groups.end()) continue;
      auto row = found->second.nodes.begin();
      for (const auto& [key, id] : group.nodes) {
        while (row != found->second.nodes.end() && row->first < key) ++row;
        if (row == found->second.nodes.end()) break;
        if (row->first == key && row->second.phase == model::NodePhase::kLive) {
          (void)nodes_.at(id).Update(row->second, now);
        }
      }
    }
  }

  void Forget(std::string_view lineage) {
    const Change change(*this);
    const auto cluster = clusters_.find(lineage);
    if (cluster == clusters_.end()) return;
    for (const auto& [path, group] : cluster->second.groups) {
      for (const auto& [key, id] : group.nodes) Drop(id);
    }
    clusters_.erase(cluster);
  }

  void Follow(const model::ClusterRecord& record, std::string_view path, const model::NodeRecord& row,
              const model::GroupPolicy& policy) {
    if (policy.checks.empty()) return;
    const Change change(*this);
    Cluster& cluster = clusters_.try_emplace(record.lineage).first->second;
    FollowedGroup& group = GroupOf(cluster, record, path, policy);
    if (group.nodes.contains({row.slot.ordinal, row.incarnation})) return;
    AppointAll(Add(group, row), base::TimePoint{});
  }

  model::NodeHealth Of(std::string_view lineage, std::string_view path, const model::NodeRowKey& key) {
    const std::lock_guard lock(mutex_);
    const auto cluster = clusters_.find(lineage);
    if (cluster == clusters_.end()) return {};
    const auto group = cluster->second.groups.find(path);
    if (group == cluster->second.groups.end()) return {};
    const auto node = group->second.nodes.find(key);
    return node == group->second.nodes.end() ? model::NodeHealth{} : nodes_.at(node->second).Seen();
  }

  std::vector<Look> Due(base::TimePoint now, std::size_t limit) {
    std::vector<Look> looks;
    const Change change(*this);
    while (looks.size() < limit) {
      const std::optional<LookId> due = calendar_.TakeDue(now);
      if (!due) break;
      const LookId id = *due;
      FollowedNode* node = Find(id);
      if (node == nullptr || node->checks()[id.check].under_way) continue;
      if (!node->has_begun()) node->Begin(now);
      if (IsTold(node->group().checks[id.check].type)) {
        HearOf(*node, id, now);
      } else if (auto request = node->Request(id.check)) {
        node->checks()[id.check].under_way = true;
        looks.push_back({id, std::move(*request)});
      } else {
        Note(*node, node->Take(id.check, {model::Finding::kUnknown, request.error().message, now}));
        AppointNext(*node, id, now);
      }
    }
    return looks;
  }

  base::TimePoint NextDue() const {
    const std::lock_guard lock(mutex_);
    return calendar_.Next();
  }

  void Found(LookId id, const model::Observation& seen) {
    const Change change(*this);
    FollowedNode* node = Find(id);
    if (node == nullptr) return;
    node->checks()[id.check].under_way = false;
    Note(*node, node->Take(id.check, seen));
    AppointNext(*node, id, seen.at);
  }

  void Report(std::string_view lineage, const model::HealthReport& report, base::TimePoint now) {
    const Change change(*this);
    const auto cluster = clusters_.find(lineage);
    if (cluster == clusters_.end() || report.until <= now) return;
    const auto group = cluster->second.groups.find(report.group);
    if (group == cluster->second.groups.end()) return;
    FollowedNode* node = Named(group->second, report.slot_key, report.incarnation);
    if (node != nullptr) Tell(*node, CheckType::kPushed, report, now);
  }

  bool Beat(const base::Digest& key, bool healthy, std::string message, base::TimePoint now) {
    const Change change(*this);
    const auto id = by_key_.find(key);
    if (id == by_key_.end()) return false;
    model::HealthReport report;
    report.healthy = healthy;
    report.message = std::move(message);
    report.at = now;
    return Tell(nodes_.at(id->second), CheckType::kHeartbeat, report, now);
  }

  bool HasPushed(std::string_view lineage) const {
    const std::lock_guard lock(mutex_);
    const auto cluster = clusters_.find(lineage);
    if (cluster == clusters_.end()) return false;
    return std::any_of(cluster->second.groups.begin(), cluster->second.groups.end(), [](const auto& entry) {
      const auto& checks = entry.second.checks;
      return std::any_of(checks.begin(), checks.end(),
                         [](const model::HealthCheck& check) { return check.type == CheckType::kPushed; });
    });
  }

  ports::HealthByGroup Snapshot(std::string_view lineage) const {
    const std::lock_guard lock(mutex_);
    ports::HealthByGroup all;
    const auto cluster = clusters_.find(lineage);
    if (cluster == clusters_.end()) return all;
    for (const auto& [path, group] : cluster->second.groups) {
      std::vector<model::NodeHealth>& rows = all[path];
      rows.reserve(group.nodes.size());
      for (const auto& [key, id] : group.nodes) rows.push_back(nodes_.at(id).Seen());
    }
    return all;
  }

  std::optional<base::TimePoint> WatchingSince(std::string_view lineage) const {
    const std::lock_guard lock(mutex_);
    const auto cluster = clusters_.find(lineage);
    return cluster == clusters_.end() ? std::nullopt : cluster->second.since;
  }

 private:
  struct Cluster {
    std::optional<base::TimePoint> since;  // not set: nodes are followed, the cluster is not tracked
    std::map<std::string, FollowedGroup, std::less<>> groups;
  };

  // Holds the lock, and when it is given back calls what the change asks for.
  class Change {
   public:
    explicit Change(Impl& impl) : impl_(impl), lock_(impl.mutex_), before_(impl.calendar_.Next()) {}
    ~Change() {
      const bool earlier = impl_.calendar_.Next() < before_;
      const auto events = std::exchange(impl_.events_, {});
      const std::set<std::string> due = std::exchange(impl_.passes_due_, {});
      lock_.unlock();
      if (impl_.options_.notify) {
        for (const auto& [lineage, event] : events) impl_.options_.notify(lineage, event);
      }
      if (impl_.options_.wake) {
        for (const std::string& lineage : due) impl_.options_.wake(lineage);
      }
      if (earlier && impl_.options_.rouse) impl_.options_.rouse();
    }
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;

   private:
    Impl& impl_;
    std::unique_lock<std::mutex> lock_;
    const base::TimePoint before_;
  };

  // What a run is moving to is in force for the eye already: its new nodes are looked at by its checks.
  static const model::GroupPolicy& PolicyOf(const model::GroupState& group) {
    const model::GroupTarget& target = group.record.target;
    return target.revision.IsZero() ? group.record.current.policy : target.policy;
  }

  FollowedGroup& GroupOf(Cluster& cluster, const model::ClusterRecord& record, std::string_view path,
                         const model::GroupPolicy& policy) {
    auto found = cluster.groups.find(path);
    if (found == cluster.groups.end()) found = cluster.groups.emplace(path, FollowedGroup{}).first;
    FollowedGroup& group = found->second;
    group.lineage = record.lineage;
    group.cluster = record.name;
    group.path = path;
    if (options_.folder_of) group.folder = options_.folder_of(record.name);
    if (group.checks == policy.checks) return group;
    const std::vector<model::HealthCheck> before = std::exchange(group.checks, policy.checks);
    ++group.generation;
    for (const auto& [key, id] : group.nodes) {
      nodes_.at(id).Adapt(before);
      AppointAll(nodes_.at(id), base::TimePoint{});
    }
    return group;
  }

  void TrackGroup(Cluster& cluster, const model::ClusterRecord& record, const model::GroupState& state,
                  const model::GroupPolicy& policy, const std::vector<model::NodeHealth>* stored, base::TimePoint now) {
    const bool first = *cluster.since == now;
    FollowedGroup& group = GroupOf(cluster, record, state.record.path, policy);
    std::map<model::NodeRowKey, std::uint64_t> present;
    for (const auto& [key, row] : state.nodes) {
      if (row.phase != model::NodePhase::kLive) continue;
      const auto known = group.nodes.find(key);
      if (known != group.nodes.end()) {
        (void)nodes_.at(known->second).Update(row, now);
        present.insert(*known);
        continue;
      }
      FollowedNode& node = Add(group, row);
      present.emplace(key, node.id());
      if (stored != nullptr) Recall(node, *stored);
      // A start does not look at everything at once; what is new is looked at now.
      if (first) node.Begin(row.created_at);
      for (std::uint32_t check = 0; check < group.checks.size(); ++check) {
        Appoint(node, check, first ? now + calendar_.Share(group.checks[check].interval) : now);
      }
    }
    for (const auto& [key, id] : group.nodes) {
      if (!present.contains(key)) Drop(id);
    }
    group.nodes = std::move(present);
  }

  static void Recall(FollowedNode& node, const std::vector<model::NodeHealth>& stored) {
    const model::NodeHealth* found = model::FindHealth(stored, model::KeyOf(node.health()));
    if (found != nullptr) node.Remember(*found);
  }

  FollowedNode& Add(FollowedGroup& group, const model::NodeRecord& row) {
    const std::uint64_t id = ++last_id_;
    FollowedNode& node = nodes_.try_emplace(id, id, &group, row).first->second;
    group.nodes.emplace(model::NodeRowKey{row.slot.ordinal, row.incarnation}, id);
    if (!row.slot.logical_id.empty()) group.ordinals[row.slot.logical_id] = row.slot.ordinal;
    by_key_[KeyOf(row.token)] = id;
    return node;
  }

  base::Digest KeyOf(const model::Token& token) const {
    return options_.heartbeat_key ? options_.heartbeat_key(token) : token;
  }

  void Drop(std::uint64_t id) {
    const auto node = nodes_.find(id);
    const auto key = by_key_.find(KeyOf(node->second.token()));
    if (key != by_key_.end() && key->second == id) by_key_.erase(key);
    nodes_.erase(node);
  }

  FollowedNode* Find(const LookId& id) {
    const auto node = nodes_.find(id.node);
    if (node == nodes_.end() || node->second.group().generation != id.generation) return nullptr;
    return &node->second;
  }

  // A node by its slot's key: ten thousand that report each second must not be looked for one by one.
  FollowedNode* Named(const FollowedGroup& group, std::string_view slot_key, std::uint32_t incarnation) {
    model::NodeRowKey key{0, incarnation};
    if (const auto known = group.ordinals.find(slot_key); known != group.ordinals.end()) {
      key.ordinal = known->second;
    } else if (const auto number = base::ParseInt(slot_key); number && *number >= 0 && *number <= UINT32_MAX) {
      key.ordinal = static_cast<std::uint32_t>(*number);
    }
    const auto node = group.nodes.find(key);
    if (node == group.nodes.end()) return nullptr;
    FollowedNode& found = nodes_.at(node->second);
    return found.health().slot.Key() == slot_key ? &found : nullptr;
  }

  void Appoint(FollowedNode& node, std::uint32_t check, base::TimePoint at) {
    node.checks()[check].next_at = at;
    calendar_.Put({node.id(), check, node.group().generation}, at);
  }
  void AppointAll(FollowedNode& node, base::TimePoint at) {
    for (std::uint32_t check = 0; check < node.group().checks.size(); ++check) Appoint(node, check, at);
  }
  void AppointNext(FollowedNode& node, const LookId& id, base::TimePoint now) {
    node.checks()[id.check].next_at = calendar_.PutNext(id, node.group().checks[id.check].interval, now);
  }

  void Note(const FollowedNode& node, std::optional<model::Event> event) {
    if (!event) return;
    passes_due_.insert(node.group().lineage);
    events_.emplace_back(node.group().lineage, std::move(*event));
  }

  // A report reached a node: heartbeats count like looks, what is pushed stands at once.
  bool Tell(FollowedNode& node, CheckType type, const model::HealthReport& report, base::TimePoint now) {
    bool told = false;
    for (std::uint32_t i = 0; i < node.checks().size(); ++i) {
      const model::HealthCheck& policy = node.group().checks[i];
      FollowedCheck& check = node.checks()[i];
      if (policy.type != type) continue;
      told = true;
      if (check.report && check.report->at >= report.at) continue;  // seen before
      if (!node.has_begun()) node.Begin(now);
      check.report = report;
      if (report.until == base::TimePoint{}) check.report->until = now + WorthOf(policy);
      const auto finding = report.healthy ? model::Finding::kPass : model::Finding::kFail;
      Note(node, node.Take(i, {finding, report.message, now}));
    }
    return told;
  }

  // The turn of a check that waits to be told.
  void HearOf(FollowedNode& node, const LookId& id, base::TimePoint now) {
    const model::HealthCheck& policy = node.group().checks[id.check];
    FollowedCheck& check = node.checks()[id.check];
    if (policy.type == CheckType::kHeartbeat) LeaveOut(check, now);
    const bool stands = check.report && check.report->until > now;
    if (policy.type == CheckType::kPushed) {
      if (!stands && check.report) {
        check.report.reset();
        Note(node, node.Lapse(id.check, now));
      }
    } else if (!options_.hears_heartbeats) {
      Note(node, node.Take(id.check, {model::Finding::kUnknown, "nobody listens (watch --heartbeat-listen)", now}));
    } else if (!stands && (check.report || HeardLongEnough(node, check, policy, now))) {
      Note(node, node.Take(id.check, {model::Finding::kFail, "no heartbeat", now}));
    }
    AppointNext(node, id, now);
  }

  // The time in which this process was held up: nobody listened, so silence in it proves nothing.
  static void LeaveOut(FollowedCheck& check, base::TimePoint now) {
    const auto late = std::chrono::duration_cast<base::Millis>(now - check.next_at);
    if (check.next_at == base::TimePoint{} || late < kHeldUp) return;
    if (check.report) check.report->until += late;
    if (check.heard_since != base::TimePoint{}) check.heard_since += late;
  }

  // Before the first heartbeat: silence proves nothing until one could have come.
  bool HeardLongEnough(const FollowedNode& node, FollowedCheck& check, const model::HealthCheck& policy,
                       base::TimePoint now) const {
    if (check.heard_since == base::TimePoint{}) check.heard_since = now;
    const auto cluster = clusters_.find(node.group().lineage);
    return cluster->second.since && now >= check.heard_since + WorthOf(policy);
  }

  const MonitorOptions options_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<std::string, Cluster, std::less<>> clusters_;  // by lineage
  std::unordered_map<std::uint64_t, FollowedNode> nodes_;
  std::unordered_map<base::Digest, std::uint64_t> by_key_;  // of heartbeats
  Calendar calendar_;
  std::uint64_t last_id_ = 0;
  std::vector<std::pair<std::string, model::Event>> events_;  // with the lineage
  std::set<std::string> passes_due_;
};

HealthMonitor::HealthMonitor(MonitorOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HealthMonitor::~HealthMonitor() = default;

void HealthMonitor::Track(const model::ClusterState& state, const ports::HealthByGroup& stored, base::TimePoint now) {
  impl_->Track(state, stored, now);
}
void HealthMonitor::Refresh(const model::ClusterState& state, base::TimePoint now) {
  impl_->Refresh(state, now);
}
void HealthMonitor::Forget(std::string_view lineage) {
  impl_->Forget(lineage);
}
void HealthMonitor::Follow(const model::ClusterRecord& cluster, std::string_view group, const model::NodeRecord& node,
                           const model::GroupPolicy& policy) {
  impl_->Follow(cluster, group, node, policy);
}
model::NodeHealth HealthMonitor::Of(std::string_view lineage, std::string_view group, const model::NodeRowKey& node) {
  return impl_->Of(lineage, group, node);
}
std::vector<Look> HealthMonitor::Due(base::TimePoint now, std::size_t limit) {
  return impl_->Due(now, limit);
}
base::TimePoint HealthMonitor::NextDue() const {
  return impl_->NextDue();
}
void HealthMonitor::Found(LookId id, const model::Observation& seen) {
  impl_->Found(id, seen);
}
void HealthMonitor::Report(std::string_view lineage, const model::HealthReport& report, base::TimePoint now) {
  impl_->Report(lineage, report, now);
}
bool HealthMonitor::Beat(const base::Digest& key, bool healthy, std::string message, base::TimePoint now) {
  return impl_->Beat(key, healthy, std::move(message), now);
}
bool HealthMonitor::HasPushed(std::string_view lineage) const {
  return impl_->HasPushed(lineage);
}
ports::HealthByGroup HealthMonitor::Snapshot(std::string_view lineage) const {
  return impl_->Snapshot(lineage);
}
std::optional<base::TimePoint> HealthMonitor::WatchingSince(std::string_view lineage) const {
  return impl_->WatchingSince(lineage);
}

}  // namespace kadende::reconcile
