#include <optional>

#include "cli/commands/state.h"
#include "cli/opened_cluster.h"
#include "cli/share.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

// Which remote it is from now on, and where that was said.
void Tell(const std::string& cluster, const std::optional<StateRemote>& remembered, Console& console) {
  const std::string remote = remembered ? remembered->remote : std::string();
  if (console.common().json) {
    console.Out("{\"type\":\"state_remote\",\"cluster\":" + base::QuoteJson(cluster) + ",\"remote\":" +
                base::QuoteJson(remote) + ",\"remembered\":" + (remembered ? "true" : "false") + "}\n");
    return;
  }
  const std::string name = base::EscapeTerminal(cluster);
  if (!remembered) {
    console.Out(name + ": no remote is remembered; the next apply goes by --state-remote, else by the file.\n");
  } else if (remote.empty()) {
    console.Out(name + " is this machine's alone, as it was told; --state-remote NAME shares it.\n");
  } else {
    console.Out(name + " is shared through " + base::EscapeTerminal(remote) +
                (remembered->continue_on_loss ? "; while that cannot be asked, watch goes on.\n" : ".\n"));
  }
}

}  // namespace

void DefineStateRemote(CommandSetup& setup, StateRemoteOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"--forget", "", "Forget it, and what it has had: for a cluster that moves to another remote", {}, false},
            &options.forget);
}

int RunStateRemote(const StateRemoteOptions& options, Console& console) {
  auto opened = OpenCluster(console, options.forget, options.cluster);
  if (!opened) return console.Fail(opened.error());
  const std::string& name = opened->cluster.name;
  const RemoteIndex& remotes = opened->session->remotes();
  if (options.forget) {
    // Else the next remote would be taken for this one, rewound.
    if (auto dropped = opened->session->lines().Mark(name, {}); !dropped) return console.Fail(dropped.error());
    if (auto forgotten = remotes.Forget(name); !forgotten) return console.Fail(forgotten.error());
  }
  Tell(name, remotes.Of(name), console);
  return kExitOk;
}

}  // namespace kadende::cli
