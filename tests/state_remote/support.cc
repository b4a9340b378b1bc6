#include "tests/state_remote/support.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>
#include <utility>

#include "state/git_remote.h"
#include "tests/contract/history_contract.h"

namespace kadende::tests {
namespace {

const std::string kScript = std::string(KADENDE_SOURCE) + "/tests/support/remotes.sh";

class Machine : public RemoteMachine {
 public:
  Machine(std::string state, MachineSetup setup) : state_(std::move(state)), setup_(std::move(setup)) { Restart(); }

  ports::History& history() override { return *history_; }
  ports::Remote& remote() override { return *remote_; }
  test::FakeClock& clock() override { return clock_; }
  void Restart() override {
    history_ = OpenHistory(state_, setup_.folder);
    remote_ = state::OpenGitRemote({state_, setup_.folder.empty() ? "/" : setup_.folder, setup_.remote, &clock_});
  }

 private:
  const std::string state_;
  const MachineSetup setup_;
  test::FakeClock clock_;
  std::unique_ptr<ports::History> history_;
  std::unique_ptr<ports::Remote> remote_;
};

std::string LastLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
}

}  // namespace

std::unique_ptr<RemoteServer> RemoteServer::Start(Transport transport, const std::string& login) {
  std::unique_ptr<RemoteServer> server(new RemoteServer());
  const std::string folder = server->folder_.path();
  if (transport == Transport::kFile) {
    server->url_ = folder;
    return server;
  }
  const std::string call = "REMOTES_OWNER=" + std::to_string(getpid()) + " bash " + kScript + " ";
  const std::string what = transport == Transport::kSsh ? "start_ssh_remote " : "start_http_remote ";
  const Output started = Shell(call + what + folder + " " + login);
  if (started.status == 77) {
    WARN("SKIPPED: " << started.text);
    return nullptr;
  }
  INFO(started.text);
  REQUIRE(started.status == 0);
  server->url_ = LastLine(started.text);
  if (transport == Transport::kSsh) {
    setenv("GIT_SSH_COMMAND", LastLine(Shell("bash " + kScript + " ssh_command " + folder).text).c_str(), 1);
  }
  return server;
}

RemoteServer::~RemoteServer() {
  Stop();
  unsetenv("GIT_SSH_COMMAND");
}

void RemoteServer::Stop() {
  Shell("bash " + kScript + " stop_remotes " + folder_.path());
}

void RemoteServer::MakeBare(const std::string& name) const {
  REQUIRE(Shell("git init -q --bare '" + Bare(name) + "'").status == 0);
}

std::unique_ptr<RemoteMachine> MakeMachine(const std::string& state, const MachineSetup& setup) {
  return std::make_unique<Machine>(state, setup);
}

ServerFixture::ServerFixture(const RemoteServer& server)
    : server_(server), name_("shared-" + std::to_string([] {
                               static int counter = 0;
                               return counter++;
                             }())) {
  server_.MakeBare(name_);
}

std::unique_ptr<RemoteMachine> ServerFixture::NewMachine() {
  return MakeMachine(scratch_ / ("machine-" + std::to_string(machines_++) + "/.kadende"), {"", url()});
}

Pair::Pair() : state(SampleCluster()) {}

void Pair::Hook(const std::string& name, const std::string& script) const {
  const std::string path = fixture.bare() + "/hooks/" + name;
  WriteFile(path, "#!/bin/sh\n" + script + "\n");
  REQUIRE(Shell("chmod +x '" + path + "'").status == 0);
}

void Pair::NoHook(const std::string& name) const {
  unlink((fixture.bare() + "/hooks/" + name).c_str());
}

std::string Publish(RemoteMachine& machine, model::ClusterState* state) {
  ports::PublishRequest request;
  request.state = state;
  request.subject = "apply shop: +1";
  request.actor = "ann@host";
  const auto result = machine.history().Publish(request);
  if (!result) FAIL(result.error().message);
  MarkPublished(state, *result);
  return result->commit;
}

void Touch(model::ClusterState* state, std::uint32_t ordinal) {
  model::NodeRecord node = SampleNode(*state, "web", ordinal, 1);
  node.address = "10.9.9.9";
  state->Apply(model::NodeChanged{"web", node});
}

std::unique_ptr<ports::ClaimLease> Claim(RemoteMachine& machine, const model::ClusterState& state,
                                         base::Millis lifetime, const std::string& expected) {
  ports::ClaimRequest request;
  request.state = &state;
  request.holder = {"ann@laptop", "apply", 1, base::FromUnixMillis(1'763'800'000'000)};
  request.run_id = "run-1";
  request.expected = expected;
  request.lifetime = lifetime;
  auto lease = machine.remote().Claim(request);
  if (!lease) FAIL(lease.error().message);
  return std::move(*lease);
}

bool Waits(const std::function<bool()>& until) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!until()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace kadende::tests
