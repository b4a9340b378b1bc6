#include "cli/commands/nodes.h"

#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>

#include "cli/find_node.h"
#include "cli/opened_cluster.h"
#include "cli/share.h"
#include "cli/signals.h"
#include "cli/view/node_rows.h"
#include "cli/view/nodes_table.h"
#include "cli/view/output_lines.h"
#include "cli/view/screen.h"
#include "engine/apply/shared_line.h"
#include "engine/base/text.h"
#include "engine/ports/logs.h"

namespace kadende::cli {
namespace {

constexpr base::Millis kLongRun{2000};

constexpr base::Millis kShortestInterval{100};

// What one look gave.
struct Looked {
  model::ClusterState state;
  std::optional<plan::PriorView> view;
  ports::HealthByGroup health;
  std::string failure;  // why providers could not be looked at
  std::string at_work;

  [[nodiscard]] NodesSeen Seen() const { return {state, view ? &*view : nullptr, &health, at_work}; }
};

// Short ones, and passes of watch, are over before anybody has read of them.
std::string AtWork(Session& session, const std::string& lineage) {
  const auto holder = session.AtWork(lineage);
  if (!holder || holder->reason == "watch" || session.clock().Now() - holder->since < kLongRun) return {};
  return holder->reason + " by " + holder->actor + " (pid " + std::to_string(holder->pid) + ") since " +
         base::FormatRfc3339(holder->since);
}

base::Result<Looked> Look(OpenedCluster& opened, bool offline, const std::stop_token& stop) {
  Session& session = *opened.session;
  Looked looked;
  auto state = session.Load(opened.cluster.lineage);
  if (!state) return tl::unexpected(std::move(state.error()));
  looked.state = std::move(*state);
  if (session.IsStored(opened.cluster.lineage)) {
    auto health = session.health()->LoadHealth(opened.cluster.lineage);
    if (!health) return tl::unexpected(std::move(health.error()));
    looked.health = std::move(*health);
  }
  looked.at_work = AtWork(session, opened.cluster.lineage);
  if (offline) return looked;
  plan::RefreshOptions refresh;
  refresh.stop = stop;
  auto seen = plan::Refresh(looked.state, plan::DesiredFromState(looked.state, plan::Which::kCurrent),
                            session.catalog(), refresh, session.clock().Now());
  if (!seen) {
    looked.failure = seen.error().message;
    return looked;
  }
  looked.view = std::move(*seen);
  // What the listing settled is true, though only the next run writes it down.
  for (const model::StateChange& change : looked.view->settled) looked.state.Apply(change);
  return looked;
}

// Shows look after look until it is interrupted.
class LiveNodes {
 public:
  LiveNodes(const NodesOptions& options, NodesTableOptions table, Console& console)
      : options_(options), table_(std::move(table)), console_(console), screen_(console.OutSink()) {}

  int Run(OpenedCluster& opened) {
    const bool redraw = console_.CanRedraw() && !console_.common().json;
    // However it ends, and however long the last look takes, the cursor is back at the first signal.
    const std::string back = redraw ? Screen::kShowCursor : "";
    const Signals signals({back, back}, [](const std::string& bytes) {
      if (write(STDOUT_FILENO, bytes.data(), bytes.size()) < 0) return;  // nobody is left to see it
    });
    if (redraw) console_.OutSink()(Screen::kHideCursor);
    const int code = Loop(opened, signals, redraw);
    if (redraw) console_.OutSink()(Screen::kShowCursor);
    return code;
  }

 private:
  int Loop(OpenedCluster& opened, const Signals& signals, bool redraw) {
    for (;;) {
      if (auto followed = Follow(opened); !followed) return console_.Fail(followed.error());
      auto looked = Look(opened, options_.offline, signals.drain());
      if (signals.interrupted()) return kExitInterrupted;
      if (!looked) return console_.Fail(looked.error());
      table_.now = opened.session->clock().Now();
      Complain(looked->failure);
      redraw ? Draw(looked->Seen()) : PrintIfChanged(looked->Seen());
      if (console_.reader_gone()) return kExitOk;
      Wait(signals.drain());
      if (signals.interrupted()) return kExitInterrupted;
    }
  }

  // What this machine writes is seen at each look, what others push now and then. Opening has just asked.
  base::Status Follow(OpenedCluster& opened) {
    const base::Millis now = opened.session->clock().Monotonic();
    if (!asked_at_) asked_at_ = now;
    const bool ask = !options_.offline && now - *asked_at_ >= apply::kFreshFor;
    if (ask) asked_at_ = now;
    auto view = FollowShared(*opened.session, opened.cluster, !ask);
    return view ? base::Status() : tl::unexpected(std::move(view).error());
  }

  // Said once, not at each look.
  void Complain(const std::string& failure) {
    if (failure != said_ && !failure.empty()) {
      console_.Err("warning: providers could not be looked at: " + base::EscapeTerminal(failure) + "\n");
    }
    said_ = failure;
  }

  void Draw(const NodesSeen& seen) {
    const TerminalSize size = console_.OutSize().value_or(TerminalSize{});
    // Not the last cell: where a terminal goes from there is its own affair.
    table_.width = size.width > 1 ? size.width - 1 : 1;
    // The cursor stands below the block, and must not push it up.
    screen_.Draw(NodesScreen(seen, table_, size.height - 1), size.width, size.height);
  }

  void PrintIfChanged(const NodesSeen& seen) {
    std::string now = NodesFingerprint(seen, table_);
    if (shown_ == now) return;
    if (console_.common().json) {
      console_.Out(NodesJson(seen, table_));
    } else {
      console_.Out((shown_ ? "\n" : "") + NodesHeadline(seen, table_) + "\n" + NodesTable(seen, table_));
    }
    console_.Flush();
    shown_ = std::move(now);
  }

  void Wait(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    (void)stopped.wait_for(lock, stop, options_.interval, [] { return false; });
  }

  const NodesOptions& options_;
  NodesTableOptions table_;
  Console& console_;
  Screen screen_;
  std::optional<std::string> shown_;
  std::string said_;
  std::optional<base::Millis> asked_at_;  // the remote
};

// A misspelt group would look like one that has no nodes.
base::Status CheckGroup(const OpenedCluster& opened, const std::string& group) {
  if (group.empty()) return {};
  auto state = opened.Load();
  if (!state) return tl::unexpected(std::move(state.error()));
  NodesTableOptions options;
  options.group = group;
  for (const auto& [path, known] : state->groups) {
    if (IsWanted(path, options)) return {};
  }
  return tl::unexpected(NoGroup(*state, group));
}

}  // namespace

void DefineNodes(CommandSetup& setup, NodesOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"--group", "GROUP", "Only this group, or the groups below this folder", {}, false}, &options.group);
  setup.Add({"-a,--all", "", "Also slots without a node", {}, false}, &options.all);
  setup.Add({"--offline", "", "Only what state knows; ask no provider and no remote", {}, false}, &options.offline);
  setup.Add({"-w,--watch", "", "Go on: redraw in place on a terminal, else print anew what changed", {}, false},
            &options.watch);
  setup.Add({"--interval", "DURATION", "Between two looks of --watch", {}, false}, &options.interval);
}

int RunNodes(const NodesOptions& options, Console& console) {
  if (options.interval < kShortestInterval) return console.Fail("--interval must be at least 100ms");
  auto opened = OpenSharedCluster(console, options.cluster, options.offline);
  if (!opened) return console.Fail(opened.error());
  if (auto known = CheckGroup(*opened, options.group); !known) return console.Fail(known.error());
  NodesTableOptions table;
  table.color = console.color_out();
  table.all = options.all;
  table.group = options.group;
  if (options.watch) return LiveNodes(options, table, console).Run(*opened);
  const Signals signals({}, {});
  auto looked = Look(*opened, options.offline, signals.drain());
  if (signals.interrupted()) return kExitInterrupted;
  if (!looked) return console.Fail(looked.error());
  if (!looked->failure.empty()) return console.Fail(looked->failure);
  table.now = opened->session->clock().Now();
  if (const auto size = console.OutSize()) table.width = size->width;
  console.Out(console.common().json ? NodesJson(looked->Seen(), table) : NodesTable(looked->Seen(), table));
  return kExitOk;
}

void DefineNodeLogs(CommandSetup& setup, NodeLogsOptions& options) {
  setup.Add({"NODE", "", "The node, as web[0] or web-0", {}, true}, &options.node);
  DefineCluster(setup, options.cluster);
  setup.Add({"-f,--follow", "", "Go on as the node prints more", {}, false}, &options.follow);
  setup.Add({"-n,--tail", "N", "Only the last N lines", {}, false}, &options.tail);
}

int RunNodeLogs(const NodeLogsOptions& options, Console& console) {
  auto opened = OpenSharedCluster(console, options.cluster, false);
  if (!opened) return console.Fail(opened.error());
  auto state = opened->Load();
  if (!state) return console.Fail(state.error());
  auto node = FindNode(*state, options.node);
  if (!node) return console.Fail(node.error());
  const model::RevisionRecord* revision = state->groups.at(node->group).Revision(node->record.revision);
  if (revision == nullptr) return console.Fail("state has no revision of " + options.node);
  providers::Catalog& catalog = opened->session->catalog();
  if (auto found = catalog.Find(revision->provider); !found) return console.Fail(found.error());
  ports::Logs* logs = catalog.FindLogs(revision->provider);
  if (logs == nullptr) return console.Fail("the provider `" + revision->provider.name + "` has no logs of its nodes");
  Signals signals({}, {});
  ports::LogRequest request;
  request.instance_id = node->record.instance_id;
  request.scope_config = revision->scope_config;
  request.follow = options.follow;
  request.tail_lines = options.tail;
  const Sink out = console.OutSink();
  OutputLines lines(out, model::NodeAddress{node->group, node->record.slot}.Display());
  const bool json = console.common().json;
  std::stop_source over;  // interrupted, or nobody reads any more
  const std::stop_callback interrupted(signals.drain(), [&] { over.request_stop(); });
  auto done = logs->ReadLogs(request, over.get_token(), [&](std::string_view piece) {
    json ? lines.Add(piece) : out(piece);
    if (console.reader_gone()) over.request_stop();
  });
  lines.Finish();
  if (signals.interrupted()) return kExitInterrupted;
  return done ? kExitOk : console.Fail(done.error());
}

}  // namespace kadende::cli
