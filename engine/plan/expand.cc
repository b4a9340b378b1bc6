#include "engine/plan/expand.h"

#include <algorithm>
#include <utility>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/model/check_texts.h"
#include "engine/ports/health_probe.h"

namespace kadende::plan {
namespace {

using base::Json;

// The hash's own version: a new one makes every revision a new one, so it changes only with the stored format.
constexpr int kRevisionHash = 1;

base::Digest RevisionId(const std::string& provider, const Json& properties,
                        const std::map<std::string, std::string>& labels) {
  Json document = {{"hash", kRevisionHash}, {"provider", provider}, {"properties", properties}, {"labels", labels}};
  return base::Sha256(base::Canonical(document));
}

base::Result<std::string> Constant(const Json& values, std::string_view what) {
  auto bound = model::PropertyTemplate::FromBound(base::Canonical(values));
  if (!bound) return tl::unexpected(bound.error());
  if (!bound->IsConstant() || bound->references().secret) {
    return base::Fail(base::ErrorCode::kInvalid, std::string(what));
  }
  return bound->RenderNode("", 0);
}

// Where instances live must be known before any node is, and must be the same for all of a group.
base::Result<std::string> ScopeConfig(const Json& properties, const model::Manifest& manifest) {
  Json scope = Json::object();
  for (const std::string& key : manifest.scope_properties) {
    if (auto found = properties.find(key); found != properties.end()) scope[key] = *found;
  }
  if (scope.empty()) return std::string("{}");
  return Constant(scope, "resourceProperties: `" + base::Join(manifest.scope_properties, "`, `") +
                             "` says where instances live and can not use node.* or secret.* values");
}

base::Result<std::map<std::string, std::string>> Labels(const std::map<std::string, std::string>& labels,
                                                        const model::GroupValues& values) {
  if (labels.empty()) return labels;
  auto bound = model::PropertyTemplate::Bind(base::Canonical(Json(labels)), values);
  if (!bound) return tl::unexpected(bound.error());
  if (!bound->IsConstant() || bound->references().secret) {
    return base::Fail(base::ErrorCode::kInvalid, "labels are the same for a whole group: no node.* or secret.* values");
  }
  auto text = bound->RenderNode("", 0);
  if (!text) return tl::unexpected(text.error());
  auto rendered = base::ParseJson(*text);
  if (!rendered) return tl::unexpected(rendered.error());
  std::map<std::string, std::string> result;
  for (const auto& [key, value] : rendered->items()) {
    result[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return result;
}

base::Result<model::RevisionRecord> MakeRevision(const model::GroupSpec& group, const model::GroupValues& values,
                                                 const model::Manifest& manifest) {
  auto bound = model::PropertyTemplate::Bind(group.properties, values);
  if (!bound) return base::Wrap(bound.error(), "resourceProperties");
  auto properties = base::ParseJson(bound->symbolic());
  if (!properties) return base::Wrap(properties.error(), "resourceProperties");
  auto labels = Labels(group.labels, values);
  if (!labels) return base::Wrap(labels.error(), "labels");
  auto scope_config = ScopeConfig(*properties, manifest);
  if (!scope_config) return tl::unexpected(scope_config.error());
  model::RevisionRecord revision;
  revision.id = RevisionId(group.provider.name, *properties, *labels);
  revision.provider = group.provider;
  revision.properties = bound->symbolic();
  revision.labels = std::move(*labels);
  revision.scope_config = std::move(*scope_config);
  return revision;
}

bool RunsPrograms(const model::Manifest& manifest) {
  return std::find(manifest.abilities.begin(), manifest.abilities.end(), "exec") != manifest.abilities.end();
}

base::Result<DesiredGroup> ExpandGroup(const model::ClusterSpec& spec, const model::GroupSpec& group,
                                       ports::ProviderSource& providers) {
  auto provider = providers.Find(group.provider);
  const bool untrusted = !provider && provider.error().code == base::ErrorCode::kDenied;
  if (!provider && !untrusted) return tl::unexpected(provider.error());
  const model::GroupValues values{spec.name, spec.version, group.path, &spec.variables};
  auto revision = MakeRevision(group, values, untrusted ? UnknownManifest() : (*provider)->Manifest());
  if (!revision) return tl::unexpected(revision.error());
  DesiredGroup desired;
  desired.path = group.path;
  desired.moved_from = group.moved_from;
  desired.target.size = group.size;
  desired.target.logical_ids = group.logical_ids;
  desired.target.revision = revision->id;
  desired.target.policy = group.policy;
  for (model::HealthCheck& check : desired.target.policy.checks) {
    auto bound = model::BindCheck(std::move(check), values);
    if (!bound) return tl::unexpected(bound.error());
    if (!untrusted && ports::RunsInNode(*bound) && !RunsPrograms((*provider)->Manifest())) {
      return base::Fail(base::ErrorCode::kInvalid, "check `" + bound->name + "`: provider `" + group.provider.name +
                                                       "` runs no programs in its nodes (`in: node`)");
    }
    check = std::move(*bound);
  }
  model::GroupPolicy& policy = desired.target.policy;
  if (auto bound = model::BindHooks(&policy.hooks, &policy.drain, values); !bound) {
    return tl::unexpected(std::move(bound).error());
  }
  desired.revision = std::move(*revision);
  return desired;
}

Desired Header(const model::ClusterState& state) {
  Desired desired;
  desired.cluster_name = state.cluster.name;
  desired.cluster_version = state.cluster.version;
  desired.cluster_id = state.cluster.id;
  desired.spec_text = state.cluster.spec_text;
  desired.spec_hash = state.cluster.spec_hash;
  desired.variables = state.cluster.variables;
  desired.plugins = state.cluster.plugins;
  return desired;
}

}  // namespace

const model::Manifest& UnknownManifest() {
  static const model::Manifest unknown;
  return unknown;
}

base::Result<Desired> Expand(const model::ClusterSpec& spec, ports::ProviderSource& providers) {
  Desired desired;
  desired.cluster_name = spec.name;
  desired.cluster_version = spec.version;
  desired.cluster_id = spec.id;
  desired.spec_text = spec.text;
  desired.spec_hash = spec.hash;
  desired.variables = spec.variables;
  std::vector<std::string> errors;  // all at once, so that nobody mends them one run at a time
  for (const model::GroupSpec& group : spec.groups) {
    auto expanded = ExpandGroup(spec, group, providers);
    if (expanded) {
      desired.groups.emplace(group.path, std::move(*expanded));
    } else {
      errors.push_back("group `" + group.path + "`: " + expanded.error().message);
    }
  }
  if (!errors.empty()) return base::Fail(base::ErrorCode::kInvalid, base::Join(errors, "\n"));
  return desired;
}

Desired DesiredFromState(const model::ClusterState& state, Which which) {
  Desired desired = Header(state);
  for (const auto& [path, group] : state.groups) {
    const model::GroupTarget& target = which == Which::kCurrent ? group.record.current : group.record.target;
    if (target.revision.IsZero() || !group.record.moved_to.empty()) continue;
    DesiredGroup& wanted = desired.groups[path];
    wanted.path = path;
    wanted.target = target;
    // A revision that state lost leaves a provider without a name, which no build has: the group freezes.
    if (const auto* revision = group.Revision(target.revision)) wanted.revision = *revision;
    wanted.revision.id = target.revision;
  }
  return desired;
}

Desired DesiredNothing(const model::ClusterState& state) {
  return Header(state);
}

}  // namespace kadende::plan
