#include "cli/registry.h"

#include "cli/commands/adopt.h"
#include "cli/commands/apply.h"
#include "cli/commands/blame.h"
#include "cli/commands/completion.h"
#include "cli/commands/destroy.h"
#include "cli/commands/diff.h"
#include "cli/commands/events.h"
#include "cli/commands/fmt.h"
#include "cli/commands/graph.h"
#include "cli/commands/hold.h"
#include "cli/commands/log.h"
#include "cli/commands/nodes.h"
#include "cli/commands/plan.h"
#include "cli/commands/provider_install.h"
#include "cli/commands/provider_list.h"
#include "cli/commands/provider_test.h"
#include "cli/commands/reconcile.h"
#include "cli/commands/release.h"
#include "cli/commands/report.h"
#include "cli/commands/rollback.h"
#include "cli/commands/rollout.h"
#include "cli/commands/schema.h"
#include "cli/commands/show.h"
#include "cli/commands/sim.h"
#include "cli/commands/state.h"
#include "cli/commands/state_compact.h"
#include "cli/commands/state_verify.h"
#include "cli/commands/taint.h"
#include "cli/commands/validate.h"
#include "cli/commands/version.h"
#include "cli/commands/watch.h"

namespace kadende::cli {
namespace {

using List = std::vector<std::unique_ptr<Command>>;

template <class Options>
void Add(List& list, CommandInfo info, void (*define)(CommandSetup&, Options&), int (*run)(const Options&, Console&)) {
  list.push_back(std::make_unique<CommandOf<Options>>(std::move(info), define, run));
}

void AddConfiguration(List& list) {
  const auto group = CommandGroup::kConfiguration;
  Add(list, {"validate", group, "Check a cluster file", "kadende validate shop.yml --var image=nginx:1.27"},
      DefineValidate, RunValidate);
  Add(list, {"fmt", group, "Print or rewrite a cluster file in canonical layout", "kadende fmt --check shop.yml"},
      DefineFmt, RunFmt);
  Add(list,
      {"schema", group, "JSON Schema or reference of the configuration language",
       "kadende schema > cluster.schema.json"},
      DefineSchema, RunSchema);
}

void AddChange(List& list) {
  const auto group = CommandGroup::kChange;
  Add(list,
      {"plan", group, "Show what an apply would do",
       "kadende plan --out plan.json\n  kadende plan --detailed-exitcode --format markdown > comment.md"},
      DefinePlan, RunPlan);
  Add(list,
      {"apply", group, "Create, change and destroy nodes until the cluster is as its file says",
       "kadende apply\n  kadende apply plan.json\n  kadende apply --yes --target web"},
      DefineApply, RunApply);
  Add(list, {"destroy", group, "Destroy all nodes of a cluster", "kadende destroy shop.yml"}, DefineDestroy,
      RunDestroy);
  Add(list,
      {"rollback", group, "Bring the file of an earlier version back into force",
       "kadende rollback shop 12\n  kadende rollback shop@HEAD~1 --yes"},
      DefineRollback, RunRollback);
  Add(list,
      {"taint", group, "Mark a node for replacement at the next apply",
       "kadende taint 'web[0]' --reason 'disk is slow'"},
      DefineTaint, RunTaint);
  Add(list, {"untaint", group, "Take a taint back", "kadende untaint 'web[0]'"}, DefineUntaint, RunUntaint);
  Add(list,
      {"adopt", group, "Give an existing instance to an empty place",
       "kadende adopt 'web[3]' i-0abc\n  kadende adopt 'web[0]' sim-00000000007 --from-lineage 4yqz... --yes"},
      DefineAdopt, RunAdopt);
  Add(list,
      {"forget", group, "Take a node out of the state, and leave its instance as it is", "kadende forget 'web[0]'"},
      DefineForget, RunForget);
  Add(list,
      {"hold", group, "Leave a node or group alone, whatever happens",
       "kadende hold 'web[0]' --reason 'disk is being copied' --for 2h\n  kadende hold web --reason 'audit until "
       "Monday'"},
      DefineHold, RunHold);
  Add(list, {"unhold", group, "Take a hold back", "kadende unhold 'web[0]'"}, DefineUnhold, RunUnhold);
  Add(list, {"release", group, "Let automation act once in spite of a group's brake", "kadende release web --for 30m"},
      DefineRelease, RunRelease);
  Add(list, {"rollout status", group, "Show how far rollouts are, and what stops them", "kadende rollout status web"},
      DefineRolloutStatus, RunRolloutStatus);
  Add(list,
      {"rollout pause", group, "Keep a rollout from going on",
       "kadende rollout pause web --reason 'errors in the dashboard'"},
      DefineRolloutPause, RunRolloutPause);
  Add(list, {"rollout resume", group, "Let a paused or failed rollout go on", "kadende rollout resume web"},
      DefineRolloutResume, RunRolloutResume);
  Add(list,
      {"rollout promote", group, "Let a rollout go on past its canary or checkpoint",
       "kadende rollout promote web\n  kadende rollout promote web --full"},
      DefineRolloutPromote, RunRolloutPromote);
  Add(list, {"rollout abort", group, "Take a rollout back", "kadende rollout abort web"}, DefineRolloutAbort,
      RunRolloutAbort);
}

void AddLook(List& list) {
  const auto group = CommandGroup::kLook;
  Add(list,
      {"show", group, "Show a cluster, an earlier version of it, or a saved plan",
       "kadende show shop\n  kadende show shop@12\n  kadende show shop@12 --spec > shop.yml\n  kadende show plan.json"},
      DefineShow, RunShow);
  Add(list,
      {"nodes", group, "List nodes as state, providers and health checks see them",
       "kadende nodes --group web\n  kadende nodes --watch\n  kadende nodes --watch --json --interval 5s"},
      DefineNodes, RunNodes);
  Add(list, {"nodes logs", group, "Show what a node printed", "kadende nodes logs 'web[0]' --follow --tail 20"},
      DefineNodeLogs, RunNodeLogs);
  Add(list,
      {"nodes report", group, "Say how a node is, for checks of type pushed",
       "kadende nodes report 'web[0]' unhealthy --reason 'disk is slow' --ttl 5m"},
      DefineReport, RunReport);
  Add(list,
      {"events", group, "Show what happened, and why",
       "kadende events --node 'web[0]' --limit 20\n  kadende events --kind node_unhealthy --kind brake_on"},
      DefineEvents, RunEvents);
  Add(list, {"log", group, "Show the published versions of a cluster", "kadende log shop --oneline"}, DefineLog,
      RunLog);
  Add(list,
      {"blame", group, "Show who made and ended each incarnation of a node, and why",
       "kadende blame 'web[0]'\n  kadende blame data-db-a shop"},
      DefineBlame, RunBlame);
  Add(list,
      {"diff", group, "Show what lies between two versions of a cluster",
       "kadende diff 12\n  kadende diff 12 15 shop\n  kadende diff shop@HEAD~3 shop@HEAD"},
      DefineDiff, RunDiff);
  Add(list,
      {"graph", group, "Print the actions of a plan as a graph", "kadende graph --format dot | dot -Tsvg > plan.svg"},
      DefineGraph, RunGraph);
}

void AddWatch(List& list) {
  const auto group = CommandGroup::kWatch;
  Add(list, {"reconcile", group, "Bring back what is gone, once", "kadende reconcile shop"}, DefineReconcile,
      RunReconcile);
  Add(list,
      {"watch", group, "Bring back what is gone and replace what is unhealthy, for ever",
       "kadende watch --all --interval 10s"},
      DefineWatch, RunWatch);
}

void AddState(List& list) {
  const auto group = CommandGroup::kState;
  Add(list, {"state status", group, "Where a cluster's state stands", "kadende state status shop"}, DefineState,
      RunStateStatus);
  Add(list,
      {"state pull", group, "Go on from what the remote has", "kadende state pull\n  kadende state pull --take-remote"},
      DefineStatePull, RunStatePull);
  Add(list, {"state push", group, "Publish and push what the remote lacks", "kadende state push shop"}, DefineStatePush,
      RunStatePush);
  Add(list,
      {"state remote", group, "Show which remote shares a cluster's state, or forget it",
       "kadende state remote shop\n  kadende state remote --forget shop"},
      DefineStateRemote, RunStateRemote);
  Add(list, {"state unlock", group, "Break the lock of a run that died elsewhere", "kadende state unlock shop"},
      DefineStateUnlock, RunStateUnlock);
  Add(list, {"state verify", group, "Check the history and the store against each other", "kadende state verify shop"},
      DefineStateVerify, RunStateVerify);
  Add(list, {"state compact", group, "Leave old versions out of the history", "kadende state compact shop --keep 90d"},
      DefineStateCompact, RunStateCompact);
}

void AddProvider(List& list) {
  const auto group = CommandGroup::kOther;
  Add(list,
      {"provider install", group, "Get the plugins that a cluster file names, and pin them in kadende.lock",
       "kadende provider install\n  kadende provider install --locked\n  kadende provider install my-cloud --platform "
       "linux_arm64"},
      DefineProviderInstall, RunProviderInstall);
  Add(list,
      {"provider update", group, "Pin what there is now of plugins, in place of what is pinned",
       "kadende provider update my-cloud"},
      DefineProviderUpdate, RunProviderUpdate);
  Add(list, {"provider list", group, "Show where the plugins of a cluster file stand", "kadende provider list"},
      DefineProviderList, RunProviderList);
  Add(list, {"provider verify", group, "Hold installed plugins against kadende.lock", "kadende provider verify --json"},
      DefineProviderVerify, RunProviderVerify);
  Add(list,
      {"provider schema", group, "Print what a provider takes as resourceProperties, as JSON Schema",
       "kadende provider schema my-cloud"},
      DefineProviderSchema, RunProviderSchema);
  Add(list,
      {"provider test", group, "Check that a plugin keeps what every provider must",
       "kadende provider test ./kadende-provider-files\n  kadende provider test python3 plugin.py --junit report.xml"},
      DefineProviderTest, RunProviderTest);
}

void AddSim(List& list) {
  const auto group = CommandGroup::kOther;
  Add(list, {"sim create", group, "Make a cloud", "kadende sim create cloud.sim create-latency=50ms"},
      DefineSimSettings, RunSimCreate);
  Add(list,
      {"sim set", group, "Set how a cloud behaves: latencies, failures, capacity",
       "kadende sim set cloud.sim create-fail-next=3 create-fail-code=throttled"},
      DefineSimSettings, RunSimSet);
  Add(list, {"sim status", group, "Settings and counters of a cloud", "kadende sim status cloud.sim"}, DefineSimCloud,
      RunSimStatus);
  Add(list, {"sim count", group, "How many instances were made, live and ended", "kadende sim count cloud.sim"},
      DefineSimCloud, RunSimCount);
  Add(list, {"sim list", group, "Every instance, as the cloud knows it", "kadende sim list cloud.sim --all"},
      DefineSimList, RunSimList);
  Add(list,
      {"sim run", group, "Make an instance that kadende knows nothing of, as by hand",
       "kadende sim run cloud.sim legacy-1 size=small --label tier=web"},
      DefineSimRun, RunSimRun);
  Add(list, {"sim healthy", group, "Instances work again", "kadende sim healthy cloud.sim 'web[0]'"},
      DefineSimInstances, RunSimHealthy);
  Add(list, {"sim unhealthy", group, "Instances are reported as unhealthy", "kadende sim unhealthy cloud.sim 'web[0]'"},
      DefineSimInstances, RunSimUnhealthy);
  Add(list, {"sim stop", group, "Instances are stopped", "kadende sim stop cloud.sim 'web[0]'"}, DefineSimInstances,
      RunSimStop);
  Add(list,
      {"sim terminate", group, "Instances end, and are listed as ended", "kadende sim terminate cloud.sim 'web[0]'"},
      DefineSimInstances, RunSimTerminate);
  Add(list, {"sim vanish", group, "Instances end without a trace", "kadende sim vanish cloud.sim 'web[0]'"},
      DefineSimInstances, RunSimVanish);
}

}  // namespace

std::string_view Heading(CommandGroup group) {
  switch (group) {
    case CommandGroup::kConfiguration:
      return "Configuration";
    case CommandGroup::kChange:
      return "Change clusters";
    case CommandGroup::kLook:
      return "Look at clusters";
    case CommandGroup::kWatch:
      return "Keep clusters";
    case CommandGroup::kState:
      return "Shared state";
    case CommandGroup::kOther:
      return "Other";
  }
  return "Other";
}

std::string_view FamilySummary(std::string_view word) {
  if (word == "provider") return "Look after plugins: providers that somebody else wrote";
  if (word == "rollout") return "See how far rollouts are, and have a say in them";
  if (word == "sim") return "Steer the simulated cloud of the `sim` provider";
  return word == "state" ? "Look after a cluster's state, and what is shared of it" : "";
}

void DefineCommon(CommandSetup& setup, CommonOptions& common) {
  setup.Add({"--state", "DIR", "State directory; default: .kadende beside the configuration", {}, false},
            &common.state);
  setup.Add({"--state-remote",
             "NAME|URL|none",
             "Git remote that shares the state; default: as before, else the file's, else the repository's",
             {},
             false},
            &common.state_remote);
  setup.Add({"--plugin-dir",
             "DIR",
             "Folder with plugins (kadende-provider-NAME) that are run without a pin (also: KADENDE_PLUGIN_DIR; "
             "repeatable)",
             {},
             false},
            &common.plugin_directories);
  setup.Add({"--json", "", "JSON on stdout, one object a line or one document, and nothing else", {}, false},
            &common.json);
  setup.Add({"-q,--quiet", "", "Results and errors only", {}, false}, &common.quiet);
  setup.Add({"-v,--verbose", "", "More detail, and a log of every step on stderr", {}, false}, &common.verbose);
  setup.Add({"--no-color", "", "No colours (also: NO_COLOR)", {}, false}, &common.no_color);
}

List Commands() {
  List list;
  AddConfiguration(list);
  AddChange(list);
  AddLook(list);
  AddWatch(list);
  AddState(list);
  AddProvider(list);
  AddSim(list);
  Add(list,
      {"completion", CommandGroup::kOther, "Print the completion script of a shell",
       "source <(kadende completion bash)\n"
       "  kadende completion zsh > ~/.zfunc/_kadende\n"
       "  kadende completion fish > ~/.config/fish/completions/kadende.fish"},
      DefineCompletion, RunCompletion);
  Add(list, {"version", CommandGroup::kOther, "Print the version", "kadende version --json"}, DefineVersion,
      RunVersion);
  return list;
}

}  // namespace kadende::cli
