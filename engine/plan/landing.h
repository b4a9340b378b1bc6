// Creates of earlier runs that can neither be repeated nor called failed yet: their provider has no idempotent tokens,
// no listing has them, and they are younger than the create timeout. An apply that meets one waits for it. Pure.
#pragma once

#include <string>

#include "engine/plan/diff.h"
#include "engine/ports/provider.h"

namespace kadende::plan {

// A sentence for the plan: what an apply of `diff` waits for, and until when; empty where it waits for nothing.
// `policy`: the one under which the group's actions run.
[[nodiscard]] std::string LandingNote(const GroupInput& input, const GroupDiff& diff, const model::GroupPolicy& policy,
                                      ports::ProviderSource& providers);

}  // namespace kadende::plan
