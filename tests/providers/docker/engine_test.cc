// What the contract does not say: health, stopped or gone, programs inside, tags that somebody removed.
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "engine/model/identity.h"
#include "providers/docker/docker_provider.h"
#include "tests/providers/docker/engine_support.h"

namespace kadende::tests {
namespace {

using base::ErrorCode;
using model::InstanceStatus;

class DockerWorld {
 public:
  ~DockerWorld() {
    for (const std::string& id : made_) (void)provider().Destroy(scope_, id, "size_down", {});
  }
  [[nodiscard]] ports::Provider& provider() { return *docker_.provider; }
  [[nodiscard]] ports::Exec& exec() { return *docker_.exec; }
  [[nodiscard]] const std::string& scope() const { return scope_; }
  [[nodiscard]] const model::Ownership& owner() const { return owner_; }

  model::Instance Create(const std::string& more) {
    ports::CreateRequest request;
    request.owner = owner_;
    request.name = model::InstanceName("shop", "web", {}, owner_.token);
    const std::string properties = R"({"command":["sleep","1000"],"host":")" + Engine() + R"(","image":")" + kImage +
                                   R"(","stopSignal":"KILL")" + more + "}";
    request.properties = properties;
    const auto created = provider().Create(request, {});
    if (!created) FAIL(created.error().message);
    made_.push_back(created->instance.id);
    return created->instance;
  }
  ports::Description Describe(const std::string& id) {
    const auto described = provider().Describe(scope_, {&id, 1}, {});
    if (!described) FAIL(described.error().message);
    return described->descriptions[0];
  }
  base::Result<ports::ExecResult> Run(const std::string& id, std::vector<std::string> command,
                                      std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
    return exec().Run({id, scope_, std::move(command), {{"GREETING", "hello"}}}, {.timeout = timeout, .stop = {}});
  }

 private:
  static model::Ownership MakeOwner() {
    model::Ownership owner;
    owner.lineage = model::NewLineage();
    owner.cluster = "shop";
    owner.group = "web";
    owner.incarnation = 1;
    owner.token = model::MakeToken(owner.lineage, "web", {}, 1);
    return owner;
  }
  const std::string scope_ = R"({"host":")" + Engine() + R"("})";
  const model::Ownership owner_ = MakeOwner();
  providers::DockerProvider docker_ = providers::MakeDockerProvider();
  std::vector<std::string> made_;
};

TEST_CASE("the engine's verdict on health is the status") {
  DockerWorld world;
  const std::string id =
      world.Create(R"(,"healthcheck":{"command":["test","-e","/tmp/well"],"interval":"1h","retries":1})").id;
  CHECK(world.Describe(id).instance.status == InstanceStatus::kPending);
  Shell("podman --remote healthcheck run " + id + " >/dev/null 2>&1 || true");  // nobody runs it here by the clock
  const auto failing = world.Describe(id);
  CHECK(failing.presence == ports::Presence::kPresent);
  CHECK(failing.instance.status == InstanceStatus::kUnhealthy);
  CHECK(failing.instance.status_reason == "its health check fails");
  Podman("exec " + id + " touch /tmp/well");
  Podman("healthcheck run " + id);
  CHECK(world.Describe(id).instance.status == InstanceStatus::kRunning);
}

TEST_CASE("a container that ended is gone; one that somebody stopped against its policy is not") {
  DockerWorld world;
  SECTION("no policy") {
    const std::string id = world.Create("").id;
    Podman("stop -t 0 " + id);
    const auto ended = world.Describe(id);
    CHECK(ended.presence == ports::Presence::kGone);
    CHECK(ended.instance.status_reason == "exited (137)");
  }
  SECTION("always") {
    const std::string id = world.Create(R"(,"restart":"always")").id;
    Podman("stop -t 0 " + id);
    const auto stopped = world.Describe(id);
    CHECK(stopped.presence == ports::Presence::kPresent);
    CHECK(stopped.instance.status == InstanceStatus::kStopped);
    CHECK_THAT(stopped.instance.status_reason, Catch::Contains("its restart policy is always"));
  }
  SECTION("paused") {
    const std::string id = world.Create("").id;
    Podman("pause " + id);
    CHECK(world.Describe(id).instance.status == InstanceStatus::kStopped);
    Podman("unpause " + id);
    CHECK(world.Describe(id).instance.status == InstanceStatus::kRunning);
  }
}

TEST_CASE("a program runs inside, with its output and exit code") {
  DockerWorld world;
  const std::string id = world.Create("").id;
  const auto ran = world.Run(id, {"sh", "-c", "echo $GREETING; echo oops >&2; exit 3"});
  REQUIRE(ran);
  CHECK(ran->exit_code == 3);
  CHECK_THAT(ran->output, Catch::Contains("hello\n") && Catch::Contains("oops\n"));
  const auto lacking = world.Run(id, {"no-such-program"});
  CHECK((lacking ? lacking->exit_code >= 126 : lacking.error().code == ErrorCode::kInvalid));
  CHECK(world.Run(std::string(64, 'a'), {"id"}).error().code == ErrorCode::kNotFound);
  CHECK(world.Run("no id", {"id"}).error().code == ErrorCode::kNotFound);
}

TEST_CASE("a program that hangs is left at its time, and not started again beside itself") {
  DockerWorld world;
  const std::string id = world.Create("").id;
  const std::vector<std::string> hangs = {"sleep", "600"};
  CHECK(world.Run(id, hangs, std::chrono::milliseconds(300)).error().code == ErrorCode::kTimeout);
  CHECK(world.Run(id, hangs).error().code == ErrorCode::kConflict);
  CHECK(world.Run(id, {"echo", "other"}));
}

TEST_CASE("tags that somebody removed are missed, and the old ones do not come back") {
  DockerWorld world;
  const std::string id = world.Create("").id;
  ports::UpdateRequest release{id, {}, {}, world.scope()};
  release.tags_only = true;
  REQUIRE(world.provider().Update(release, {}));
  CHECK(world.Describe(id).instance.owner.lineage.empty());
  ports::ListRequest list;
  list.scope_config = world.scope();
  list.lineage = world.owner().lineage;
  CHECK(world.provider().List(list, {})->instances.empty());
  Podman("volume prune --force");
  const auto damaged = world.Describe(id).instance;
  CHECK(damaged.status == InstanceStatus::kUnknown);
  CHECK_THAT(damaged.status_reason, Catch::Contains("was removed"));
}

TEST_CASE("a container of somebody else's can be adopted, keeps its name, and be let go") {
  DockerWorld world;
  const std::string id = Podman(std::string("run -d --name guest ") + kImage + " sleep 1000");
  ports::UpdateRequest adopt{id, world.owner(), {{"tier", "web"}}, world.scope()};
  adopt.tags_only = true;
  const auto adopted = world.provider().Update(adopt, {});
  REQUIRE(adopted);
  CHECK(adopted->name == "guest");
  ports::ListRequest list;
  list.scope_config = world.scope();
  list.lineage = world.owner().lineage;
  const auto listed = world.provider().List(list, {});
  REQUIRE(listed);
  REQUIRE(listed->instances.size() == 1);
  CHECK(listed->instances[0].id == id);
  CHECK(listed->instances[0].owner.token == world.owner().token);
  CHECK(world.provider().Destroy(world.scope(), id, "size_down", {}));
  CHECK(Podman("volume ls -q") == "");
}

}  // namespace
}  // namespace kadende::tests
