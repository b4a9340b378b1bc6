// Step "expand": what is wanted, per group: a template, its revision, and a count.
//
// Revision: SHA-256 of the canonical JSON {"hash":1,"provider":<name>,"properties":<symbolic>,"labels":<labels>}. The
// provider's version is not in it: a new plugin version rolls nothing. "hash" is the hash's own version.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/cluster_state.h"
#include "engine/model/expression.h"
#include "engine/model/spec.h"
#include "engine/ports/provider.h"

namespace kadende::plan {

struct DesiredGroup {
  std::string path;
  std::string moved_from;
  model::GroupTarget target;       // target.revision == revision.id
  model::RevisionRecord revision;  // scope is empty: only a provider can name it
};

struct Desired {
  std::string cluster_name;
  std::string cluster_version;
  std::string cluster_id;
  std::string spec_text;
  base::Digest spec_hash;
  std::map<std::string, std::string> variables;
  model::PluginPins plugins;                   // that its groups' providers are pinned to
  std::map<std::string, DesiredGroup> groups;  // by path; a group of the state that is absent here is to be gone
};

// What is assumed of a provider that is not asked: no property changes in place, none is exclusive.
[[nodiscard]] const model::Manifest& UnknownManifest();

// From a file. Groups whose provider is lacking are an error here (validate only warns of them); those whose provider
// is not trusted (Find: kDenied) are expanded by UnknownManifest. Their revision is the same one: the manifest is not
// in it. Errors name the group's path and the property.
[[nodiscard]] base::Result<Desired> Expand(const model::ClusterSpec& spec, ports::ProviderSource& providers);

// From state alone: what watch keeps and `apply --abandon` returns to (current), or what an unfinished run was moving
// to (target).
enum class Which : std::uint8_t { kCurrent, kTarget };
[[nodiscard]] Desired DesiredFromState(const model::ClusterState& state, Which which);

// The same cluster with no group left: `destroy`.
[[nodiscard]] Desired DesiredNothing(const model::ClusterState& state);

}  // namespace kadende::plan
