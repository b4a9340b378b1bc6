// When creates of a group may be tried again (SEMANTICS 3, "create backoff"), and automatic destroys. Pure.
#pragma once

#include <string>

#include "engine/base/time.h"
#include "engine/model/record.h"
#include "engine/model/spec.h"

namespace kadende::plan {

// delay = min(max, base * 2^(failures-1)), counted from `now`; a failure of another revision starts again at one.
[[nodiscard]] model::CreateBackoff AfterFailure(const model::CreateBackoff& before, const base::Digest& revision,
                                                const model::GroupPolicy& policy, std::string error,
                                                base::TimePoint now);
// Success, or a new revision: nothing is held back.
[[nodiscard]] model::CreateBackoff AfterSuccess();
// `longest`: the policy's backoff.max. A moment further away was set by a clock that has been put back since, and holds
// nothing.
[[nodiscard]] bool MayCreate(const model::CreateBackoff& backoff, const base::Digest& revision, base::Millis longest,
                             base::TimePoint now);
// Destroys have no revision: their failures are counted with a zero one.
[[nodiscard]] bool MayDestroy(const model::CreateBackoff& backoff, base::Millis longest, base::TimePoint now);

}  // namespace kadende::plan
