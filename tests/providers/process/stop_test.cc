// Ending nodes, and what is left where something else ended them.
#include "tests/providers/process/process_world.h"

namespace kadende::tests {
namespace {

using model::InstanceStatus;

TEST_CASE("a destroy sends the stop signal and leaves time for a clean end") {
  ProcessWorld world;
  const auto node =
      world.Sh("trap 'echo bye > " + world.base() + "/bye; exit 0' INT; echo ready; while :; do sleep 0.01; done",
               R"("stopSignal":"INT","stopTimeout":"20s")");
  REQUIRE(WaitUntil([&] { return world.OutputOf(node.id) == "ready\n"; }));
  REQUIRE(world.Destroy(node.id));
  CHECK(Slurp(world.base() + "/bye") == "bye\n");
  CHECK(world.List().empty());
  CHECK_FALSE(std::filesystem::exists(world.FolderOf(node.id)));
  CHECK(world.Processes().empty());
}

TEST_CASE("what does not stop in time is killed, with all descendants, also those in sessions of their own") {
  ProcessWorld world;
  const auto node = world.Sh(
      "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' & setsid setsid sleep 1000 & echo ready; "
      "while :; do sleep 0.01; done",
      R"("stopTimeout":"100ms")");
  REQUIRE(WaitUntil([&] { return world.OutputOf(node.id) == "ready\n" && world.Processes().size() >= 4; }));
  REQUIRE(world.Destroy(node.id));
  CHECK(world.Processes().empty());
}

TEST_CASE("the stop properties that are in force are those of the last update") {
  ProcessWorld world;
  const auto node = world.Sh("trap '' TERM; echo ready; while :; do sleep 0.01; done", R"("stopTimeout":"1h")");
  REQUIRE(WaitUntil([&] { return world.OutputOf(node.id) == "ready\n"; }));
  const std::string properties =
      R"({"command":"sh","args":["-c","trap '' TERM; echo ready; while :; do sleep 0.01; done"],"stopTimeout":"50ms"})";
  REQUIRE(world.provider().Update({node.id, node.owner, {}, properties}, {}));
  CHECK(world.Destroy(node.id));
  CHECK(world.Processes().empty());
}

TEST_CASE("a destroy that is not done in time says so, and is finished by the next") {
  ProcessWorld world;
  const auto node = world.Sh("trap '' TERM; echo ready; while :; do sleep 0.01; done", R"("stopTimeout":"500ms")");
  REQUIRE(WaitUntil([&] { return world.OutputOf(node.id) == "ready\n"; }));
  ports::CallContext brief;
  brief.timeout = base::Millis(50);
  const auto first = world.Destroy(node.id, brief);
  REQUIRE_FALSE(first);
  CHECK(first.error().code == base::ErrorCode::kTimeout);
  CHECK(first.error().effect == base::Effect::kPossible);
  CHECK(world.Destroy(node.id));
  CHECK(world.List().empty());
  CHECK(world.Processes().empty());
}

TEST_CASE("a stopped shim is waited for in vain, then killed") {
  ProcessWorld world;
  const auto node = world.Create(R"({"command":"sleep","args":[1000],"stopTimeout":"0s"})");
  Signal(world.ShimStatus(node.id).shim_pid, SIGSTOP);
  CHECK(world.Destroy(node.id));
  CHECK(world.Processes().empty());
  CHECK(world.Shims().empty());
}

TEST_CASE("a node whose main process ends leaves no descendants behind") {
  ProcessWorld world;
  const auto node = world.Sh("trap '' TERM; setsid sleep 1000 & sleep 1000 & exit 0");
  CHECK(world.EndOf(node.id) == "exited with status 0");
  CHECK(WaitUntil([&] { return world.Processes().empty() && world.Shims().empty(); }));
}

TEST_CASE("a killed shim takes its node with it; what detached is told, and ended by a destroy") {
  ProcessWorld world;
  const auto node = world.Sh("setsid sleep 1000 & sleep 1000");
  REQUIRE(WaitUntil([&] { return world.Processes().size() == 3; }));
  const auto status = world.ShimStatus(node.id);
  Signal(status.shim_pid, SIGKILL);
  REQUIRE(WaitUntil([&] { return world.Shims().empty() && world.Processes().size() == 2; }));
  CHECK(WaitUntil([&] {
    const auto told = world.EndOf(node.id);
    return told.starts_with("its supervisor was killed, and it with it; 2 processes of it are left: pid ");
  }));
  CHECK(world.Destroy(node.id));
  CHECK(world.Processes().empty());
  CHECK(world.List().empty());
}

TEST_CASE("a main process that outlives its shim is unhealthy, not gone, and ended by a destroy") {
  ProcessWorld world;
  const auto node = world.Create(R"({"command":"setpriv","args":["--pdeathsig","clear","sleep","1000"]})");
  const auto status = world.ShimStatus(node.id);
  REQUIRE(WaitUntil([&] { return Slurp("/proc/" + std::to_string(status.pid) + "/comm") == "sleep\n"; }));
  Signal(status.shim_pid, SIGKILL);
  REQUIRE(WaitUntil([&] { return world.Shims().empty(); }));
  const auto listed = world.List().at(0);
  CHECK(listed.status == InstanceStatus::kUnhealthy);
  CHECK(listed.status_reason ==
        "its supervisor was killed; its main process, pid " + std::to_string(status.pid) + ", runs on without one");
  CHECK(world.Destroy(node.id));
  CHECK(world.Processes().empty());
  CHECK(world.List().empty());
}

TEST_CASE("a killed shim without left-overs means that the node is over") {
  ProcessWorld world;
  const auto node = world.Create(R"({"command":"sleep","args":[1000]})");
  Signal(world.ShimStatus(node.id).shim_pid, SIGKILL);
  CHECK(world.EndOf(node.id) == "its supervisor was killed, and it with it");
}

TEST_CASE("a node of before a reboot is over, whatever has its pid now") {
  ProcessWorld world;
  const auto node = world.Create(R"({"command":"sleep","args":[1000]})");
  auto status = world.ShimStatus(node.id);
  Signal(status.shim_pid, SIGKILL);
  REQUIRE(WaitUntil([&] { return world.Shims().empty() && world.Processes().empty(); }));
  status.boot = "another boot";
  status.pid = ::getpid();
  status.shim_pid = ::getpid();
  std::ofstream(world.FolderOf(node.id) + "/status") << providers::shim::EncodeStatus(status);
  CHECK(world.EndOf(node.id) == "the machine was restarted");
  CHECK(world.Destroy(node.id));
}

TEST_CASE("a pid that was used again is not taken for the node, and not killed") {
  ProcessWorld world;
  const auto node = world.Create(R"({"command":"sleep","args":[1000]})");
  auto status = world.ShimStatus(node.id);
  Signal(status.shim_pid, SIGKILL);
  REQUIRE(WaitUntil([&] { return world.Shims().empty() && world.Processes().empty(); }));
  status.pid = ::getpid();  // a stranger has the pid: without the token, and with another start time
  std::ofstream(world.FolderOf(node.id) + "/status") << providers::shim::EncodeStatus(status);
  CHECK(world.EndOf(node.id) == "its supervisor was killed, and it with it");
  CHECK(world.Destroy(node.id));  // and we are still here to see it
}

TEST_CASE("a main process that became a zombie does not count as running") {
  ProcessWorld world;
  const auto node = world.Create(R"({"command":"sleep","args":[1000]})");
  const auto status = world.ShimStatus(node.id);
  Signal(status.shim_pid, SIGSTOP);  // cannot reap
  Signal(status.pid, SIGKILL);
  CHECK(WaitUntil([&] { return world.StatusOf(node.id) == InstanceStatus::kTerminating; }));
  Signal(status.shim_pid, SIGCONT);
  CHECK(world.EndOf(node.id) == "killed by signal 9 (SIGKILL)");
}

TEST_CASE("nodes of a deleted registry are found, created no second time, and can be destroyed") {
  ProcessWorld world;
  const auto node = world.Create(R"({"command":"sleep","args":[1000]})", 0);
  const auto other = world.Create(R"({"command":"sleep","args":[1001]})", 1);
  std::filesystem::remove_all(world.registry());
  REQUIRE(world.List().size() == 2);
  CHECK(world.List().at(0).status == InstanceStatus::kRunning);
  CHECK(world.Describe(node.id).presence == ports::Presence::kPresent);
  CHECK(world.Describe(node.id).instance.owner.token == node.owner.token);
  CHECK(world.Create(R"({"command":"sleep","args":[1000]})", 0).id == node.id);
  const auto third = world.Create(R"({"command":"sleep","args":[1002]})", 2);  // the registry is back
  CHECK(world.List().size() == 3);
  CHECK(world.Create(R"({"command":"sleep","args":[1001]})", 1).id == other.id);
  CHECK(world.Processes().size() == 3);
  for (const auto& id : {node.id, other.id, third.id}) CHECK(world.Destroy(id));
  CHECK(world.Processes().empty());
  CHECK(world.Shims().empty());
  CHECK(world.List().empty());
}

TEST_CASE("a node between two starts, whose folder was deleted, is not gone: its shim brings it back") {
  ProcessWorld world;
  const std::string properties = R"({"command":"sh","args":["-c","exit 1"],"restart":"always"})";
  const auto node = world.Create(properties, 3);
  const pid_t shim = world.ShimStatus(node.id).shim_pid;
  // Held between two starts for as long as the test looks at it.
  REQUIRE(WaitUntil([&] {
    Signal(shim, SIGCONT);
    if (world.ShimStatus(node.id).phase != providers::shim::Phase::kWaiting) return false;
    Signal(shim, SIGSTOP);
    return world.ShimStatus(node.id).phase == providers::shim::Phase::kWaiting && world.Processes().empty();
  }));
  SECTION("the node's folder alone") {
    std::filesystem::remove_all(world.FolderOf(node.id));
  }
  SECTION("the whole registry") {
    std::filesystem::remove_all(world.registry());
    REQUIRE(world.List().size() == 1);
    CHECK(world.List().at(0).owner.slot.ordinal == 3);
    CHECK(world.Create(properties, 3).id == node.id);
  }
  const auto described = world.Describe(node.id);
  REQUIRE(described.presence == ports::Presence::kPresent);
  CHECK(described.instance.status == InstanceStatus::kPending);
  CHECK(described.instance.owner.token == node.owner.token);
  CHECK(described.instance.owner.cluster == "shop");
  CHECK(described.instance.name == node.name);
  CHECK(world.Destroy(node.id));  // wakes a stopped shim
  CHECK(world.Describe(node.id).presence == ports::Presence::kGone);
  CHECK(WaitUntil([&] { return world.Shims().empty() && world.Processes().empty(); }));
}

TEST_CASE("what is left without folder and shim is over, and ended by a destroy") {
  ProcessWorld world;
  const auto node = world.Sh("setsid sleep 1000 & exec sleep 1000");
  REQUIRE(WaitUntil([&] { return world.Processes().size() == 2; }));
  const pid_t shim = world.ShimStatus(node.id).shim_pid;
  std::filesystem::remove_all(world.registry());
  Signal(shim, SIGKILL);
  REQUIRE(WaitUntil([&] { return world.Shims().empty() && world.Processes().size() == 1; }));
  REQUIRE(world.List().size() == 1);
  CHECK(world.List().at(0).status == InstanceStatus::kTerminated);
  CHECK(world.Describe(node.id).presence == ports::Presence::kGone);
  CHECK(world.Destroy(node.id));
  CHECK(world.Processes().empty());
}

TEST_CASE("the scope says machine, user and registry, and stays the same when the registry is deleted") {
  ProcessWorld world;
  ProcessWorld elsewhere;
  const auto scope = [](ProcessWorld& at) { return at.provider().List({}, {})->scope; };
  const std::string before = scope(world);
  CHECK(before.starts_with("process:"));
  CHECK(before != scope(elsewhere));
  std::filesystem::remove_all(world.registry());
  CHECK(scope(world) == before);
}

TEST_CASE("a damaged record is an error that names it, never an absence") {
  ProcessWorld world;
  const auto node = world.Create(R"({"command":"sleep","args":[1000]})");
  std::ofstream(world.FolderOf(node.id) + "/record.json") << R"({"format":7})";
  ports::ListRequest request;
  request.lineage = kNodeLineage;
  const auto listed = world.provider().List(request, {});
  REQUIRE_FALSE(listed);
  CHECK(listed.error().code == base::ErrorCode::kCorrupt);
  CHECK(listed.error().message ==
        world.FolderOf(node.id) + "/record.json: has format 7, this kadende knows 1: use the newer kadende");
  CHECK(world.Destroy(node.id));  // by its id it can still be ended
  CHECK(world.Processes().empty());
}

}  // namespace
}  // namespace kadende::tests
