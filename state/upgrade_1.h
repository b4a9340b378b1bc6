// Format 1 of the store -> 2: every row of the tables but `meta` and `events` ends in a seal (lmdb_transaction).
#pragma once

#include "state/lmdb_environment.h"

namespace kadende::state {

void SealRows(Transaction& transaction);

}  // namespace kadende::state
