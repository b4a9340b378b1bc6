// Step "publish": snapshot -> one commit in the history, and the note in the store that it is there.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/apply/run.h"

namespace kadende::apply {

struct Publication {
  std::string subject;
  std::string body;
  std::string actor;
  std::string plan = "{}";  // plan.json
  std::string run_id;
  std::map<std::string, std::string> trailers = {};  // as in ports::PublishRequest
};

// Publishes what is dirty in `state`, which must be what the store has, and brings both up to date. The commit of a run
// that was killed before its note is found by the history (the run is still open in `state`) and noted, not made again.
// A renamed cluster's branch is renamed first.
// Errors: the history's (kConflict: the branch was moved by somebody else) or the store's.
[[nodiscard]] base::Result<ports::PublishResult> Publish(model::ClusterState& state, const RunPorts& ports,
                                                         const Publication& publication);

// Whether a cluster may take the name: kConflict where the history has another cluster's line of commits under it.
[[nodiscard]] base::Status CheckNewName(const std::string& name, const model::Lineage& lineage,
                                        ports::History& history);

// What a killed run left unpublished, under that run's own name and with what it came to; nothing where no run is open.
[[nodiscard]] base::Status PublishPending(model::ClusterState& state, const RunPorts& ports, const std::string& actor);

// "apply shop: +2 ~1 -1 -/+3", with a serial "rollback shop to serial 5: +2"; without counts "apply shop: settings
// only", or `nothing` in place of these words.
inline constexpr std::string_view kSettingsOnly = "settings only";
inline constexpr std::string_view kNothingDone = "nothing done";  // of a run that did not come to its end
[[nodiscard]] std::string Subject(model::RunKind kind, const std::string& cluster, const model::ChangeCounts& counts,
                                  std::string_view nothing = kSettingsOnly, std::string_view rollback_serial = {});

}  // namespace kadende::apply
