// RevisionContexts by group and revision, each made once per run. Not thread-safe: the coordinator's; the contexts
// themselves are constant and read by workers.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "engine/apply/job.h"
#include "engine/apply/run_secrets.h"
#include "engine/apply/worker_pool.h"
#include "engine/plan/planner.h"

namespace kadende::apply {

class ContextCache {
 public:
  // All must outlive the cache. `secrets` null: none were read.
  ContextCache(const plan::Planned& planned, ports::ProviderSource& providers, WorkerPool& pool,
               const RunSecrets* secrets)
      : planned_(planned), providers_(providers), pool_(pool), secrets_(secrets) {}

  // Errors: the revision is known neither to the plan nor to state (kCorrupt), the provider is lacking (kNotFound).
  [[nodiscard]] base::Result<const RevisionContext*> OfRevision(std::uint32_t group, const base::Digest& revision);
  // For an instance without a row.
  [[nodiscard]] base::Result<const RevisionContext*> OfStray(const model::ProviderRef& provider,
                                                             const std::string& scope_config);

 private:
  using Made = base::Result<std::unique_ptr<RevisionContext>>;
  [[nodiscard]] const model::RevisionRecord* Lookup(std::uint32_t group, const base::Digest& revision) const;
  void Fill(RevisionContext& context, const model::RevisionRecord& record) const;
  [[nodiscard]] Made Make(const model::ProviderRef& ref, const std::string& scope_config);
  [[nodiscard]] static base::Result<const RevisionContext*> View(const Made& made);

  const plan::Planned& planned_;
  ports::ProviderSource& providers_;
  WorkerPool& pool_;
  const RunSecrets* secrets_;
  std::map<std::pair<std::uint32_t, base::Digest>, Made> revisions_;
  std::map<std::tuple<std::string, std::string, std::string>, Made> strays_;  // name, version, scope_config
  std::map<const ports::Provider*, std::uint32_t> lanes_;
};

}  // namespace kadende::apply
