// Keeps history.git small: many small commits leave thousands of loose objects, which the `git` program packs now and
// then (libgit2 has no such thing; MEASURED: 44 MB become 4 MB). What killed publishes left behind is removed with it,
// a day after. Where there is no `git`, nothing happens. Never used on the enclosing repository.
#pragma once

#include <string>

namespace kadende::state {

// True after about 500 small commits, or when many packs have gathered; looks at a few folders only.
[[nodiscard]] bool NeedsConsolidation(const std::string& repository);

// Runs the program and waits for it, four minutes at most. The caller holds the publish lock. Failures are of no
// consequence: it is tried again later.
void Consolidate(const std::string& repository);

// After a line was replaced: removes what nothing refers to any more, but what is younger than some minutes, for
// another process may be about to refer to it. The caller holds the publish lock; failures are of no consequence.
void Discard(const std::string& repository);

}  // namespace kadende::state
