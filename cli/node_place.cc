#include "cli/node_place.h"

#include <utility>

#include "cli/node_probe.h"

namespace kadende::cli {
namespace {

// The store has each revision before a node of it is made.
base::Result<NodePlace> FindPlace(Session& session, const CatalogFor& catalog_for, const ports::ProbeRequest& request) {
  if (session.store() == nullptr) return base::Fail(base::ErrorCode::kNotFound, "nothing was ever applied here");
  const auto state = session.store()->Load(request.lineage);
  if (!state) return tl::unexpected(state.error());
  const auto group = state->groups.find(request.group);
  const model::RevisionRecord* revision =
      group == state->groups.end() ? nullptr : group->second.Revision(request.revision);
  if (revision == nullptr) return base::Fail(base::ErrorCode::kNotFound, "state has no such revision of the group");
  providers::Catalog& catalog = catalog_for(request.directory, *state);
  if (auto found = catalog.Find(revision->provider); !found) return tl::unexpected(std::move(found).error());
  ports::Exec* exec = catalog.FindExec(revision->provider);
  if (exec == nullptr) {
    return base::Fail(base::ErrorCode::kInvalid,
                      "provider `" + revision->provider.name + "` runs no programs in its nodes");
  }
  return NodePlace{exec, revision->scope_config};
}

}  // namespace

std::unique_ptr<ports::HealthProbe> LookInNodes(std::unique_ptr<ports::HealthProbe> others, Session& session,
                                                CatalogFor catalog_for) {
  return std::make_unique<NodeProbe>(
      std::move(others), [&session, catalog_for = std::move(catalog_for)](const ports::ProbeRequest& request) {
        return FindPlace(session, catalog_for, request);
      });
}

}  // namespace kadende::cli
