// Groups of `kind: quorum`: more than half of the members have to be there for the others to work. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/reconcile/hindrance.h"

namespace kadende::reconcile {

// Whether one more member may be given up: never where more than (size - 1) / 2 are away already, dead, unknown and
// joining ones counted together. By then a member that fails may be the one that still has what the others lack.
[[nodiscard]] std::optional<Hindrance> CheckQuorum(std::uint32_t size, std::uint32_t healthy);

}  // namespace kadende::reconcile
