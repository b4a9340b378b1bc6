// What plan, apply, destroy and graph have in common: options, reading the configuration, opening the session, and
// making the plan.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/configuration.h"
#include "cli/session.h"
#include "engine/plan/planner.h"

namespace kadende::cli {

struct PlanningOptions {
  std::string path;  // FILE or DIR; for destroy also a cluster
  std::vector<std::string> variables;
  std::vector<std::string> variable_files;
  std::vector<std::string> targets;
  std::vector<std::string> replaces;
  bool destroy = false;
  bool offline = false;
  bool new_lineage = false;
  bool abandon = false;
  bool secrets = false;
  std::string trust_ref;
};
void DefineVariables(CommandSetup& setup, PlanningOptions& options);
void DefineSecrets(CommandSetup& setup, PlanningOptions& options);  // of plan and apply
void DefinePlanning(CommandSetup& setup, PlanningOptions& options);

// A configuration (or, for destroy, a cluster) and the state that belongs to it.
struct Planning {
  Configuration configuration;  // without a file: spec.name alone
  bool has_file = true;
  bool is_published = false;  // the configuration is that of a published version, and `lineage` is given
  bool offline = false;       // goes by what is known of the remote
  SessionOptions session_options;
  std::unique_ptr<Session> session;
  std::string lineage;         // empty: never applied
  Console* console = nullptr;  // for what the remote answers
  std::string trust_ref;       // --trust-ref
  bool reviewed = false;       // the lock file beside the configuration counts (plugins.h)
};

// Reads, checks and shows the diagnostics of the configuration, and opens the session for reading. With errors in the
// file the result is a short kInvalid; they were shown.
[[nodiscard]] base::Result<Planning> Prepare(Console& console, const PlanningOptions& options);

// Every group's properties, as far as the file alone and the plugins of the applied state can tell: for `validate`.
[[nodiscard]] base::Status CheckWithApplied(Console& console, Configuration& configuration);

// Opens the session again for writing, and finds the cluster again.
[[nodiscard]] base::Status OpenForWriting(Planning& planning);

[[nodiscard]] plan::PlanOptions ToPlanOptions(const PlanningOptions& options, std::stop_token stop);

// Plans on the state as it is: reads only. Plans to destroy and to abandon do not look at the file.
// Only with `compare_secrets` (and a key) is any secret read.
[[nodiscard]] base::Result<plan::Planned> MakePlanNow(Planning& planning, const plan::PlanOptions& options,
                                                      bool compare_secrets = false);

// From here on the session's catalog has the plugins that this task may run; `applied`: what the last apply pinned.
// Those of the file's groups come back, for PlanOptions::plugins.
[[nodiscard]] base::Result<model::PluginPins> UsePlugins(Planning& planning, const model::ClusterSpec* spec,
                                                         const model::PluginPins& applied);
// Plugins of the file that the last apply has not run: a person is asked before they are.
[[nodiscard]] base::Result<model::PluginPins> PluginsToAskFor(Planning& planning, const plan::PlanOptions& options);

// `options` with what the file forbids although it is not planned from.
[[nodiscard]] plan::PlanOptions WithProtection(const Planning& planning, plan::PlanOptions options);
// The spec that a plan with these options is made from; null: from state.
[[nodiscard]] const model::ClusterSpec* SpecFor(const Planning& planning, const plan::PlanOptions& options);

// Whether an apply would do anything that a person is asked about. A file that reads differently but means the same is
// recorded without asking, and is no change to --detailed-exitcode.
[[nodiscard]] bool ChangesAnything(const model::Plan& plan);

// The state directory: --state, else `.kadende` in `folder`.
[[nodiscard]] std::string StateDirectory(const CommonOptions& common, const std::string& folder);

// For commands that take CLUSTER: the session over --state or ./.kadende. Without such a directory there is nothing to
// write to, unless git still has the cluster that `text` means (lost_cluster.h).
[[nodiscard]] base::Result<std::unique_ptr<Session>> OpenHere(Console& console, bool write, std::string_view text = {});
// The same for writing, where an absent `.kadende` is made: for who waits for clusters. --state must be there.
[[nodiscard]] base::Result<std::unique_ptr<Session>> OpenOrCreateHere(Console& console);

}  // namespace kadende::cli
