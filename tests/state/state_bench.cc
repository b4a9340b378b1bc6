// How much the working store writes and how long it takes; not a test. Prints one line a figure.
//
//   state_bench DIR [NODES]      DIR must not exist; 100,000 nodes unless said otherwise
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

#include "engine/base/digest.h"
#include "state/lmdb_store.h"

namespace {

using namespace kadende;
using Clock = std::chrono::steady_clock;

constexpr char kLineage[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

// Bytes passed to write() and its kin by this process.
long long WrittenBytes() {
  std::ifstream io("/proc/self/io");
  std::string name;
  long long value = 0;
  while (io >> name >> value) {
    if (name == "wchar:") return value;
  }
  return -1;
}

// Runs `work` and prints what it cost.
template <class Work>
void Measure(const char* what, Work work) {
  const long long bytes = WrittenBytes();
  const auto start = Clock::now();
  work();
  const auto took = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  std::printf("%-44s %9.1f ms %10.1f KB\n", what, took, static_cast<double>(WrittenBytes() - bytes) / 1000.0);
}

model::NodeRecord Node(std::uint32_t ordinal, std::uint32_t incarnation) {
  model::NodeRecord node;
  node.slot.ordinal = ordinal;
  node.incarnation = incarnation;
  node.phase = model::NodePhase::kLive;
  node.instance_id = "i-" + std::to_string(1'000'000 + ordinal) + std::to_string(incarnation);
  node.address = "10.0." + std::to_string(ordinal / 250 % 250) + "." + std::to_string(ordinal % 250);
  node.token = base::Sha256(node.instance_id);
  node.revision = base::Sha256("revision");
  node.created_at = base::FromUnixMillis(1'763'800'000'000 + ordinal);
  return node;
}

model::IntentWritten IntentFor(std::uint32_t ordinal, std::uint32_t incarnation, model::IntentKind kind) {
  model::Intent intent;
  intent.kind = kind;
  intent.node = {"web", {ordinal, ""}};
  intent.incarnation = incarnation;
  intent.token = base::Sha256(std::to_string(ordinal));
  intent.revision = base::Sha256("revision");
  intent.run_id = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
  return {intent};
}

model::EventRecorded EventFor(const char* what) {
  model::Event event;
  event.cluster = "shop";
  event.group = "web";
  event.slot_key = "50000";
  event.actor = "ann@laptop";
  event.run_id = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
  event.time = base::FromUnixMillis(1'763'800'000'000);
  event.message = std::string("web[50000] ") + what + " as instance i-1000000, because it was missing";
  return {event};
}

model::ClusterRecorded Header(bool run) {
  model::ClusterRecord cluster;
  cluster.lineage = kLineage;
  cluster.name = "shop";
  cluster.spec_text = std::string(2000, 's');
  if (run) {
    cluster.run.emplace();
    cluster.run->id = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    cluster.run->plan = std::string(3000, 'p');
    cluster.run->plan_text = std::string(2000, 't');
  }
  return {cluster};
}

void Must(const base::Status& status) {
  if (status) return;
  std::printf("%s\n", status.error().message.c_str());
  std::exit(1);
}

// As an apply with 64 calls in flight does it: outcomes and the next intents together.
void Fill(ports::StateStore& store, std::uint32_t nodes) {
  constexpr std::uint32_t kBatch = 64;
  for (std::uint32_t first = 0; first < nodes + kBatch; first += kBatch) {
    model::StateChanges changes;
    for (std::uint32_t i = first; i < first + kBatch; ++i) {
      if (i >= kBatch) changes.emplace_back(model::NodeCreated{"web", Node(i - kBatch, 1)});
      if (i >= kBatch) changes.emplace_back(EventFor("was created"));
      if (i < nodes) changes.emplace_back(IntentFor(i, 1, model::IntentKind::kCreate));
    }
    Must(store.Commit(kLineage, changes));
  }
}

void ReplaceOne(ports::StateStore& store, std::uint32_t ordinal) {
  using model::IntentKind;
  Must(store.Commit(kLineage, {Header(true), EventFor("run started"), IntentFor(ordinal, 2, IntentKind::kCreate)}));
  auto leaving = Node(ordinal, 1);
  leaving.phase = model::NodePhase::kLeaving;
  Must(store.Commit(kLineage, {model::NodeCreated{"web", Node(ordinal, 2)}, model::NodeChanged{"web", leaving},
                               EventFor("was created"), IntentFor(ordinal, 1, IntentKind::kDestroy)}));
  Must(store.Commit(kLineage, {model::NodeGone{"web", {ordinal, ""}, 1, {}}, EventFor("was destroyed"), Header(true)}));
  Must(store.Commit(kLineage, {model::Published{2, std::string(40, 'c')}, EventFor("published")}));
}

model::NodeHealth HealthOf(std::uint32_t ordinal, base::TimePoint now) {
  model::NodeHealth node;
  node.slot.ordinal = ordinal;
  node.incarnation = 1;
  node.state = model::HealthState::kHealthy;
  node.since = node.joined_at = now - std::chrono::hours(30);
  node.check = "ready";
  node.evidence = "status 200";
  node.last_at = now - base::Millis(ordinal * 7919 % 10'000);
  node.next_at = node.last_at + base::Millis(10'000);
  return node;
}

// As a watch stores it every ten seconds: every node was looked at since.
void SaveHealth(ports::HealthStore& store, std::uint32_t nodes) {
  ports::HealthByGroup health;
  for (int round = 0; round < 2; ++round) {
    const base::TimePoint now = base::FromUnixMillis(1'763'800'000'000 + round * 10'000);
    auto& rows = health["web"];
    rows.clear();
    for (std::uint32_t i = 0; i < nodes; ++i) rows.push_back(HealthOf(i, now));
    Measure(round == 0 ? "save health, first" : "save health, every node looked at again",
            [&] { Must(store.SaveHealth(kLineage, health)); });
  }
  Measure("save health, nothing new", [&] { Must(store.SaveHealth(kLineage, health)); });
  Measure("load health", [&] {
    Must(store.LoadHealth(kLineage) ? base::Status() : base::Fail(base::ErrorCode::kInternal, "health"));
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto nodes = static_cast<std::uint32_t>(argc > 2 ? std::stoul(argv[2]) : 100'000);
  auto store = state::OpenLmdbStore(argv[1], {});
  if (!store) Must(tl::unexpected<base::Error>(store.error()));
  model::GroupRecord group;
  group.path = "web";
  group.current.size = nodes;
  group.target = group.current;
  group.revisions.resize(2);
  group.revisions[0].properties = group.revisions[1].properties = std::string(600, 'r');
  Must((*store)->Commit(kLineage, {Header(true), model::GroupRecorded{group}}));
  Measure("create all, 64 at a time, with events", [&] { Fill(**store, nodes); });
  Measure("publish", [&] { Must((*store)->Commit(kLineage, {model::Published{1, std::string(40, 'b')}})); });
  Measure("load",
          [&] { Must((*store)->Load(kLineage) ? base::Status() : base::Fail(base::ErrorCode::kInternal, "load")); });
  Measure("replace one node", [&] { ReplaceOne(**store, nodes / 2); });
  Measure("events of one slot (all scanned)", [&] {
    const auto events = (*store)->Events({kLineage, "web", "1", 0, 100});
    Must(events ? base::Status() : base::Fail(base::ErrorCode::kInternal, "events"));
  });
  SaveHealth(**store, nodes);
  Measure("open again", [&] {
    store->reset();
    store = state::OpenLmdbStore(argv[1], {});
  });
  return 0;
}
