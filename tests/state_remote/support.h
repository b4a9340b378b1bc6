// Remotes of the three transports, served by real programs (tests/support/remotes.sh), and machines that share nothing
// else.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tests/contract/remote_contract.h"
#include "tests/state_git/support.h"

namespace kadende::tests {

enum class Transport { kFile, kSsh, kHttp };

// A server over one folder of bare repositories; ends with this object.
class RemoteServer {
 public:
  // Nothing where it cannot run here; why is printed.
  [[nodiscard]] static std::unique_ptr<RemoteServer> Start(Transport transport, const std::string& login = {});
  ~RemoteServer();
  RemoteServer(const RemoteServer&) = delete;
  RemoteServer& operator=(const RemoteServer&) = delete;

  void Stop();
  [[nodiscard]] std::string Url(const std::string& name) const { return url_ + "/" + name + ".git"; }
  [[nodiscard]] std::string Bare(const std::string& name) const { return folder_ / (name + ".git"); }
  void MakeBare(const std::string& name) const;

 private:
  RemoteServer() = default;

  ScratchFolder folder_;
  std::string url_;
};

struct MachineSetup {
  std::string folder;  // of the configuration; empty: none around it
  std::string remote;
};

// `folder` must outlive it.
[[nodiscard]] std::unique_ptr<RemoteMachine> MakeMachine(const std::string& state, const MachineSetup& setup);

// Machines over one repository of a server.
class ServerFixture : public RemoteFixture {
 public:
  explicit ServerFixture(const RemoteServer& server);
  [[nodiscard]] std::unique_ptr<RemoteMachine> NewMachine() override;
  // The bare repository behind the remote, to look at and to break.
  [[nodiscard]] std::string bare() const { return server_.Bare(name_); }
  [[nodiscard]] std::string url() const { return server_.Url(name_); }
  [[nodiscard]] const ScratchFolder& scratch() const { return scratch_; }

 private:
  const RemoteServer& server_;
  const std::string name_;
  ScratchFolder scratch_;
  int machines_ = 0;
};

// Two machines over one path, and the sample cluster, which nobody has published yet.
struct Pair {
  std::unique_ptr<RemoteServer> server = RemoteServer::Start(Transport::kFile);
  ServerFixture fixture{*server};
  std::unique_ptr<RemoteMachine> ann = fixture.NewMachine();
  std::unique_ptr<RemoteMachine> bob = fixture.NewMachine();
  model::ClusterState state;

  Pair();
  // A hook of the bare repository, a shell script.
  void Hook(const std::string& name, const std::string& script) const;
  void NoHook(const std::string& name) const;
};

// Publishes what `state` has changed, on that machine alone; the commit.
std::string Publish(RemoteMachine& machine, model::ClusterState* state);
// Changes a node of group web.
void Touch(model::ClusterState* state, std::uint32_t ordinal);
[[nodiscard]] std::unique_ptr<ports::ClaimLease> Claim(RemoteMachine& machine, const model::ClusterState& state,
                                                       base::Millis lifetime = std::chrono::minutes(10),
                                                       const std::string& expected = {});

// Until it is so; false after a minute, which no healthy run needs.
[[nodiscard]] bool Waits(const std::function<bool()>& until);

}  // namespace kadende::tests
