// Which git remote a cluster's state is shared through, if any: --state-remote (or KADENDE_STATE_REMOTE), else what
// this state directory remembers, else `state.remote` of the file, else the remote of the repository around the file
// where that has the cluster's branch.
//
// Remembered are lines of "<cluster>\t<remote>\t<onRemoteLoss>" in `<state dir>/remotes`; the last one of a name
// counts. One without a remote forgets what was said before.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/spec.h"

namespace kadende::cli {

inline constexpr std::string_view kNoRemote = "none";  // what --state-remote takes for "this machine alone"

struct StateRemote {
  std::string remote;  // a name of the enclosing repository's remotes, a URL or a path; empty: this machine alone
  bool continue_on_loss = false;
  bool only_if_there = false;  // nobody asked for it: in use only where it has the cluster
  std::string note;            // for people; empty: nothing to say
};

class RemoteIndex {
 public:
  explicit RemoteIndex(std::string state_directory) : path_(std::move(state_directory) + "/remotes") {}

  // nullopt: nothing was ever said about this cluster. An empty `remote`: it was said to have none.
  [[nodiscard]] std::optional<StateRemote> Of(std::string_view cluster) const;  // reads the file
  [[nodiscard]] base::Status Remember(std::string_view cluster, const StateRemote& remote) const;
  [[nodiscard]] base::Status Forget(std::string_view cluster) const;

 private:
  [[nodiscard]] base::Status Append(std::string_view cluster, std::string_view remote, bool continue_on_loss) const;

  const std::string path_;
};

struct RemoteQuestion {
  std::string flag;                          // --state-remote; empty: the environment
  std::string cluster;                       // name
  std::string folder;                        // of the configuration
  bool known = false;                        // the store has the cluster
  bool trusted = false;                      // the file may name an address: it is about to be applied
  const model::ClusterSpec* spec = nullptr;  // null: there is no file
};
[[nodiscard]] StateRemote ChooseRemote(const RemoteQuestion& question, const RemoteIndex& index);

// KADENDE_RUN_LIFETIME, else ten minutes: how long a run's lock outlives its last renewal.
[[nodiscard]] base::Millis RunLifetime();

}  // namespace kadende::cli
