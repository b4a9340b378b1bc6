// Who holds a lock, for whoever waits for it.
#pragma once

#include <string>

#include "engine/apply/run.h"

namespace kadende::apply {

// Who takes a lock and why, as others are told.
[[nodiscard]] std::string Purpose(model::RunKind kind);
[[nodiscard]] ports::Holder MakeHolder(const RunPorts& ports, const std::string& actor, std::string reason);

}  // namespace kadende::apply
