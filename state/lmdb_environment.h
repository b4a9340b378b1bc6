// LMDB made safe to use: one environment per process and directory, locks with an end, errors as values. The only room
// that knows LMDB is lmdb_environment.cc and lmdb_transaction.cc; its types do not show here.
//
// What LMDB asks of its users, and where it is kept (all of it measured, see README.md):
// - One environment per process: a registry by device and inode. Opening twice and closing one lets two writers in.
// - No use after fork: every transaction compares the process id.
// - The data descriptor is made close-on-exec. The writer lock has no timeout: a lock file of ours stands before it.
// - Dead readers pin pages: cleared at open. Processes of another pid namespace cannot be told from dead ones, and
// their
//   ids collide: the environment is refused while such a process has it open.
// - A map that another process grew is adopted while no transaction of this process is open.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "state/file_lock.h"

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

namespace kadende::state {

// Sub-databases; FORMAT.md says what is in each. Stored by name, so the numbers are not a format.
enum class Table : std::uint8_t { kMeta, kClusters, kGroups, kNodes, kIntents, kDirty, kEvents, kHealth, kReports };
inline constexpr std::size_t kTables = 9;
// The rest came later and holds what can be looked up again: a store may lack it, and then it reads as empty.
inline constexpr std::size_t kFirstTables = 7;

struct EnvironmentOptions {
  std::uint64_t map_bytes = 16ULL << 30;
  base::Millis writer_wait = std::chrono::seconds(30);  // for another process's commit to end
  bool read_only = false;
};

// What a person can do about a damaged store.
inline constexpr std::string_view kDamageRemedy =
    "Move data.mdb and lock.mdb out of there and leave history.git: the next `kadende apply` takes up again what was "
    "published";

class Environment;

// Keeps an environment open; the last one closes it.
class EnvironmentRef {
 public:
  EnvironmentRef(EnvironmentRef&& other) noexcept : environment_(std::exchange(other.environment_, nullptr)) {}
  EnvironmentRef(const EnvironmentRef&) = delete;
  EnvironmentRef& operator=(const EnvironmentRef&) = delete;
  EnvironmentRef& operator=(EnvironmentRef&&) = delete;
  ~EnvironmentRef();
  Environment* operator->() const { return environment_; }
  Environment& operator*() const { return *environment_; }

 private:
  friend class Environment;
  explicit EnvironmentRef(Environment* environment) : environment_(environment) {}
  Environment* environment_;
};

// Walks one table in the order of its keys. Views are valid until the transaction writes or ends. Ends where the table
// ends, and where a read fails (then the transaction has the error).
class Cursor {
 public:
  Cursor(Cursor&& other) noexcept;
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor();

  bool Seek(std::string_view key);  // to the first key that is not lower
  bool First();
  bool Last();
  bool Next();
  bool Previous();
  void Delete();  // the current row; Next() then goes to the one behind it
  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] std::string_view value() const { return value_; }

 private:
  friend class Transaction;
  Cursor(class Transaction* owner, MDB_cursor* cursor, Table table) : owner_(owner), cursor_(cursor), table_(table) {}
  bool Move(int operation, std::string_view key = {});

  Transaction* owner_;
  MDB_cursor* cursor_;  // null after a failure, and where there is no such table
  Table table_;
  std::string_view key_;
  std::string_view value_;
};

// One consistent view, or one atomic change. Errors stick: after the first, every operation does nothing and status()
// and Commit() give it, so code that writes many rows checks once. Ends (aborts) when destroyed. Stays in its thread.
class Transaction {
 public:
  Transaction(Transaction&& other) noexcept;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // Valid until the next write. Nothing where there is no such row.
  [[nodiscard]] std::optional<std::string_view> Get(Table table, std::string_view key);
  void Put(Table table, std::string_view key, std::string_view value);
  void PutIfChanged(Table table, std::string_view key, std::string_view value);  // an equal row costs no write
  void PutIfAbsent(Table table, std::string_view key);                           // a row without value
  void Append(Table table, std::string_view key, std::string_view value);        // key above all others
  void Delete(Table table, std::string_view key);                                // absent: nothing to do
  void DeletePrefix(Table table, std::string_view prefix);
  [[nodiscard]] std::uint64_t Count(Table table);
  [[nodiscard]] bool sealing() const { return sealed_; }
  void BeginSealing() { sealed_ = true; }  // rows are read and written with seals from here (lmdb_upgrade)
  [[nodiscard]] Cursor Open(Table table);

  void Fail(base::Error error);  // what stands in the rows is wrong, or the change is not possible
  [[nodiscard]] base::Status status() const;
  // Durable when it succeeds; nothing is changed when it fails with Effect::kNone. The transaction is over either way.
  [[nodiscard]] base::Status Commit();

 private:
  friend class Environment;
  friend class Cursor;
  Transaction(Environment* environment, std::shared_lock<std::shared_mutex> map, MDB_txn* txn, bool sealed)
      : environment_(environment), map_(std::move(map)), txn_(txn), sealed_(sealed) {}
  void FailCode(int code);
  [[nodiscard]] bool Has(Table table) const;
  void Write(Table table, std::string_view key, std::string_view value, unsigned flags);
  // The value without its seal. Where the row is not as it was written: nothing, and the transaction fails; in the late
  // tables an empty value.
  std::optional<std::string_view> Unseal(Table table, std::string_view key, std::string_view value);

  Environment* environment_;
  std::unique_lock<std::mutex> writer_;  // held by a writing transaction
  std::shared_lock<std::shared_mutex> map_;
  MDB_txn* txn_;
  bool sealed_;
  std::optional<base::Error> error_;
};

// Thread-safe. A second open of a directory gives the same environment with the options of the first.
class Environment {
 public:
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment();

  // kNotFound: read_only, and there is no store. kCorrupt, kDenied, kQuota; kConflict: foreign pid namespace, or open
  // read-only in this process already.
  [[nodiscard]] static base::Result<EnvironmentRef> Open(const std::string& directory,
                                                         const EnvironmentOptions& options);

  // Both: kConflict where the files at the directory are no longer those that were opened.
  [[nodiscard]] base::Result<Transaction> BeginRead();
  // Waits for other writers, in this process and others: kConflict after options.writer_wait, naming the holder.
  [[nodiscard]] base::Result<Transaction> BeginWrite();

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] bool read_only() const { return options_.read_only; }
  // The store's format says whether rows have seals; known once it was read (lmdb_upgrade).
  void UseSeals() { sealed_ = true; }

 private:
  friend class EnvironmentRef;
  friend class Transaction;
  Environment(std::string directory, const EnvironmentOptions& options);
  base::Status OpenFiles();
  base::Status JoinUsers();
  base::Status OpenMap();
  [[nodiscard]] base::Status CheckNotEmptied() const;
  void GuardMap();
  base::Status CoverMissingTail();
  base::Status OpenTables();
  int OpenTable(MDB_txn* txn, std::size_t table, bool fresh);
  void OpenLateTables();
  base::Result<Transaction> Begin(unsigned flags);
  base::Status AdoptMapSize();
  [[nodiscard]] base::Status CheckInPlace() const;
  base::Status LockWriter(std::unique_lock<std::mutex>* guard);
  [[nodiscard]] base::Error MakeError(int code, std::string_view doing) const;

  // Constant after opening.
  const std::string directory_;
  const EnvironmentOptions options_;
  const std::int64_t pid_;
  MDB_env* env_ = nullptr;
  unsigned tables_[kTables] = {};  // 0: not there; those behind kFirstTables change under map_mutex_
  FileLock users_;                 // held shared for as long as the environment is open: who else may have it open

  std::shared_mutex map_mutex_;  // shared by transactions, exclusive to change the map's size
  std::mutex writer_mutex_;      // threads of this process
  FileLock writer_file_;         // other processes; guarded by writer_mutex_
  int users_count_ = 0;          // guarded by the registry's mutex
  std::atomic<bool> sealed_ = false;
  std::atomic<bool> complete_ = false;  // all tables are open
};

}  // namespace kadende::state
