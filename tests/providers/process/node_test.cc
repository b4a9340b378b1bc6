// What a node is given, and what is told of its end. Real processes.
#include "tests/providers/process/process_world.h"

namespace kadende::tests {
namespace {

using model::InstanceStatus;

TEST_CASE("a node runs with a small environment of its own and its files in its folder") {
  ProcessWorld world;
  ::setenv("SECRET_OF_THE_SHELL", "x", 1);
  const auto node = world.Sh("cat conf/a.txt; env; pwd; sleep 1000",
                             R"("env":{"GREETING":"hi there"},"files":{"conf/a.txt":"content\n"})");
  CHECK(node.status == InstanceStatus::kRunning);
  CHECK(node.addresses == std::vector<std::string>{"127.0.0.1"});
  REQUIRE(WaitUntil([&] { return world.OutputOf(node.id).find("/work\n") != std::string::npos; }));
  const std::string output = world.OutputOf(node.id);
  CHECK(output.starts_with("content\n"));
  for (const char* line : {"GREETING=hi there\n", "KADENDE_NODE=web-0\n", "KADENDE_CLUSTER=shop\n", "PATH="}) {
    CHECK(output.find(line) != std::string::npos);
  }
  CHECK(output.find("KADENDE_TOKEN=" + base::ToBase32(node.owner.token) + "\n") != std::string::npos);
  CHECK(output.find("SECRET_OF_THE_SHELL") == std::string::npos);
  ::unsetenv("SECRET_OF_THE_SHELL");
}

TEST_CASE("a node has no descriptor but the standard ones, no controlling terminal, and a session of its own") {
  ProcessWorld world;
  const int leaked = ::open("/dev/null", 0);  // not close-on-exec: must not reach the node all the same
  const auto node = world.Create(R"({"command":"sleep","args":[1000]})");
  const pid_t pid = world.ShimStatus(node.id).pid;
  const auto descriptors = [&] {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  };
  // The dynamic loader has files open for a moment.
  CHECK(WaitUntil([&] { return descriptors() == std::vector<std::string>{"0", "1", "2"}; }));
  CHECK(::getsid(pid) == pid);
  CHECK(::getpgid(pid) == pid);
  CHECK(::getsid(world.ShimStatus(node.id).shim_pid) != ::getsid(0));
  ::close(leaked);
}

TEST_CASE("an end is told with its status and the last line of output, made harmless") {
  ProcessWorld world;
  const auto node = world.Sh(R"(echo starting; printf 'cannot bind \033[31m8080\n\n'; exit 3)");
  CHECK(world.EndOf(node.id) == R"(exited with status 3: cannot bind \x1b[31m8080)");
  CHECK(world.Describe(node.id).presence == ports::Presence::kGone);
  CHECK(world.Describe(node.id).instance.attributes.find(R"("exitStatus":3)") != std::string::npos);
}

TEST_CASE("a node that was killed is told so") {
  ProcessWorld world;
  const auto node = world.Create(R"({"command":"sleep","args":[1000]})");
  Signal(world.ShimStatus(node.id).pid, SIGKILL);
  CHECK(world.EndOf(node.id) == "killed by signal 9 (SIGKILL)");
  CHECK(WaitUntil([&] { return world.Shims().empty(); }));
}

TEST_CASE("a command that is not there is an error that names it, and leaves nothing") {
  ProcessWorld world;
  const auto missing = world.TryCreate(R"({"command":"no-such-program-here"})");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == base::ErrorCode::kInvalid);
  CHECK(missing.error().effect == base::Effect::kNone);
  CHECK(missing.error().message.starts_with("command `no-such-program-here` is not found in PATH ("));
  const auto relative = world.TryCreate(R"({"command":"./db"})");
  REQUIRE_FALSE(relative);
  CHECK(relative.error().message ==
        "command `./db` cannot be executed: " + world.base() + "/./db: No such file or directory");
  const auto script = world.TryCreate(R"({"command":"run","files":{"run":"#!/no/such/interpreter\n"}})");
  REQUIRE_FALSE(script);
  CHECK(script.error().message ==
        "command `run` cannot be executed: No such file or directory (the interpreter of its `#!` line is missing?)");
  const auto nowhere = world.TryCreate(R"({"command":"sleep","workingDirectory":"nowhere"})");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().message == "workingDirectory " + world.base() + "/nowhere is no folder");
  CHECK(world.List().empty());
  CHECK(std::filesystem::is_empty(world.registry() + "/" + kNodeLineage));
}

TEST_CASE("a command is found in files, in the working directory and in the configuration's folder") {
  ProcessWorld world;
  std::filesystem::create_directory(world.base() + "/srv");
  for (const std::string place : {"/srv/tool", "/tool", "/other"}) {
    std::ofstream(world.base() + place) << "#!/bin/sh\necho " << place << " in $(pwd)\n";
    std::filesystem::permissions(world.base() + place, std::filesystem::perms::owner_all);
  }
  const auto in_srv = world.Create(R"({"command":"./tool","workingDirectory":"srv"})", 0);
  CHECK(world.EndOf(in_srv.id) == "exited with status 0: /srv/tool in " + world.base() + "/srv");
  const auto in_base = world.Create(R"({"command":"./other","workingDirectory":"srv"})", 1);
  CHECK(world.EndOf(in_base.id) == "exited with status 0: /other in " + world.base() + "/srv");
  const auto own = world.Create(R"({"command":"tool","files":{"tool":"#!/bin/sh\necho own"}})", 2);
  CHECK(world.EndOf(own.id) == "exited with status 0: own");
}

TEST_CASE("a missing shim is named with the places that were looked at") {
  ProcessWorld world;
  providers::ProcessOptions options;
  options.registry = world.registry();
  options.shim_path = world.base() + "/no-shim";
  const auto made = providers::MakeProcessProvider(options);
  const auto created = made.provider->Create(ProcessWorld::Request(R"({"command":"sleep"})"), {});
  REQUIRE_FALSE(created);
  CHECK(created.error().message == "the program kadende-shim, under which process nodes run, is not at " +
                                       world.base() + "/no-shim: install it, or set KADENDE_SHIM to where it is");
}

TEST_CASE("a shim that does not get going is given up in time, and said to be possible") {
  ProcessWorld world;
  providers::ProcessOptions options;
  options.registry = world.registry();
  options.shim_path = world.base() + "/stuck-shim";
  std::ofstream(options.shim_path) << "#!/bin/sh\nexec sleep 30\n";
  std::filesystem::permissions(options.shim_path, std::filesystem::perms::owner_all);
  const auto made = providers::MakeProcessProvider(options);
  ports::CallContext brief;
  brief.timeout = base::Millis(100);
  const auto created = made.provider->Create(ProcessWorld::Request(R"({"command":"sleep","args":[1000]})"), brief);
  REQUIRE_FALSE(created);
  CHECK(created.error().code == base::ErrorCode::kTimeout);
  CHECK(created.error().effect == base::Effect::kPossible);
  CHECK(created.error().message.starts_with("kadende-shim did not get going for " + world.registry()));
  CHECK(Slurp("/proc/self/task/" + std::to_string(::getpid()) + "/children").empty());  // ended, no zombie
}

TEST_CASE("a shim that ends before it does anything is named with how it ended, and leaves nothing") {
  ProcessWorld world;
  providers::ProcessOptions options;
  options.registry = world.registry();
  options.shim_path = world.base() + "/broken-shim";
  std::ofstream(options.shim_path) << "#!/bin/sh\nexit 7\n";
  std::filesystem::permissions(options.shim_path, std::filesystem::perms::owner_all);
  const auto made = providers::MakeProcessProvider(options);
  const auto created = made.provider->Create(ProcessWorld::Request(R"({"command":"sleep","args":[1000]})"), {});
  REQUIRE_FALSE(created);
  CHECK(created.error().effect == base::Effect::kNone);
  CHECK(created.error().message ==
        options.shim_path + " ended with status 7 before it did anything: is it of the same version as kadende?");
  CHECK(std::filesystem::is_empty(world.registry() + "/" + kNodeLineage));
}

// What a full disk does to the shim: `status.new` cannot be written.
TEST_CASE("a node that cannot be put on record is not started, and the create says why") {
  ProcessWorld world;
  const auto other = world.Create(R"({"command":"sleep","args":[1000]})", 1);  // litter is removed once, now
  REQUIRE(world.Destroy(other.id));
  const auto request = ProcessWorld::Request(R"({"command":"sleep","args":[1000]})");
  const std::string folder =
      world.registry() + "/" + kNodeLineage + "/" + base::ToBase32(request.owner.token).substr(0, 16);
  std::filesystem::create_directories(folder + "/status.new");
  const auto created = world.provider().Create(request, {});
  REQUIRE_FALSE(created);
  CHECK(created.error().effect == base::Effect::kNone);
  CHECK(created.error().message ==
        "kadende-shim started nothing, because it cannot write " + folder + "/status: Is a directory");
  CHECK(WaitUntil([&] { return world.Processes().empty() && world.Shims().empty(); }));
  CHECK_FALSE(std::filesystem::exists(folder));
}

TEST_CASE("a status that cannot be written for a while is written later") {
  ProcessWorld world;
  const auto node = world.Sh("while [ ! -e go ]; do sleep 0.01; done; rm go; exit 1", R"("restart":"always")");
  const std::string folder = world.FolderOf(node.id);
  std::filesystem::create_directory(folder + "/status.new");
  std::ofstream(folder + "/work/go") << "";
  REQUIRE(WaitUntil([&] { return !std::filesystem::exists(folder + "/work/go"); }));
  REQUIRE(WaitUntil([&] { return world.Processes().empty(); }));
  CHECK(world.ShimStatus(node.id).restarts == 0);
  std::filesystem::remove(folder + "/status.new");
  CHECK(WaitUntil(
      [&] { return world.ShimStatus(node.id).restarts == 1 && world.StatusOf(node.id) == InstanceStatus::kRunning; }));
  CHECK(world.Destroy(node.id));
}

TEST_CASE("a restart policy brings the program back, and says how often") {
  ProcessWorld world;
  const auto node =
      world.Sh("echo run >> runs; [ $(wc -l < runs) -ge 2 ] && sleep 1000; exit 1", R"("restart":"on-failure")");
  REQUIRE(WaitUntil(
      [&] { return world.ShimStatus(node.id).restarts == 1 && world.StatusOf(node.id) == InstanceStatus::kRunning; }));
  CHECK(world.List().at(0).attributes.find(R"("restarts":1)") != std::string::npos);
  CHECK(world.Destroy(node.id));
  CHECK(world.Processes().empty());
}

TEST_CASE("two hundred nodes from sixteen threads leave no descriptor, no zombie and no mixture") {
  ProcessWorld world;
  constexpr std::uint32_t kNodes = 200;
  const std::size_t before = OpenDescriptors();
  std::vector<std::string> ids(kNodes);
  std::vector<std::string> errors(kNodes);
  const auto each = [&](auto call) {
    std::vector<std::jthread> threads;
    for (std::uint32_t t = 0; t < 16; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint32_t i = t; i < kNodes; i += 16) call(i);
      });
    }
  };
  each([&](std::uint32_t i) {
    const auto created = world.TryCreate(R"({"command":"sleep","args":[)" + std::to_string(1000 + i) + "]}", i);
    if (created) ids[i] = created->instance.id;
    if (!created) errors[i] = created.error().message;
  });
  for (const std::string& error : errors) CHECK(error.empty());
  CHECK(OpenDescriptors() == before);
  CHECK(world.Processes().size() == kNodes);
  for (std::uint32_t i = 0; i < kNodes; ++i) {
    const std::string pid = std::to_string(world.ShimStatus(ids[i]).pid);
    CHECK(Slurp("/proc/" + pid + "/cmdline") ==
          "sleep" + std::string(1, '\0') + std::to_string(1000 + i) + std::string(1, '\0'));
  }
  each([&](std::uint32_t i) { errors[i] = world.Destroy(ids[i]) ? "" : "failed"; });
  for (const std::string& error : errors) CHECK(error.empty());
  CHECK(OpenDescriptors() == before);
  CHECK(world.Processes().empty());
  const std::string children = Slurp("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  CHECK(children.empty());  // neither zombies nor shims
}

}  // namespace
}  // namespace kadende::tests
