#include "engine/plan/update_advice.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/text.h"

namespace kadende::plan {
namespace {

// Few, though there may be very many nodes.
std::set<base::Digest> RevisionsInUse(const model::GroupState& prior) {
  std::set<base::Digest> used = {prior.record.current.revision};
  base::Digest last = prior.record.current.revision;
  for (const auto& [key, node] : prior.nodes) {
    if (node.revision == last) continue;
    last = node.revision;
    used.insert(last);
  }
  return used;
}

bool ByPath(const ports::UpdateVerdict& a, const ports::UpdateVerdict& b) {
  return a.path < b.path;
}

base::Result<UpdateVerdicts> Ask(ports::PlanUpdate& provider, const model::RevisionRecord& from,
                                 const model::RevisionRecord& to, const ports::CallContext& context) {
  const ports::PlanUpdateRequest request{from.properties, to.properties, ChangedProperties(from, to)};
  if (request.paths.empty()) return UpdateVerdicts{};
  auto verdicts = provider.Judge(request, context);
  if (!verdicts) return verdicts;
  for (const ports::UpdateVerdict& verdict : *verdicts) {
    if (std::binary_search(request.paths.begin(), request.paths.end(), verdict.path)) continue;
    return base::Fail(base::ErrorCode::kInternal, "provider `" + to.provider.name + "` was asked about changes of " +
                                                      base::Join(request.paths, ", ") + ", and judges `" +
                                                      base::EscapeTerminal(verdict.path) + "`");
  }
  std::stable_sort(verdicts->begin(), verdicts->end(), ByPath);
  return verdicts;
}

}  // namespace

const UpdateVerdicts& VerdictsFrom(const UpdateAdvice& advice, const base::Digest& revision) {
  static const UpdateVerdicts none;
  const auto found = advice.find(revision);
  return found == advice.end() ? none : found->second;
}

void AddReasons(const UpdateVerdicts& verdicts, std::vector<std::string>& notes) {
  for (const ports::UpdateVerdict& verdict : verdicts) {
    if (verdict.reason.empty()) continue;
    notes.push_back("`" + verdict.path + "` " + (verdict.replace ? "needs new instances: " : "is changed in place: ") +
                    verdict.reason);
  }
}

base::Result<UpdateAdvice> AskForAdvice(ports::PlanUpdate& provider, const model::GroupState& prior,
                                        const model::RevisionRecord& wanted, const ports::CallContext& context) {
  UpdateAdvice advice;
  for (const base::Digest& id : RevisionsInUse(prior)) {
    const model::RevisionRecord* from = prior.Revision(id);
    if (from == nullptr || from->id == wanted.id || from->provider.name != wanted.provider.name) continue;
    auto verdicts = Ask(provider, *from, wanted, context);
    if (!verdicts) return tl::unexpected(std::move(verdicts).error());
    if (!verdicts->empty()) advice.emplace(id, std::move(*verdicts));
  }
  return advice;
}

}  // namespace kadende::plan
