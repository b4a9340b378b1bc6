#include "cli/commands/state.h"

#include <memory>
#include <utility>

#include "cli/lost_cluster.h"
#include "cli/opened_cluster.h"
#include "cli/planning.h"
#include "cli/share.h"
#include "cli/signals.h"
#include "cli/view/state_text.h"
#include "cli/watch_observer.h"
#include "engine/apply/pull.h"
#include "engine/apply/shared_line.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

base::Result<OpenedCluster> OpenShared(const std::string& text, Console& console, bool unbegun = false) {
  auto opened = OpenCluster(console, true, text, unbegun);
  if (!opened) return opened;
  if (auto shared = ShareKnown(*opened->session, console, opened->cluster.name); !shared) {
    return tl::unexpected(std::move(shared).error());
  }
  if (opened->session->remote() != nullptr) return opened;
  return base::Fail(base::ErrorCode::kInvalid,
                    "the state of " + base::EscapeTerminal(opened->cluster.name) +
                        " is this machine's alone; name the git remote to share it through with --state-remote");
}

std::string QuotedResult(const char* type, const std::string& cluster, const std::string& rest) {
  return std::string("{\"type\":\"") + type + "\",\"cluster\":" + base::QuoteJson(cluster) + rest + "}\n";
}

base::Status FillShared(Session& session, const model::ClusterState& state, bool offline, Console& console,
                        StateStatus& status) {
  ports::Remote* remote = session.remote();
  if (remote == nullptr) return {};
  auto view = offline ? tl::unexpected(base::Error{}) : session.Ask(status.cluster);
  if (!view) {
    if (!offline) console.Err("warning: the remote cannot be asked: " + view.error().message + "\n");
    auto known = remote->Known(status.cluster);
    if (!known) return tl::unexpected(std::move(known).error());
    status.unreachable = true;
    if (!*known) return {};
    view = std::move(**known);
  }
  auto sides = apply::SidesOf(state, view->tip, session.lines());
  if (!sides) return tl::unexpected(std::move(sides).error());
  status.relation = apply::Relate(*sides);
  status.view = std::move(*view);
  auto stranded = session.lines().Stranded(status.lineage);
  if (!stranded) return tl::unexpected(std::move(stranded).error());
  status.stranded = std::move(*stranded);
  return {};
}

}  // namespace

void DefineState(CommandSetup& setup, StateOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  DefineOffline(setup, options.offline);
}

int RunStateStatus(const StateOptions& options, Console& console) {
  auto session = OpenHere(console, false);
  if (!session) return console.Fail(session.error());
  auto cluster = FindCluster(**session, console, options.cluster, options.offline);
  if (!cluster) return console.Fail(cluster.error());
  (*session)->Focus(*cluster);
  model::ClusterState here;
  if (!(*session)->Follows(cluster->lineage)) {  // else it was found at the remote, and nothing is here
    if (auto shared = ShareKnown(**session, console, cluster->name); !shared) return console.Fail(shared.error());
    auto stored = (*session)->LoadHere(cluster->lineage);
    if (!stored) return console.Fail(stored.error());
    here = std::move(*stored);
  }
  here.cluster.name = cluster->name;
  here.cluster.lineage = cluster->lineage;
  StateStatus status = StatusOf(here);
  status.now = (*session)->clock().Now();
  status.shared = (*session)->remote() != nullptr;
  if (auto filled = FillShared(**session, here, options.offline, console, status); !filled) {
    return console.Fail(filled.error());
  }
  console.Out(console.common().json ? StateStatusJson(status) : StateStatusText(status));
  return kExitOk;
}

void DefineStatePull(CommandSetup& setup, StatePullOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"--take-remote",
             "",
             "Where both moved, or the remote was rewound: go on from the remote's; what only we know is kept beside",
             {},
             false},
            &options.take_remote);
  setup.Add({"--lock-timeout", "DURATION", "How long to wait for a run on this machine", {}, false},
            &options.lock_timeout);
}

int RunStatePull(const StatePullOptions& options, Console& console) {
  auto opened = OpenShared(options.cluster, console);
  if (!opened) return console.Fail(opened.error());
  WatchObserver observer(console, false);
  auto ports = opened->session->Ports(observer, opened->session->catalog());
  if (!ports) return console.Fail(ports.error());
  apply::PullRequest request;
  request.cluster = opened->cluster.name;
  request.lineage = opened->cluster.lineage;
  request.actor = Actor();
  request.take_remote = options.take_remote;
  request.lock_wait = options.lock_timeout;
  auto pulled = apply::Pull(request, *ports);
  if (!pulled) return console.Fail(pulled.error());
  if (auto remembered = opened->session->RememberRemote(request.cluster); !remembered) {
    return console.Fail(remembered.error());
  }
  const std::string serial = std::to_string(pulled->serial);
  if (console.common().json) {
    console.Out(
        QuotedResult("state_pull", request.cluster,
                     ",\"changed\":" + std::string(pulled->changed ? "true" : "false") + ",\"serial\":" + serial));
  } else {
    console.Out(base::EscapeTerminal(request.cluster) + (pulled->changed
                                                             ? " is at serial " + serial + " now.\n"
                                                             : " is up to date (serial " + serial + ").\n"));
  }
  return kExitOk;
}

void DefineStatePush(CommandSetup& setup, StatePushOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"--force-rewound", "", "Put our line back where somebody rewound or removed the remote's", {}, false},
            &options.force_rewound);
  setup.Add({"--lock-timeout", "DURATION", "How long to wait for a run on this machine", {}, false},
            &options.lock_timeout);
}

int RunStatePush(const StatePushOptions& options, Console& console) {
  auto opened = OpenShared(options.cluster, console);
  if (!opened) return console.Fail(opened.error());
  WatchObserver observer(console, false);
  auto ports = opened->session->Ports(observer, opened->session->catalog());
  if (!ports) return console.Fail(ports.error());
  auto pushed =
      apply::PushShared({opened->cluster.lineage, Actor(), options.force_rewound, options.lock_timeout}, *ports);
  if (!pushed) return console.Fail(pushed.error());
  if (auto remembered = opened->session->RememberRemote(opened->cluster.name); !remembered) {
    return console.Fail(remembered.error());
  }
  const std::string& name = opened->cluster.name;
  if (console.common().json) {
    console.Out(QuotedResult("state_push", name, std::string(",\"changed\":") + (*pushed ? "true" : "false")));
  } else {
    console.Out(base::EscapeTerminal(name) + (*pushed ? " was pushed.\n" : ": the remote has everything.\n"));
  }
  return kExitOk;
}

void DefineStateUnlock(CommandSetup& setup, StateUnlockOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"-y,--yes", "", "Do not ask before breaking the lock", {}, false}, &options.yes);
}

int RunStateUnlock(const StateUnlockOptions& options, Console& console) {
  auto opened = OpenShared(options.cluster, console, true);
  if (!opened) return console.Fail(opened.error());
  const std::string& name = opened->cluster.name;
  auto view = opened->session->remote()->Fetch(name);
  if (!view) return console.Fail(view.error());
  bool broken = false;
  if (view->claim && !view->claim->IsExpired(opened->session->clock().Now())) {
    console.Err(ClaimText(*view->claim, opened->session->clock().Now()) +
                "Break it only if that run is dead: one that still lives ends without starting anything more, but "
                "what it has begun goes on.\n");
    if (!options.yes) {
      if (!console.CanAsk()) return console.Fail("nobody can be asked here (no terminal): run again with --yes");
      Signals signals({"Interrupted.\n", ""}, [&console](const std::string& line) { console.Err(line); });
      const Answer answer = console.Ask("Only 'yes' breaks the lock: ", signals.drain());
      if (answer != Answer::kYes) return answer == Answer::kInterrupted ? kExitInterrupted : kExitError;
    }
    auto done = apply::Unlock(name, *view, Actor(), opened->session->SharedPorts());
    if (!done) return console.Fail(done.error());
    if (!*done) return console.Fail("the lock changed hands or was renewed meanwhile; look at `kadende state status`");
    broken = true;
  }
  if (console.common().json) {
    console.Out(QuotedResult("state_unlock", name, std::string(",\"changed\":") + (broken ? "true" : "false")));
  } else if (broken) {
    console.Out("The lock of " + base::EscapeTerminal(name) +
                " is broken: the next run takes over what its holder was about.\n");
  } else {
    console.Out(base::EscapeTerminal(name) +
                (view->claim ? ": the lock has expired already; the next run takes over.\n" : " is not locked.\n"));
  }
  return kExitOk;
}

}  // namespace kadende::cli
