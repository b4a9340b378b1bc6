// What a user asks for: the parsed, validated configuration file. Produced by lang/, consumed by engine/plan.
//
// Everything here is plain data. `defaults` are already merged and every value has its default; positions
// stay with the parser (lang/parser.h, SourceMap). Resource properties are canonical JSON text (base::Canonical)
// in which strings may still hold ${...}; engine/plan/expand evaluates them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/time.h"
#include "engine/model/health_check.h"
#include "engine/model/hook.h"
#include "engine/model/rollout.h"

namespace kadende::model {

// `resourcePlugin`.
struct ProviderRef {
  std::string name;
  std::string version = "latest";
  std::string url;  // empty: built in, or found by the configured index

  bool operator==(const ProviderRef&) const = default;
};

// What happens to strays (instances that our state has given up).
enum class OrphanPolicy : std::uint8_t { kDestroy, kReport, kAdopt };

// Defaults: SEMANTICS section 2 (create 5 min, join 15 min) and section 5 (destroy as create).
struct Timeouts {
  base::Millis create = std::chrono::minutes(5);
  base::Millis join = std::chrono::minutes(15);
  base::Millis destroy = std::chrono::minutes(5);

  bool operator==(const Timeouts&) const = default;
};

// What steers how a group is kept, without being part of any node. Changing it changes no node (`set`).
// Stored as JSON (policy_json.h), so unknown fields of a newer version survive a round trip through `extra`.
struct GroupPolicy {
  std::uint32_t min = 0;
  std::optional<std::uint32_t> max;  // unset: the size
  RolloutPolicy rollout;
  Timeouts timeouts;
  // Creates back off: base doubling to max, per group (SEMANTICS 3, "create backoff").
  base::Millis backoff_base = std::chrono::seconds(5);
  base::Millis backoff_max = std::chrono::seconds(300);
  OrphanPolicy orphans = OrphanPolicy::kDestroy;
  bool prevent_destroy = false;
  bool quorum = false;  // `kind: quorum`: more than half of its members have to be there
  // The cluster's `approval.destroyMoreThan`: a plan that destroys more of the group needs an approval of its own. Kept
  // per group, so that what is in force counts beside what a file says. Unset: none does.
  std::optional<CountOrPercent> destroy_more_than;
  std::vector<std::string> depends_on;  // group paths, sorted
  std::vector<HealthCheck> checks;      // in the file's order; the provider's own word is always heard besides
  RemediationPolicy remediation;
  std::vector<Hook> hooks;  // in the file's order
  DrainPolicy drain;
  // Canonical JSON object of keys that are accepted but not yet in force.
  std::string not_in_force = "{}";

  [[nodiscard]] base::Millis Bake() const;
  bool operator==(const GroupPolicy&) const = default;
};

struct GroupSpec {
  std::string path;                      // "data/db"
  std::uint32_t size = 0;                // = logical_ids.size() where these are given
  std::vector<std::string> logical_ids;  // in the user's order; empty in groups of `size`
  std::string moved_from;                // former path; empty: not moved
  ProviderRef provider;
  std::string properties = "{}";  // canonical JSON object, ${...} unevaluated
  std::map<std::string, std::string> labels;
  GroupPolicy policy;
};

struct ClusterSpec {
  std::string name;
  std::string version;                   // the user's label
  std::string id;                        // empty: none given
  std::string tool_versions;             // `kadende`: requirement on the tool, already checked
  std::string plugin_index;              // `pluginIndex`: where plugins without a url come from; empty: not said
  std::string state_remote;              // `state.remote`: git remote that the state is shared through; empty: not said
  bool continue_on_remote_loss = false;  // `state.onRemoteLoss: continue`
  // Values of `variables` after --var, --var-file and defaults, as JSON text of a scalar ("\"nginx\"", "3", "true").
  std::map<std::string, std::string> variables;
  std::vector<GroupSpec> groups;  // sorted by path; folders of groups are not listed
  std::string text;               // the file's bytes as read, kept in state
  base::Digest hash;              // SHA-256 over text and variable values
};

}  // namespace kadende::model
