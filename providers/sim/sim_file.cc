#include "providers/sim/sim_file.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

namespace kadende::providers {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Status;

// The file is as long as its map, and sparse: it takes what is used. Room for some 5 million instances.
constexpr std::size_t kMapBytes = std::size_t{2} << 30;
// Disk space that is taken before a transaction writes. Without it a full disk would end the process by SIGBUS,
// because transactions write to the map.
constexpr std::size_t kReserveBytes = std::size_t{4} << 20;
constexpr unsigned kMaxReaders = 1024;
constexpr std::chrono::seconds kLockPatience(30);
constexpr std::array<const char*, kSimTables> kTableNames{"meta",      "texts",    "lineages", "clusters",
                                                          "instances", "locators", "tokens",   "due"};

MDB_val ToVal(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};  // NOLINT: LMDB reads only
}
std::string_view ToView(const MDB_val& val) {
  return {static_cast<const char*>(val.mv_data), val.mv_size};
}

// LMDB's first page carries its magic at offset 16. Checked before LMDB sees the file, so that a foreign file neither
// gets a lock file beside it nor a table inside.
bool LooksLikeLmdb(int fd) {
  std::array<unsigned char, 20> head{};
  if (::pread(fd, head.data(), head.size(), 0) != static_cast<ssize_t>(head.size())) return false;
  std::uint32_t magic = 0;
  std::memcpy(&magic, head.data() + 16, sizeof magic);
  return magic == 0xBEEFC0DEU;
}

// The data file of another LMDB environment, such as a state directory: opening it as a cloud would write to it.
bool IsForeignDatabase(const std::string& path) {
  const std::size_t name = path.rfind('/') + 1;
  return path.substr(name) == "data.mdb" && ::access((path.substr(0, name) + "lock.mdb").c_str(), F_OK) == 0;
}

}  // namespace

SimTxn::SimTxn(SimFile* file, bool write, std::shared_lock<std::shared_mutex> gate)
    : file_(file), write_(write), gate_(std::move(gate)) {}

SimTxn::SimTxn(SimTxn&& other) noexcept
    : file_(other.file_),
      txn_(std::exchange(other.txn_, nullptr)),
      write_(other.write_),
      error_(other.error_),
      gate_(std::move(other.gate_)) {}

SimTxn::~SimTxn() {
  if (txn_ == nullptr) return;
  mdb_txn_abort(txn_);
  End();
}

void SimTxn::End() {
  txn_ = nullptr;
  if (write_) file_->Unlock();
  gate_ = {};
}

std::optional<std::string_view> SimTxn::Get(SimTable table, std::string_view key) {
  if (error_ != 0) return std::nullopt;
  MDB_val k = ToVal(key);
  MDB_val value{};
  const int error = mdb_get(txn_, file_->tables_[static_cast<std::size_t>(table)], &k, &value);
  if (error == 0) return ToView(value);
  if (error != MDB_NOTFOUND) error_ = error;
  return std::nullopt;
}

void SimTxn::PutWith(SimTable table, std::string_view key, std::string_view value, unsigned flags) {
  if (error_ != 0) return;
  MDB_val k = ToVal(key);
  MDB_val v = ToVal(value);
  error_ = mdb_put(txn_, file_->tables_[static_cast<std::size_t>(table)], &k, &v, flags);
}

void SimTxn::Put(SimTable table, std::string_view key, std::string_view value) {
  PutWith(table, key, value, 0);
}

void SimTxn::Append(SimTable table, std::string_view key, std::string_view value) {
  PutWith(table, key, value, MDB_APPEND);
}

void SimTxn::Erase(SimTable table, std::string_view key) {
  if (error_ != 0) return;
  MDB_val k = ToVal(key);
  const int error = mdb_del(txn_, file_->tables_[static_cast<std::size_t>(table)], &k, nullptr);
  if (error != MDB_NOTFOUND) error_ = error;
}

Status SimTxn::status() const {
  if (error_ != 0) return file_->Explain(error_);
  return {};
}

Status SimTxn::Commit() {
  if (error_ != 0) return file_->Explain(error_);
  const int error = mdb_txn_commit(txn_);
  End();
  if (error != 0) return file_->Explain(error);
  return {};
}

SimCursor::SimCursor(SimTxn& txn, SimTable table, std::string_view from) : txn_(txn) {
  if (txn_.error_ != 0) return;
  txn_.error_ = mdb_cursor_open(txn_.txn_, txn_.file_->tables_[static_cast<std::size_t>(table)], &cursor_);
  Move(from.empty() ? MDB_FIRST : MDB_SET_RANGE, from);
}

SimCursor::~SimCursor() {
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
}

void SimCursor::Next() {
  Move(MDB_NEXT, {});
}

void SimCursor::Move(int operation, std::string_view from) {
  valid_ = false;
  if (txn_.error_ != 0) return;
  MDB_val key = ToVal(from);
  MDB_val value{};
  const int error = mdb_cursor_get(cursor_, &key, &value, static_cast<MDB_cursor_op>(operation));
  if (error == 0) {
    valid_ = true;
    key_ = ToView(key);
    value_ = ToView(value);
  } else if (error != MDB_NOTFOUND) {
    txn_.error_ = error;
  }
}

base::Result<std::unique_ptr<SimFile>> SimFile::Open(const std::string& path, bool create) {
  std::unique_ptr<SimFile> file(new SimFile(path));
  if (Status opened = file->OpenEnvironment(create); !opened) return tl::unexpected(std::move(opened.error()));
  if (Status opened = file->OpenTables(); !opened) return tl::unexpected(std::move(opened.error()));
  return file;
}

std::optional<FileIdentity> SimFile::Identify(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return FileIdentity{info.st_dev, info.st_ino};
}

Status SimFile::OpenEnvironment(bool create) {
  if (IsForeignDatabase(path_)) {
    return Fail(ErrorCode::kCorrupt,
                "`" + path_ + "` belongs to another database; give `cloud` the path of a new file");
  }
  lock_fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
  if (lock_fd_ < 0) {
    // A missing file is a cloud that nobody made yet; a missing folder is a wrong path.
    const bool wrong_path = errno == ENOENT && (create || !Identify(path_.substr(0, path_.rfind('/') + 1)));
    const ErrorCode code = wrong_path        ? ErrorCode::kInvalid
                           : errno == ENOENT ? ErrorCode::kNotFound
                                             : ErrorCode::kDenied;
    return Fail(code, "cannot open the cloud `" + path_ + "`: " + std::strerror(errno));
  }
  struct stat info {};
  if (::fstat(lock_fd_, &info) != 0 || !S_ISREG(info.st_mode) || (info.st_size > 0 && !LooksLikeLmdb(lock_fd_))) {
    return Fail(ErrorCode::kCorrupt, "`" + path_ + "` is not a simulated cloud; give `cloud` the path of a new file");
  }
  int error = mdb_env_create(&env_);
  if (error == 0) error = mdb_env_set_mapsize(env_, kMapBytes);
  if (error == 0) error = mdb_env_set_maxdbs(env_, kSimTables);
  if (error == 0) error = mdb_env_set_maxreaders(env_, kMaxReaders);
  // NOTLS: a reader belongs to its transaction, not to its thread. WRITEMAP: a commit of 16 creates is a third of the
  // time of writing its pages one by one (measured by sim_bench), and a map outlives kill -9 as well as a file does.
  if (error == 0) error = mdb_env_open(env_, path_.c_str(), MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOTLS | MDB_WRITEMAP, 0600);
  if (error != 0) return Explain(error);
  int fd = -1;
  if (mdb_env_get_fd(env_, &fd) == 0) ::fcntl(fd, F_SETFD, FD_CLOEXEC);  // LMDB 0.9.24 does not
  int dead = 0;
  mdb_reader_check(env_, &dead);
  return {};
}

Status SimFile::OpenTables() {
  auto txn = Write();
  if (!txn) return tl::unexpected(std::move(txn.error()));
  unsigned root = 0;
  MDB_stat stat{};
  int error = mdb_dbi_open(txn->txn_, nullptr, 0, &root);
  if (error == 0) error = mdb_stat(txn->txn_, root, &stat);
  if (error != 0) return Explain(error);
  const bool is_new = stat.ms_entries == 0;
  for (std::size_t i = 0; i < kSimTables; ++i) {
    error = mdb_dbi_open(txn->txn_, kTableNames[i], is_new ? MDB_CREATE : 0, &tables_[i]);
    if (error == MDB_NOTFOUND) {
      return Fail(ErrorCode::kCorrupt, "`" + path_ + "` is a database, but not a simulated cloud");
    }
    if (error != 0) return Explain(error);
  }
  return txn->Commit();
}

SimFile::~SimFile() {
  if (env_ != nullptr) mdb_env_close(env_);
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

base::Result<SimTxn> SimFile::Read() {
  return Begin(false);
}

base::Result<SimTxn> SimFile::Write() {
  if (Status locked = Lock(); !locked) return tl::unexpected(std::move(locked.error()));
  auto txn = Begin(true);
  if (!txn) {
    Unlock();
    return txn;
  }
  if (Status reserved = Reserve(); !reserved) return tl::unexpected(std::move(reserved.error()));
  return txn;
}

Status SimFile::Reserve() {
  MDB_envinfo info{};
  if (const int error = mdb_env_info(env_, &info); error != 0) return Explain(error);
  const std::size_t used = (info.me_last_pgno + 1) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (used + kReserveBytes / 2 <= reserved_ || used + kReserveBytes > kMapBytes) return {};
  if (::fallocate(lock_fd_, 0, 0, static_cast<off_t>(used + kReserveBytes)) != 0 && errno == ENOSPC) {
    return Explain(ENOSPC);
  }
  reserved_ = used + kReserveBytes;  // also on file systems that cannot reserve
  return {};
}

base::Result<SimTxn> SimFile::Begin(bool write) {
  for (int attempt = 0;; ++attempt) {
    SimTxn txn(this, write, std::shared_lock(gate_));
    const int error = mdb_txn_begin(env_, nullptr, write ? 0 : MDB_RDONLY, &txn.txn_);
    if (error == 0) return txn;
    txn.txn_ = nullptr;
    txn.gate_ = {};
    if (attempt == 3) return Explain(error);
    if (error == MDB_MAP_RESIZED) {
      const std::unique_lock exclusive(gate_);
      mdb_env_set_mapsize(env_, 0);
    } else if (error == MDB_READERS_FULL) {
      int dead = 0;
      mdb_reader_check(env_, &dead);
    } else {
      return Explain(error);
    }
  }
}

Status SimFile::Lock() {
  const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  auto pause = std::chrono::microseconds(20);
  while (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return Fail(ErrorCode::kUnavailable, "cannot lock the cloud `" + path_ + "`: " + std::strerror(errno));
    }
    if (std::chrono::steady_clock::now() > deadline) {
      return Fail(ErrorCode::kUnavailable,
                  "the cloud `" + path_ + "` was held by another process for 30 s; is one of them suspended?");
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(500));
  }
  return {};
}

void SimFile::Unlock() {
  ::flock(lock_fd_, LOCK_UN);
}

tl::unexpected<base::Error> SimFile::Explain(int error) const {
  const std::string place = "the cloud `" + path_ + "`: ";
  switch (error) {
    case MDB_MAP_FULL:
    case ENOSPC:
      return Fail(ErrorCode::kQuota, place + "the file or its disk is full");
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
      return Fail(ErrorCode::kCorrupt, place + mdb_strerror(error) + "; remove the file to start an empty cloud");
    case ENOENT:
      return Fail(ErrorCode::kNotFound, place + "no such folder");
    case EACCES:
    case EROFS:
      return Fail(ErrorCode::kDenied, place + std::strerror(error));
    default:
      return Fail(ErrorCode::kInternal, place + mdb_strerror(error));
  }
}

}  // namespace kadende::providers
