// Asks a provider with the ability "planUpdate" whether what changes in a group is updated in place or needs other
// instances. Part of assembling a plan: the diff itself stays pure.
#pragma once

#include <map>

#include "engine/model/cluster_state.h"
#include "engine/plan/revision_change.h"
#include "engine/ports/provider.h"

namespace kadende::plan {

using UpdateAdvice = std::map<base::Digest, UpdateVerdicts>;  // by the revision that is left
[[nodiscard]] const UpdateVerdicts& VerdictsFrom(const UpdateAdvice& advice, const base::Digest& revision);

// What the provider gave as its reasons, a sentence each. Foreign text.
void AddReasons(const UpdateVerdicts& verdicts, std::vector<std::string>& notes);

// One question for each revision that nodes of the group have, and that differs from `wanted`. Errors: the provider
// gave no answer, or one about something else.
[[nodiscard]] base::Result<UpdateAdvice> AskForAdvice(ports::PlanUpdate& provider, const model::GroupState& prior,
                                                      const model::RevisionRecord& wanted,
                                                      const ports::CallContext& context);

}  // namespace kadende::plan
