// What every ports::Leadership must do. `make` gives another one over the same place each time: two of them stand for
// two processes. Add leadership_contract.cc to the sources of the test.
#pragma once

#include <functional>
#include <memory>

#include "engine/ports/leadership.h"

namespace kadende::tests {

using LeadershipFactory = std::function<std::unique_ptr<ports::Leadership>()>;

// Each situation is a SECTION and uses its own lineage.
void CheckLeadershipContract(const LeadershipFactory& make);

}  // namespace kadende::tests
