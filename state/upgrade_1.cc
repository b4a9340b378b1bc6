#include "state/upgrade_1.h"

#include <string>
#include <utility>
#include <vector>

namespace kadende::state {

void SealRows(Transaction& transaction) {
  struct Row {
    Table table;
    std::string key;
    std::string value;
  };
  std::vector<Row> rows;
  for (const Table table : {Table::kClusters, Table::kGroups, Table::kNodes, Table::kIntents, Table::kDirty}) {
    Cursor cursor = transaction.Open(table);
    for (bool more = cursor.First(); more; more = cursor.Next()) {
      rows.push_back({table, std::string(cursor.key()), std::string(cursor.value())});
    }
  }
  transaction.BeginSealing();
  for (const Row& row : rows) transaction.Put(row.table, row.key, row.value);
}

}  // namespace kadende::state
