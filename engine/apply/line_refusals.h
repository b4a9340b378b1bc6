// Why a run beside a remote does not go on, in words that name place, cause and remedy. What decides it: shared_line.h.
#pragma once

#include <string>

#include "engine/apply/merge.h"
#include "engine/apply/relate.h"
#include "engine/ports/remote.h"

namespace kadende::apply {

[[nodiscard]] std::string Describe(const ports::CommitSummary& commit);  // "serial 7 (3f2c1abd90aa)"

// Who holds the cluster, where, since when and until when.
[[nodiscard]] std::string HeldBy(const std::string& cluster, const ports::RunClaim& claim);

// kConflict each. `address`: of the remote.
[[nodiscard]] base::Status Rewound(const std::string& address, const LineSides& sides);
[[nodiscard]] base::Status Foreign(const std::string& cluster, const std::string& address, const LineSides& sides);
[[nodiscard]] base::Status Lost(const Merged& merged, const std::string& address);

}  // namespace kadende::apply
