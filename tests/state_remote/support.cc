#include "tests/state_remote/support.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <utility>

#include "state/git_remote.h"

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

}  // namespace kadende::tests
