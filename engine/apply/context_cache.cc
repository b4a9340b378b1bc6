#include "engine/apply/context_cache.h"

#include <algorithm>

namespace kadende::apply {

void ContextCache::Fill(RevisionContext& context, const model::RevisionRecord& record) const {
  context.revision = record.id;
  context.labels.assign(record.labels.begin(), record.labels.end());
  // A template that does not read only matters to a create or an update, which say so; a destroy goes on without.
  auto properties = model::PropertyTemplate::FromBound(record.properties);
  if (!properties) return;
  context.properties = std::move(*properties);
  if (context.properties->references().secret && secrets_ != nullptr) {
    context.secrets = &secrets_->values();
    context.marks = secrets_->MarksOf(planned_.state.cluster.lineage, context.properties->references());
  }
  if (!context.properties->IsConstant()) return;
  if (auto text = context.properties->RenderNode("", 0)) context.constant_properties = std::move(*text);
}

base::Result<const RevisionContext*> ContextCache::OfRevision(std::uint32_t group, const base::Digest& revision) {
  const auto key = std::pair(group, revision);
  auto cached = revisions_.find(key);
  if (cached == revisions_.end()) {
    const model::RevisionRecord* record = Lookup(group, revision);
    Made made = base::Fail(base::ErrorCode::kCorrupt, "revision " + base::ToHex(revision).substr(0, 8) + " of group `" +
                                                          planned_.plan.groups[group].path +
                                                          "` is not in state: its provider is not known");
    if (record != nullptr) {
      made = Make(record->provider, record->scope_config);
      if (made) Fill(**made, *record);
    }
    cached = revisions_.emplace(key, std::move(made)).first;
  }
  return View(cached->second);
}

base::Result<const RevisionContext*> ContextCache::OfStray(const model::ProviderRef& provider,
                                                           const std::string& scope_config) {
  const auto key = std::tuple(provider.name, provider.version, scope_config);
  auto cached = strays_.find(key);
  if (cached == strays_.end()) cached = strays_.emplace(key, Make(provider, scope_config)).first;
  return View(cached->second);
}

const model::RevisionRecord* ContextCache::Lookup(std::uint32_t group, const base::Digest& revision) const {
  const model::PlanGroup& planned = planned_.plan.groups[group];
  const auto found = std::find_if(planned.revisions.begin(), planned.revisions.end(),
                                  [&](const model::RevisionRecord& record) { return record.id == revision; });
  if (found != planned.revisions.end()) return &*found;
  const auto state = planned_.state.groups.find(planned.path);
  return state == planned_.state.groups.end() ? nullptr : state->second.Revision(revision);
}

ContextCache::Made ContextCache::Make(const model::ProviderRef& ref, const std::string& scope_config) {
  auto provider = providers_.Find(ref);
  if (!provider) return tl::unexpected(std::move(provider).error());
  const model::Manifest& manifest = (*provider)->Manifest();
  auto context = std::make_unique<RevisionContext>();
  context->provider = *provider;
  context->idempotent = manifest.idempotent_tokens;
  context->keeps_attributes = !manifest.kept_attributes.empty();
  context->scope_config = scope_config;
  auto lane = lanes_.find(*provider);
  if (lane == lanes_.end()) lane = lanes_.emplace(*provider, pool_.AddLane(manifest.max_parallel)).first;
  context->lane = lane->second;
  return context;
}

base::Result<const RevisionContext*> ContextCache::View(const Made& made) {
  if (!made) return tl::unexpected(made.error());
  return made->get();
}

}  // namespace kadende::apply
