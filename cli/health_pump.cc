#include "cli/health_pump.h"

#include <algorithm>
#include <random>
#include <utility>

#include "engine/reconcile/remediation.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kLooksAtOnce = 256;    // handed over before the thread looks at anything else
constexpr base::Millis kReportsEvery{1000};  // pushed reports come by way of the store
constexpr base::Millis kSaveSoon{200};       // after a transition: several often come together
constexpr base::Millis kSaveEvery{10'000};   // last evidence and next look, for those who watch
constexpr base::Millis kSaveQuiet{40'000};   // without checks: the provider's word, which counts for two minutes
constexpr base::Millis kLongestNap{1000};
constexpr base::Millis kWallSlack{1000};  // the wall clock drifts by less between two looks at it

// But for when was looked: that alone is not worth a write before its time.
bool SaysTheSame(const model::NodeHealth& a, const model::NodeHealth& b) {
  return a.slot == b.slot && a.incarnation == b.incarnation && a.state == b.state && a.since == b.since &&
         a.joined_at == b.joined_at && a.check == b.check && a.evidence == b.evidence && a.held_back == b.held_back &&
         a.held_until == b.held_until && a.check_since == b.check_since && a.recovering == b.recovering;
}

bool SaySame(const ports::HealthByGroup& a, const ports::HealthByGroup& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
    return one.first == other.first &&
           std::equal(one.second.begin(), one.second.end(), other.second.begin(), other.second.end(), SaysTheSame);
  });
}

// From one clock to another.
void Shift(model::NodeHealth& row, base::Millis by) {
  for (base::TimePoint* at :
       {&row.since, &row.joined_at, &row.last_at, &row.next_at, &row.held_until, &row.check_since}) {
    if (*at != base::TimePoint{}) *at += by;
  }
}

bool HasChecks(const model::ClusterState& state) {
  return std::any_of(state.groups.begin(), state.groups.end(), [](const auto& entry) {
    const model::GroupRecord& record = entry.second.record;
    return !record.current.policy.checks.empty() || !record.target.policy.checks.empty();
  });
}

}  // namespace

HealthPump::HealthPump(std::unique_ptr<ports::HealthProbe> probe, ports::HealthStore* health, ports::StateStore* events,
                       ports::Clock& clock, HealthPumpOptions options)
    : health_(health),
      events_(events),
      clock_(clock),
      options_(std::move(options)),
      wall_start_(clock.Now()),
      boot_start_(clock.Monotonic()),
      monitor_({.seed = std::random_device{}(),
                .hears_heartbeats = options_.hears_heartbeats,
                .wake = options_.wake,
                .notify = [this](const std::string& lineage, const model::Event& event) { Heard(lineage, event); },
                .rouse =
                    [this] {
                      const std::lock_guard lock(mutex_);
                      roused_ = true;
                      changed_.notify_all();
                    },
                .heartbeat_key = options_.heartbeat_key,
                .folder_of = options_.folder_of}),
      probe_(std::move(probe)),
      thread_([this] { Work(); }) {}

HealthPump::~HealthPump() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    changed_.notify_all();
  }
  thread_.join();
  ended_ = true;
  Save(Now(), true);
}

base::TimePoint HealthPump::Now() {
  return wall_start_ + (clock_.Monotonic() - boot_start_);
}

base::Millis HealthPump::WallAhead() {
  const auto ahead = std::chrono::duration_cast<base::Millis>(clock_.Now() - Now());
  if (std::chrono::abs(ahead - wall_ahead_.load()) > kWallSlack) wall_ahead_ = ahead;
  return wall_ahead_;
}

void HealthPump::Work() {
  base::TimePoint reports_at{};
  std::unique_lock lock(mutex_);
  while (!stop_) {
    roused_ = false;
    lock.unlock();
    const base::TimePoint now = Now();
    StartLooks(now);
    if (now >= reports_at) {
      BringReports(now);
      reports_at = now + kReportsEvery;
    }
    Save(now, false);
    const base::TimePoint next = std::min(monitor_.NextDue(), reports_at);
    const auto nap = std::clamp(std::chrono::duration_cast<base::Millis>(next - Now()), base::Millis(0), kLongestNap);
    lock.lock();
    changed_.wait_for(lock, nap, [this] { return stop_ || roused_; });
  }
}

void HealthPump::StartLooks(base::TimePoint now) {
  for (;;) {
    std::vector<reconcile::Look> looks = monitor_.Due(now, kLooksAtOnce);
    for (reconcile::Look& look : looks) {
      probe_->Start(std::move(look.request), [this, id = look.id](model::Finding finding, std::string evidence) {
        if (!ended_) monitor_.Found(id, {finding, std::move(evidence), Now()});
      });
    }
    if (looks.size() < kLooksAtOnce) return;
  }
}

void HealthPump::BringReports(base::TimePoint now) {
  if (health_ == nullptr) return;
  std::vector<std::string> lineages;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [lineage, cluster] : clusters_) lineages.push_back(lineage);
  }
  // Reports carry the wall clock of whoever wrote them; one from a time to come is from before that clock was set back.
  const base::Millis ahead = WallAhead();
  for (const std::string& lineage : lineages) {
    if (!monitor_.HasPushed(lineage)) continue;
    const auto reports = health_->Reports(lineage);
    if (!reports) continue;  // a store that cannot be read fails the passes, and says so there
    for (model::HealthReport report : *reports) {
      report.at -= ahead;
      report.until -= ahead;
      if (report.at <= now + kWallSlack) monitor_.Report(lineage, report, now);
    }
  }
}

void HealthPump::Heard(const std::string& lineage, model::Event event) {
  event.time += WallAhead();
  {
    const std::lock_guard lock(mutex_);
    unstored_[lineage].push_back(event);
    Cluster& cluster = clusters_[lineage];
    cluster.save_at = std::min(cluster.save_at, Now() + kSaveSoon);
  }
  if (options_.notify) options_.notify(event);
}

reconcile::PassHealth HealthPump::Known(const model::ClusterState& state) {
  const std::string& lineage = state.cluster.lineage;
  reconcile::PassHealth health;
  health.now = Now();
  monitor_.Refresh(state, health.now);
  health.shortest_grace = options_.shortest_grace;
  health.watching_since = monitor_.WatchingSince(lineage).value_or(health.now);
  health.known = monitor_.Snapshot(lineage);
  reconcile::CarryOver(Remembered(lineage), health.known);
  return health;
}

// What the last pass judged; before the first, what an earlier process stored.
ports::HealthByGroup HealthPump::Remembered(const std::string& lineage) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = clusters_.find(lineage); known != clusters_.end()) return known->second.judged;
  }
  if (health_ == nullptr) return {};
  auto stored = health_->LoadHealth(lineage);
  if (!stored) return {};
  // By a clock that was ahead: none of it is this process's to have seen.
  const base::Millis ahead = WallAhead();
  for (auto& [path, rows] : *stored) {
    for (model::NodeHealth& row : rows) {
      Shift(row, -ahead);
      row.last_at = std::min(row.last_at, wall_start_ - base::Millis(1));
    }
  }
  const std::lock_guard lock(mutex_);
  Cluster& cluster = clusters_[lineage];
  for (const auto& [path, rows] : *stored) cluster.stored.insert(path);
  cluster.judged = *stored;
  cluster.save_at = Now() + kSaveEvery;
  return std::move(*stored);
}

void HealthPump::Passed(const reconcile::PassResult& pass) {
  const std::string& lineage = pass.state.cluster.lineage;
  if (lineage.empty() || !pass.health) return;
  monitor_.Track(pass.state, *pass.health, Now());
  const std::lock_guard lock(mutex_);
  Cluster& cluster = clusters_[lineage];
  const bool differs = !SaySame(*pass.health, cluster.judged);
  cluster.judged = *pass.health;
  cluster.every = HasChecks(pass.state) ? kSaveEvery : kSaveQuiet;
  const base::TimePoint at = differs ? Now() + kSaveSoon : NextSave(Now(), cluster.every);
  if (cluster.save_at == base::TimePoint{} || at < cluster.save_at) cluster.save_at = at;
}

void HealthPump::Follow(const model::ClusterState& state) {
  monitor_.Track(state, Remembered(state.cluster.lineage), Now());
}

// The same moments for all clusters: they are written together.
base::TimePoint HealthPump::NextSave(base::TimePoint now, base::Millis every) const {
  const auto running = std::chrono::duration_cast<base::Millis>(now - wall_start_);
  return wall_start_ + (running / every + 1) * every;
}

void HealthPump::Forget(const std::string& lineage) {
  monitor_.Forget(lineage);
  const std::lock_guard lock(mutex_);
  clusters_.erase(lineage);
}

// What checks found since then counts; what the last judgement said of holding back is kept beside it.
ports::HealthByGroup HealthPump::Merged(const std::string& lineage, const ports::HealthByGroup& judged) const {
  ports::HealthByGroup merged = monitor_.Snapshot(lineage);
  reconcile::CarryOver(judged, merged);
  for (const auto& [path, rows] : judged) {
    std::vector<model::NodeHealth>& now = merged[path];
    for (const model::NodeHealth& row : rows) {
      model::NodeHealth* seen = model::FindHealth(now, model::KeyOf(row));
      if (seen == nullptr || seen->state != row.state) continue;
      seen->held_back = row.held_back;
      seen->held_until = row.held_until;
    }
  }
  return merged;
}

void HealthPump::Save(base::TimePoint now, bool all) {
  std::map<std::string, ports::HealthByGroup> due;
  std::map<std::string, std::vector<model::Event>> events;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [lineage, cluster] : clusters_) {
      if (!all && now < cluster.save_at) continue;
      cluster.save_at = NextSave(now, cluster.every);
      due.emplace(lineage, cluster.judged);
    }
    events = std::exchange(unstored_, {});
  }
  // Failures are left to the passes to tell: they write to the same store.
  std::map<std::string, ports::HealthByGroup> rows;
  for (const auto& [lineage, judged] : due) {
    if (auto found = RowsToStore(lineage, judged); !found.empty()) rows.emplace(lineage, std::move(found));
  }
  if (health_ != nullptr && !rows.empty()) (void)health_->SaveHealthOf(rows);
  for (auto& [lineage, transitions] : events) {
    model::StateChanges changes;
    for (model::Event& event : transitions) changes.emplace_back(model::EventRecorded{std::move(event)});
    if (events_ != nullptr) (void)events_->Commit(lineage, changes);
  }
}

// Clusters of which there is nothing to tell cost no write.
ports::HealthByGroup HealthPump::RowsToStore(const std::string& lineage, const ports::HealthByGroup& judged) {
  ports::HealthByGroup rows = Merged(lineage, judged);
  std::erase_if(rows, [](const auto& group) { return group.second.empty(); });
  std::set<std::string> written;
  const base::Millis ahead = WallAhead();
  for (auto& [path, nodes] : rows) {
    written.insert(path);
    for (model::NodeHealth& node : nodes) Shift(node, ahead);
  }
  {
    const std::lock_guard lock(mutex_);
    const auto cluster = clusters_.find(lineage);
    if (cluster == clusters_.end()) return {};
    for (const std::string& path : cluster->second.stored) rows.try_emplace(path);
    cluster->second.stored = std::move(written);
  }
  return rows;
}

}  // namespace kadende::cli
