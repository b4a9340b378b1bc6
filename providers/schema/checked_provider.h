// A provider whose properties are held against its manifest's JSON Schema before it is asked for its own opinion.
#pragma once

#include <memory>

#include "engine/ports/provider.h"

namespace kadende::providers {

// The same provider; Validate says first what the schema says. Where that finds errors the provider is not asked, so
// that nobody reads two sentences about one mistake. A schema that cannot be used is a warning, and then judges
// nothing.
[[nodiscard]] std::unique_ptr<ports::Provider> CheckProperties(std::unique_ptr<ports::Provider> provider);

}  // namespace kadende::providers
