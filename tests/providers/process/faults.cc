// A create and a destroy are cut with kill -9 at each durable step and then done again: one node, then none.
#include <sys/wait.h>

#include "tests/providers/process/process_world.h"

namespace kadende::tests {
namespace {

const std::vector<std::string> kCreateSteps = {"providers.process.create.before", "providers.process.create.folder",
                                               "providers.process.create.record", "providers.process.create.files",
                                               "providers.process.create.filled", "providers.process.create.spawned",
                                               "providers.process.create.started"};
const std::vector<std::string> kDestroySteps = {"providers.process.destroy.before", "providers.process.destroy.asked",
                                                "providers.process.destroy.ended",  "providers.process.remove.before",
                                                "providers.process.remove.renamed", "providers.process.remove.after",
                                                "providers.process.destroy.after"};

// The driver's wait status.
int Drive(const std::string& registry, const std::string& call) {
  return std::system((KADENDE_DRIVER " " + registry + " " + kNodeLineage + " " + call + " >/dev/null").c_str());
}

// Whether the driver was killed at the step.
bool Cut(const ProcessWorld& world, const std::string& call, const std::string& step) {
  const std::string report = world.base() + "/report";
  ::setenv("KADENDE_FAULT", (step + ":1").c_str(), 1);
  ::setenv("KADENDE_FAULT_REPORT", report.c_str(), 1);
  Drive(world.registry(), call);
  ::unsetenv("KADENDE_FAULT");
  ::unsetenv("KADENDE_FAULT_REPORT");
  return Slurp(report) == step + " 1\n";
}

TEST_CASE("a create that is cut anywhere and done again gives exactly one process") {
  for (const std::string& step : kCreateSteps) {
    DYNAMIC_SECTION(step) {
      ProcessWorld world;
      REQUIRE(Cut(world, "create", step));
      for (const auto& instance : world.List()) CHECK(instance.status != model::InstanceStatus::kTerminated);
      REQUIRE(Drive(world.registry(), "create") == 0);
      REQUIRE(Drive(world.registry(), "create") == 0);
      // A shim of the first create may still be on its way to find that it is not needed.
      CHECK(WaitUntil([&] { return world.Shims().size() == 1 && world.Processes().size() == 1; }));
      REQUIRE(world.List().size() == 1);
      CHECK(world.List().at(0).status == model::InstanceStatus::kRunning);
    }
  }
}

TEST_CASE("a create that is cut anywhere and then destroyed leaves nothing") {
  for (const std::string& step : kCreateSteps) {
    DYNAMIC_SECTION(step) {
      ProcessWorld world;
      REQUIRE(Cut(world, "create", step));
      REQUIRE(Drive(world.registry(), "destroy") == 0);
      CHECK(WaitUntil([&] { return world.Shims().empty() && world.Processes().empty(); }));
      CHECK(world.List().empty());
    }
  }
}

TEST_CASE("a destroy that is cut anywhere and done again leaves nothing, and nothing of it comes back") {
  for (const std::string& step : kDestroySteps) {
    DYNAMIC_SECTION(step) {
      ProcessWorld world;
      REQUIRE(Drive(world.registry(), "create") == 0);
      REQUIRE(Cut(world, "destroy", step));
      REQUIRE(Drive(world.registry(), "destroy") == 0);
      CHECK(world.List().empty());
      CHECK(world.Processes().empty());
      // The litter of the cut goes with the next create of the lineage, which is a node of its own.
      REQUIRE(Drive(world.registry(), "create") == 0);
      CHECK(world.Processes().size() == 1);
      std::size_t entries = 0;
      for (const auto& entry : std::filesystem::directory_iterator(world.registry() + "/" + kNodeLineage)) {
        entries += entry.exists() ? 1 : 0;
      }
      CHECK(entries == 1);
    }
  }
}

}  // namespace
}  // namespace kadende::tests
