// The cloud's file: an LMDB environment of one file, without fsync. What it holds is sim_cloud.cc's business; here are
// tables of byte strings and transactions.
//
// Rules (MEASURED by the crash suite): at most one SimFile per file and process (SimCloud keeps a registry), stale
// readers of dead processes are cleared at open, and a write transaction first takes an flock of our own with a bounded
// wait, because LMDB's writer lock knows no timeout. Both locks die with their holder.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "engine/base/result.h"

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

namespace kadende::providers {

enum class SimTable : std::uint8_t { kMeta, kTexts, kLineages, kClusters, kInstances, kLocators, kTokens, kDue };
inline constexpr std::size_t kSimTables = 8;

// device and inode: the same file by whatever path.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

class SimFile;

// Aborts unless committed. Errors stick: after the first one nothing is read or written any more, and Commit or
// status() reports it. Views are valid until the next write or the end of the transaction. One thread at a time.
class SimTxn {
 public:
  SimTxn(SimTxn&& other) noexcept;
  SimTxn& operator=(SimTxn&&) = delete;
  ~SimTxn();

  [[nodiscard]] std::optional<std::string_view> Get(SimTable table, std::string_view key);
  void Put(SimTable table, std::string_view key, std::string_view value);
  // For keys that only ever rise: fills pages whole.
  void Append(SimTable table, std::string_view key, std::string_view value);
  void Erase(SimTable table, std::string_view key);

  [[nodiscard]] base::Status status() const;
  [[nodiscard]] base::Status Commit();

 private:
  friend class SimFile;
  friend class SimCursor;
  SimTxn(SimFile* file, bool write, std::shared_lock<std::shared_mutex> gate);
  void PutWith(SimTable table, std::string_view key, std::string_view value, unsigned flags);
  void End();

  SimFile* file_;
  MDB_txn* txn_ = nullptr;
  bool write_;
  int error_ = 0;
  std::shared_lock<std::shared_mutex> gate_;
};

// Walks a table in key order from the first key that is not below `from`. Ends before its transaction.
class SimCursor {
 public:
  SimCursor(SimTxn& txn, SimTable table, std::string_view from);
  SimCursor(const SimCursor&) = delete;
  SimCursor& operator=(const SimCursor&) = delete;
  ~SimCursor();

  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] std::string_view value() const { return value_; }
  void Next();

 private:
  void Move(int operation, std::string_view from);

  SimTxn& txn_;
  MDB_cursor* cursor_ = nullptr;
  bool valid_ = false;
  std::string_view key_;
  std::string_view value_;
};

// Thread-safe; Write is called by one thread at a time (SimWriter sees to it).
class SimFile {
 public:
  // kNotFound: no such file, and not `create`, or no such folder. kCorrupt: the file is something else; it is left as
  // it was.
  [[nodiscard]] static base::Result<std::unique_ptr<SimFile>> Open(const std::string& path, bool create);
  // Identity of the file that `path` means now; nothing where there is none.
  [[nodiscard]] static std::optional<FileIdentity> Identify(const std::string& path);
  SimFile(const SimFile&) = delete;
  SimFile& operator=(const SimFile&) = delete;
  ~SimFile();

  [[nodiscard]] base::Result<SimTxn> Read();
  // kUnavailable: another process held the file for 30 s.
  [[nodiscard]] base::Result<SimTxn> Write();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  friend class SimTxn;
  friend class SimCursor;
  explicit SimFile(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] base::Status OpenEnvironment(bool create);
  [[nodiscard]] base::Status OpenTables();
  [[nodiscard]] base::Result<SimTxn> Begin(bool write);
  [[nodiscard]] base::Status Reserve();
  [[nodiscard]] base::Status Lock();
  void Unlock();
  [[nodiscard]] tl::unexpected<base::Error> Explain(int error) const;

  const std::string path_;
  int lock_fd_ = -1;
  MDB_env* env_ = nullptr;
  std::size_t reserved_ = 0;  // bytes known to have disk space; the writer's alone
  std::array<unsigned, kSimTables> tables_{};
  std::shared_mutex gate_;  // shared by transactions, exclusive while the map is resized
};

}  // namespace kadende::providers
