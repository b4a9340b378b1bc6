// Work that is under way in a group, and room for more. Pure. Part of remediation.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/reconcile/census.h"

namespace kadende::reconcile {

[[nodiscard]] std::uint32_t SizeInForce(const model::GroupRecord& record);

// What the planner will decide, as far as it can be known without the provider: where only the provider makes it
// destroy-first, surge bounds it all the same.
[[nodiscard]] bool IsDestroyFirst(const model::GroupState& group);

// Slots whose replacement is under way. What a person keeps from coming back (`kept_away`, by slot key) is none: others
// are not to wait for it.
[[nodiscard]] std::uint32_t CountInFlight(const RemediationInput& input, const Census& census,
                                          const std::function<bool(const std::string&)>& kept_away);

// Instances that may still be made: all that exist, may exist or are to be brought back count.
[[nodiscard]] std::uint32_t CountRoom(const RemediationInput& input, const Census& census,
                                      const model::GroupPolicy& policy);

}  // namespace kadende::reconcile
