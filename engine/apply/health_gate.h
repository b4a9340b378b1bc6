// A gate of a rollout: waits until new nodes are healthy, and have been so for the group's bake time, before anything
// that depends on them goes on. Nothing here blocks: a gate is looked at again and again by the coordinator.
//
// A gate of the whole group with reason `replaced` waits for rollout.pause alone (plan/rollout.h).
//
// With health checks the word of ports::HealthWatch counts. Without such as an apply can look at, a node only has to be
// there for the bake time: a worker asks its provider at the end, about many at once.
#pragma once

#include <map>
#include <vector>

#include "engine/apply/step.h"

namespace kadende::apply {

// What an apply can see by itself. Heartbeats and reports go to the watch, which may not even run: an apply that waited
// for them would wait in vain.
[[nodiscard]] std::vector<model::HealthCheck> ChecksOfApply(const model::GroupPolicy& policy);

class HealthGate {
 public:
  // All must outlive the gate. `health` null: nobody looks, nodes with checks pass at once.
  HealthGate(Workbench& bench, ports::HealthWatch* health, ports::Clock& clock)
      : bench_(bench), health_(health), clock_(clock) {}

  // The first look at `action`, a kGate: kDone where there is nothing to wait for, otherwise as Look.
  [[nodiscard]] Step Open(model::ActionId action, Job& job);
  // kLater: look again after `delay`. kCall: a worker is to ask the provider. kFailed: a node did not become healthy
  // within timeouts.join, or failed while it baked.
  [[nodiscard]] Step Look(Job& job);
  // After a worker asked the provider.
  [[nodiscard]] Step Asked(Job& job);
  void Close(const Job& job) { waiting_.erase(job.action); }

 private:
  struct Waiting {
    bool by_checks = false;
    bool rests = false;                // for the pause alone
    std::vector<std::uint32_t> slots;  // ordinals
    base::Millis since{};              // CLOCK_BOOTTIME, as all here
    base::Millis healthy_since{};      // all of them; zero: not yet
    base::Millis pause{};
    base::Millis bake{};
    std::size_t asked = 0;           // nodes that the provider has been, or is being asked about
    std::vector<model::Slot> batch;  // of them: those that it is being asked about
  };

  [[nodiscard]] std::vector<std::uint32_t> SlotsOf(model::ActionId action) const;
  [[nodiscard]] const model::NodeRecord* Live(model::ActionId action, std::uint32_t ordinal) const;
  void Tell(model::ActionId action);
  [[nodiscard]] Step OpenPause(model::ActionId action, Job& job);
  [[nodiscard]] Step LookByChecks(Job& job, Waiting& waiting);
  [[nodiscard]] Step LookByProvider(Job& job, Waiting& waiting);
  [[nodiscard]] Step Later(Waiting& waiting, base::Millis longest) const;

  Workbench& bench_;
  ports::HealthWatch* const health_;
  ports::Clock& clock_;
  std::map<model::ActionId, Waiting> waiting_;
};

}  // namespace kadende::apply
