// A cluster for tests of planning: a spec, a state and a fake provider, with a simulated apply between them.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "engine/plan/planner.h"
#include "tests/support/fake_provider.h"

namespace kadende::test {

inline const std::string kLineage = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

struct PlanWorld {
  PlanWorld();
  PlanWorld(const PlanWorld&) = delete;
  PlanWorld& operator=(const PlanWorld&) = delete;

  // The group of that path in the spec, made where it is not there.
  model::GroupSpec& Group(const std::string& path, std::uint32_t size, const std::string& properties = "{\"image\":1}");
  model::GroupSpec& Ids(const std::string& path, std::vector<std::string> ids);
  void Drop(const std::string& path);

  [[nodiscard]] base::Result<plan::Planned> TryPlan(const plan::PlanOptions& options = {});
  [[nodiscard]] plan::Planned Plan(const plan::PlanOptions& options = {});
  [[nodiscard]] std::string Text(const plan::PlanOptions& options = {});     // DumpPlan
  [[nodiscard]] std::string Actions(const plan::PlanOptions& options = {});  // DumpActions
  [[nodiscard]] plan::Planned Heal();

  // Does what the plan says, one action at a time in an order that its edges allow; stops after `steps` actions, which
  // leaves the run unfinished.
  void Apply(plan::Planned planned, std::mt19937* random = nullptr, std::size_t steps = SIZE_MAX);
  void PlanAndApply(const plan::PlanOptions& options = {}) { Apply(Plan(options)); }

  // A create that was cut off between its intent and its outcome; `landed`: the instance exists.
  void CutCreate(const std::string& group, std::uint32_t ordinal, bool landed);
  [[nodiscard]] std::string IdOf(const std::string& node) const;  // of the live row, "web[0]"
  [[nodiscard]] model::NodeRecord& Row(const std::string& node);
  // An instance of our lineage with these facts, as another copy of the state would have made it.
  std::string PutInstance(const std::string& group, std::uint32_t ordinal, std::uint32_t incarnation);

  FakeProvider fake{"fake"};
  FakeProviders providers;
  model::ClusterSpec spec;
  model::ClusterState state;
  base::TimePoint now = base::FromUnixMillis(1'800'000'000'000);
};

// One line an action: "create web[0]#1 size_up after 2,3".
[[nodiscard]] std::string DumpActions(const model::Plan& plan);
// Groups with what they say, then actions, then diagnostics and notes.
[[nodiscard]] std::string DumpPlan(const model::Plan& plan);

}  // namespace kadende::test
