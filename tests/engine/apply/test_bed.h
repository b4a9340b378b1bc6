// A whole small world for tests of apply and reconcile: store, history, locks, clock and one provider, all in memory.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/apply/run.h"
#include "engine/ports/observer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_provider.h"
#include "tests/support/memory_history.h"
#include "tests/support/memory_lease.h"
#include "tests/support/memory_store.h"

namespace kadende::test {

// Notes events as "kind group[slot]#incarnation".
class RecordingObserver : public ports::Observer {
 public:
  void OnEvent(const model::Event& event) override {
    events.push_back(event);
    if (on_event) on_event(event);
  }
  std::vector<model::Event> events;
  std::function<void(const model::Event&)> on_event;

  [[nodiscard]] std::size_t Count(model::EventKind kind) const {
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(), [kind](const auto& event) { return event.kind == kind; }));
  }
};

class TestBed {
 public:
  TestBed();

  // A file with groups of provider "fake": {"web", 2}, ...
  [[nodiscard]] static model::ClusterSpec Spec(const std::vector<std::pair<std::string, std::uint32_t>>& groups,
                                               const std::string& image = "a");
  // The lineage of the only cluster; empty where there is none.
  [[nodiscard]] model::Lineage Lineage();
  [[nodiscard]] model::ClusterState State();
  [[nodiscard]] apply::RunPorts Ports();
  [[nodiscard]] apply::RunRequest Request(const model::ClusterSpec& spec);
  [[nodiscard]] base::Result<apply::RunResult> Apply(const model::ClusterSpec& spec);
  [[nodiscard]] base::Result<apply::RunResult> Destroy();

  // "web[0]#1 live, web[1]#1 leaving": rows without tombstones, then open intents.
  [[nodiscard]] std::string Rows();
  // "web[0]#1 web[1]#1": what the provider has.
  [[nodiscard]] std::string World();
  // The create and destroy calls so far, one a line.
  [[nodiscard]] std::string Calls();

  // One: instances get their ids in the order of the slots.
  std::uint32_t parallelism = 1;
  tests::MemoryStore store;
  MemoryHistory history;
  tests::MemoryLeadership leadership;
  FakeClock clock;
  FakeProvider fake{"fake"};
  FakeProviders providers;
  RecordingObserver observer;
};

}  // namespace kadende::test
