// Rows of a store written behind its back, while it is closed.
#pragma once

#include <lmdb.h>

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

namespace kadende::tests {

// Calls work(txn, dbi of `table`) within a transaction of its own.
inline void WithRawTable(const std::string& directory, const char* table,
                         const std::function<void(MDB_txn*, MDB_dbi)>& work) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_dbi dbi = 0;
  mdb_env_create(&env);
  mdb_env_set_maxdbs(env, 9);
  REQUIRE(mdb_env_open(env, directory.c_str(), 0, 0600) == 0);
  REQUIRE(mdb_txn_begin(env, nullptr, 0, &txn) == 0);
  REQUIRE(mdb_dbi_open(txn, table, 0, &dbi) == 0);
  work(txn, dbi);
  REQUIRE(mdb_txn_commit(txn) == 0);
  mdb_env_close(env);
}

inline void PutRaw(const std::string& directory, const char* table, const std::string& key, const std::string& value) {
  WithRawTable(directory, table, [&](MDB_txn* txn, MDB_dbi dbi) {
    MDB_val k{key.size(), const_cast<char*>(key.data())};
    MDB_val v{value.size(), const_cast<char*>(value.data())};
    REQUIRE(mdb_put(txn, dbi, &k, &v, 0) == 0);
  });
}

// A row that is there, seal included.
inline void ChangeRaw(const std::string& directory, const char* table, const std::string& key,
                      const std::function<void(std::string*)>& change) {
  std::string bytes;
  WithRawTable(directory, table, [&](MDB_txn* txn, MDB_dbi dbi) {
    MDB_val k{key.size(), const_cast<char*>(key.data())};
    MDB_val v{};
    REQUIRE(mdb_get(txn, dbi, &k, &v) == 0);
    bytes.assign(static_cast<const char*>(v.mv_data), v.mv_size);
  });
  change(&bytes);
  PutRaw(directory, table, key, bytes);
}

inline void DropRaw(const std::string& directory, const std::vector<const char*>& tables) {
  for (const char* table : tables) {
    WithRawTable(directory, table, [](MDB_txn* txn, MDB_dbi dbi) { REQUIRE(mdb_drop(txn, dbi, 1) == 0); });
  }
}

}  // namespace kadende::tests
