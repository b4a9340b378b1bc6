// Reads one loose object. libgit2 1.5 spins for ever on one that was cut short (its inflate loop makes no progress), so
// loose objects are read here, where the end of the input is an end.
#pragma once

#include <optional>
#include <string>

#include "engine/base/result.h"
#include "state/git_repository.h"

namespace kadende::state {

// `objects` is the repository's folder of that name. Nothing where there is no such loose object (it may be in a pack).
// kCorrupt: it does not read as an object of this id.
[[nodiscard]] base::Result<std::optional<std::string>> ReadLoose(const std::string& objects, const ObjectId& id,
                                                                 ObjectKind kind);

}  // namespace kadende::state
