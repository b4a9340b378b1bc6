// The version of the store as a whole, and the way from one to the next. Records have versions of their own
// (record_codec.h); a new format of the store is only for what a record cannot say: tables and keys.
//
// Checklist for a new version: raise kStoreFormat; add state/upgrade_<from>.cc with one function that rewrites, within
// the given transaction, a store of <from> to <from> + 1; add it to kSteps in lmdb_upgrade.cc; describe it in
// FORMAT.md; check in a fixture of the old version.
#pragma once

#include <cstdint>

#include "state/lmdb_environment.h"

namespace kadende::state {

inline constexpr std::uint32_t kStoreFormat = 2;

// Reads the version of an open store; writes it into a new one; takes an older one up, step by step, in one
// transaction. kInvalid for a newer one. Read-only stores of an older version stay as they are.
[[nodiscard]] base::Status BringUpToDate(Environment& environment);

// Reads the store as its version in this snapshot has it: a writer may take up a store that is open for reading.
[[nodiscard]] base::Status MindFormat(Environment& environment, Transaction& transaction);

}  // namespace kadende::state
