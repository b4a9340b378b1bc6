// maxUnhealthy and unhealthyRange: how many live nodes may fail while automation gives any of them up. Pure.
//
// Counted are live nodes that fail, against the group's size, or against as many nodes as are known where those are
// fewer: who is unknown does not fail, but does not vouch for the others either. The brake lets go when those that fail
// or are unknown would no longer make it take hold: not to be seen any more is no recovery, and a start does not lift
// it. Counted from the first failing look on, not from the moment of action: else the first of many that fail would be
// gone before the others are due.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/model/health_check.h"
#include "engine/reconcile/hindrance.h"

namespace kadende::reconcile {

struct Ailing {
  std::uint32_t size = 0;  // that the group should have
  std::uint32_t live = 0;  // not gone
  std::uint32_t failing = 0;
  std::uint32_t unknown = 0;
  bool braked = false;  // by one of the two, since a pass before
};

[[nodiscard]] std::optional<Hindrance> BrakeUnhealthy(const Ailing& ailing, const model::RemediationPolicy& policy);

}  // namespace kadende::reconcile
