// A process that uses a state directory, for tests that kill it, race it, or put it into another pid namespace.
//
//   state_worker open DIR               opens the store, prints "ok" or the error, waits for the end of its input
//   state_worker write DIR LINEAGE N    commits batches N, N+1, ... and prints each number once it is durable
//   state_worker count DIR LINEAGE N    adds N events to a shared log, one commit each
//   state_worker check DIR LINEAGE   loads, commits batch 2 and loads again; prints "before X after Y", two digests
//   state_worker health DIR LINEAGE     stores health of 300 nodes of group `web` and a report, prints "ok"
//   state_worker report DIR LINEAGE N   puts reports about N nodes, prints "ok"
//   state_worker lock DIR GROUP...      takes the run lock of lineage "l", prints "ok" or the error, waits for ever
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "state/lmdb_store.h"
#include "state/run_lock.h"

namespace {

using namespace kadende;

constexpr std::uint32_t kSlots = 500;

void Say(const std::string& line) {
  const std::string text = line + "\n";
  if (write(STDOUT_FILENO, text.data(), text.size()) < 0) _exit(3);
}

// Both groups get the same instance, and every slot of a batch too: a torn batch shows.
model::StateChanges Batch(const std::string& lineage, std::uint32_t number) {
  model::StateChanges changes;
  if (number == 1) {
    model::ClusterRecord cluster;
    cluster.lineage = lineage;
    changes.emplace_back(model::ClusterRecorded{cluster});
  }
  for (std::uint32_t i = 0; i < 40; ++i) {
    model::NodeRecord node;
    node.slot.ordinal = (i * 13) % kSlots;
    node.incarnation = 1;
    node.phase = model::NodePhase::kLive;
    node.instance_id = std::to_string(number);
    node.token = base::Sha256(node.instance_id);
    for (const char* group : {"a", "b"}) changes.emplace_back(model::NodeChanged{group, node});
  }
  model::Event event;
  event.message = std::to_string(number);
  changes.emplace_back(model::EventRecorded{event});
  return changes;
}

int Write(ports::StateStore& store, const std::string& lineage, std::uint32_t number) {
  for (;; ++number) {
    const auto status = store.Commit(lineage, Batch(lineage, number));
    if (!status) {
      Say(status.error().message);
      return 1;
    }
    Say(std::to_string(number));
  }
}

int CountEvents(ports::StateStore& store, const std::string& lineage, int count) {
  for (int i = 0; i < count; ++i) {
    model::Event event;
    event.message = std::to_string(getpid());
    if (!store.Commit(lineage, {model::EventRecorded{event}})) return 1;
  }
  return 0;
}

std::string DigestOf(const model::ClusterState& state) {
  std::string all = state.cluster.name + state.cluster.spec_text;
  for (const auto& [path, group] : state.groups) {
    all += path + std::to_string(group.record.incarnation_floor);
    for (const auto& [key, node] : group.nodes) {
      all += std::to_string(key.ordinal) + "." + std::to_string(key.incarnation) + node.instance_id + node.address +
             base::ToHex(node.token) + node.attributes;
    }
  }
  for (const auto& [key, intent] : state.intents) all += intent.run_id + base::ToHex(intent.token);
  return base::ToHex(base::Sha256(all)).substr(0, 16);
}

int Check(ports::StateStore& store, const std::string& lineage) {
  const auto fail = [](const base::Error& error) {
    Say(error.message);
    return 1;
  };
  const auto before = store.Load(lineage);
  if (!before) return fail(before.error());
  if (const auto status = store.Commit(lineage, Batch(lineage, 2)); !status) return fail(status.error());
  const auto after = store.Load(lineage);
  if (!after) return fail(after.error());
  Say("before " + DigestOf(*before) + " after " + DigestOf(*after));
  return 0;
}

int Report(ports::HealthStore& store, const std::string& lineage, int nodes) {
  for (int i = 0; i < nodes; ++i) {
    model::HealthReport report;
    report.group = "web";
    report.slot_key = std::to_string(i);
    if (const auto status = store.PutReport(lineage, report); !status) {
      Say(status.error().message);
      return 1;
    }
  }
  return 0;
}

int Health(ports::HealthStore& store, const std::string& lineage) {
  std::vector<model::NodeHealth> nodes(300);
  for (std::uint32_t i = 0; i < nodes.size(); ++i) nodes[i].slot.ordinal = i;
  return store.SaveHealth(lineage, {{"web", nodes}}) ? Report(store, lineage, 1) : 1;
}

int Lock(const std::string& directory, const std::vector<std::string>& groups) {
  const auto locks = state::OpenRunLocks(directory);
  const auto lease = (*locks)->Acquire("l", groups, {"worker", "test", getpid(), {}}, base::Millis(0));
  Say(lease ? "ok" : lease.error().message);
  while (lease) pause();
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() < 2) return 2;
  if (args[0] == "lock") return Lock(args[1], {args.begin() + 2, args.end()});
  if (args[0] == "check") dup2(STDOUT_FILENO, STDERR_FILENO);
  const auto store = state::OpenLmdbStore(args[1], {});
  if (!store) {
    Say(store.error().message);
    return 1;
  }
  if (args[0] == "write") return Write(**store, args[2], static_cast<std::uint32_t>(std::stoul(args[3])));
  if (args[0] == "check") return Check(**store, args[2]);
  if (args[0] == "count") return CountEvents(**store, args[2], std::stoi(args[3]));
  if (args[0] == "health" && Health(**store, args[2]) != 0) return 1;
  if (args[0] == "report" && Report(**store, args[2], std::stoi(args[3])) != 0) return 1;
  Say("ok");
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}
