// Rows of health and of reports: ports/health_store.h within a transaction. A row that does not read is left out: it is
// another version's, or damaged, and health is looked up again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/health_store.h"
#include "state/lmdb_environment.h"

namespace kadende::state {

[[nodiscard]] ports::HealthByGroup ReadHealth(Transaction& transaction, std::string_view lineage);
// Whole groups; a group without nodes is erased. Chunks that did not change are not written.
void WriteHealth(Transaction& transaction, std::string_view lineage, const ports::HealthByGroup& groups);

// Also erases lapsed reports of the cluster, some at each call.
void WriteReport(Transaction& transaction, std::string_view lineage, const model::HealthReport& report);
[[nodiscard]] std::vector<model::HealthReport> ReadReports(Transaction& transaction, std::string_view lineage);

// Health and reports of a group that is gone; of one that is renamed: what `to` had before goes.
void ForgetHealth(Transaction& transaction, std::string_view lineage, std::string_view path);
void MoveHealth(Transaction& transaction, std::string_view lineage, std::string_view from, std::string_view to);

}  // namespace kadende::state
