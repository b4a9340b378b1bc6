#include "state/lmdb_environment.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <utility>

#include "state/directory.h"
#include "state/memory_guard.h"

namespace kadende::state {
namespace {

using base::ErrorCode;

constexpr std::array<const char*, kTables> kTableNames = {"meta",  "clusters", "groups", "nodes",  "intents",
                                                          "dirty", "events",   "health", "reports"};
constexpr base::Millis kUsersWait(5000);  // others hold it exclusively for a moment, while they open
constexpr off_t kLockFileBytes = 8192;    // what LMDB maps for its 126 readers

tl::unexpected<base::Error> Unexpected(base::Error error) {
  return tl::unexpected<base::Error>(std::move(error));
}

struct Registry {
  std::mutex mutex;
  std::map<std::pair<dev_t, ino_t>, std::unique_ptr<Environment>> environments;  // by directory
};

Registry& TheRegistry() {
  static Registry registry;
  return registry;
}

std::string FirstLine(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Processes that can see each other's process ids.
std::string PidWorld() {
  std::array<char, 128> link{};
  const ssize_t size = readlink("/proc/self/ns/pid", link.data(), link.size());
  const std::string space = size > 0 ? std::string(link.data(), static_cast<std::size_t>(size)) : "unknown";
  return FirstLine("/proc/sys/kernel/random/boot_id") + " " + space + "\n";
}

bool Exists(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0;
}

// Not there, for all that may be known; false where looking is forbidden.
bool IsAbsent(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

// LMDB maps its lock file and writes to the map, which ends the process where the disk is full: so have the blocks
// first. Never called while this process has the environment open, since closing the file would drop LMDB's own locks.
base::Status ReserveLockFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return FailErrno(errno, "cannot open", path);
  const int error = posix_fallocate(fd, 0, kLockFileBytes);
  close(fd);
  if (error == 0 || error == EINVAL || error == EOPNOTSUPP) return {};
  return FailErrno(error, "cannot reserve space for", path);
}

// LMDB reports a write that the disk had only room for a part of as an input/output error.
int TrueCause(int code, const std::string& directory) {
  constexpr unsigned long long kFull = 1 << 20;
  struct statvfs fs {};
  if (code != EIO || statvfs(directory.c_str(), &fs) != 0) return code;
  return static_cast<unsigned long long>(fs.f_bavail) * fs.f_frsize < kFull ? ENOSPC : code;
}

// The tables of some other program are not ours to add to.
int CheckOurs(MDB_txn* txn, bool* fresh) {
  MDB_dbi root = 0;
  MDB_dbi meta = 0;
  MDB_stat tables{};
  int rc = mdb_dbi_open(txn, nullptr, 0, &root);
  if (rc == 0) rc = mdb_stat(txn, root, &tables);
  *fresh = tables.ms_entries == 0;
  if (rc != 0 || *fresh) return rc;
  rc = mdb_dbi_open(txn, kTableNames[0], 0, &meta);
  return rc == MDB_NOTFOUND ? MDB_INVALID : rc;
}

}  // namespace

EnvironmentRef::~EnvironmentRef() {
  if (environment_ == nullptr) return;
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);  // also while it closes: nobody may open it meanwhile
  if (--environment_->users_count_ > 0) return;
  for (auto it = registry.environments.begin(); it != registry.environments.end(); ++it) {
    if (it->second.get() != environment_) continue;
    registry.environments.erase(it);
    return;
  }
}

Environment::Environment(std::string directory, const EnvironmentOptions& options)
    : directory_(std::move(directory)), options_(options), pid_(getpid()) {}

Environment::~Environment() {
  if (env_ == nullptr) return;
  UnguardMemory(this);
  mdb_env_close(env_);
}

base::Result<EnvironmentRef> Environment::Open(const std::string& directory, const EnvironmentOptions& options) {
  const auto ready = options.read_only ? CheckDirectory(directory) : PrepareDirectory(directory);
  if (!ready) return Unexpected(ready.error());
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0) return FailErrno(errno, "cannot open the state directory", directory);
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  auto& entry = registry.environments[{info.st_dev, info.st_ino}];
  if (entry && entry->read_only() && !options.read_only) {
    return base::Fail(ErrorCode::kConflict,
                      "the working store in `" + directory + "` is already open in this process for reading only");
  }
  if (!entry) {
    std::unique_ptr<Environment> fresh(new Environment(directory, options));  // its constructor is private
    if (auto status = fresh->OpenFiles(); !status) {
      registry.environments.erase({info.st_dev, info.st_ino});
      return Unexpected(status.error());
    }
    entry = std::move(fresh);
  }
  ++entry->users_count_;
  return EnvironmentRef(entry.get());
}

base::Status Environment::OpenFiles() {
  if (options_.read_only && IsAbsent(directory_ + "/data.mdb")) {
    return base::Fail(ErrorCode::kNotFound, "there is no working store in `" + directory_ + "` yet");
  }
  if (auto status = JoinUsers(); !status) return status;
  if (!options_.read_only) {
    auto lock = FileLock::Open(directory_ + "/writer.lock", true);
    if (!lock) return Unexpected(lock.error());
    writer_file_ = std::move(*lock);
    if (auto status = ReserveLockFile(directory_ + "/lock.mdb"); !status) return status;
  }
  if (auto status = CheckNotEmptied(); !status) return status;
  if (auto status = OpenMap(); !status) return status;
  GuardMap();
  if (auto status = CoverMissingTail(); !status) return status;
  return OpenTables();
}

// The first user writes down in which pid namespace the users are; the others join if they are in the same.
base::Status Environment::JoinUsers() {
  const std::string path = directory_ + "/users.lock";
  auto lock = FileLock::Open(path, !options_.read_only);
  if (!lock) {
    // A copied or read-only store: nobody is known to use it.
    if (options_.read_only && (lock.error().code == ErrorCode::kNotFound || !Exists(path))) return {};
    return Unexpected(lock.error());
  }
  users_ = std::move(*lock);
  const std::string world = PidWorld();
  const auto joined = PollUntil(kUsersWait, [&]() -> base::Result<bool> {
    const auto alone = users_.TryLock(LockKind::kExclusive);
    if (!alone) return alone;
    if (*alone) {
      if (auto status = users_.WriteNote(world); !status) return Unexpected(status.error());
    }
    return users_.TryLock(LockKind::kShared);
  });
  if (!joined) return Unexpected(joined.error());
  if (!*joined) return base::Fail(ErrorCode::kConflict, "`" + path + "` stays locked by another process");
  if (users_.ReadNote() == world) return {};
  return base::Fail(ErrorCode::kConflict,
                    "the working store in `" + directory_ +
                        "` is in use by a process of another pid namespace (a container?), whose locks cannot be told "
                        "from those of dead processes: run both in the same namespace, or one after the other");
}

base::Status Environment::OpenMap() {
  if (const int rc = mdb_env_create(&env_); rc != 0) return Unexpected(MakeError(rc, "open"));
  int rc = mdb_env_set_maxdbs(env_, kTables);
  if (rc == 0) rc = mdb_env_set_mapsize(env_, static_cast<std::size_t>(options_.map_bytes));
  // NOTLS: a read transaction belongs to its object, not to its thread.
  const unsigned flags = MDB_NOTLS | (options_.read_only ? MDB_RDONLY : 0U);
  if (rc == 0) rc = mdb_env_open(env_, directory_.c_str(), flags, 0600);
  if (rc != 0) return Unexpected(MakeError(rc, "open"));
  int fd = -1;
  rc = mdb_env_get_fd(env_, &fd);
  if (rc == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) rc = errno;
  int dead = 0;
  if (rc == 0) rc = mdb_reader_check(env_, &dead);
  if (rc != 0) return Unexpected(MakeError(rc, "open"));
  return {};
}

// LMDB takes an empty file for a new store, which is right only where none has ever been used.
base::Status Environment::CheckNotEmptied() const {
  struct stat file {};
  if (stat((directory_ + "/data.mdb").c_str(), &file) != 0 || file.st_size > 0) return {};
  if (!Exists(directory_ + "/history.git")) return {};
  return Unexpected(MakeError(MDB_INVALID, "open"));
}

// What LMDB meets in a damaged page may lead it anywhere.
void Environment::GuardMap() {
  int fd = -1;
  struct stat file {};
  if (mdb_env_get_fd(env_, &fd) != 0 || fstat(fd, &file) != 0) return;
  GuardMappedFile(this, file.st_ino, directory_ + "/data.mdb",
                  "kadende: " + MakeError(MDB_CORRUPTED, "use").message + "\n");
  mdb_env_set_assert(env_, [](MDB_env* env, const char* /*what*/) {
    const char* path = "";
    mdb_env_get_path(env, &path);
    SayLastWords("kadende: the working store in `" + std::string(path) + "` is damaged. " + std::string(kDamageRemedy) +
                 "\n");
  });
}

// A data file that was cut off ends the process when a page behind its end is read. Where it is shorter than its
// header says, the missing tail is filled with empty pages, which LMDB refuses as corrupt when it meets them. (It may
// rightly be a little shorter: pages that were allocated and given up within one transaction are never written.)
base::Status Environment::CoverMissingTail() {
  MDB_envinfo map{};
  MDB_stat pages{};
  struct stat file {};
  const std::string path = directory_ + "/data.mdb";
  if (mdb_env_info(env_, &map) != 0 || mdb_env_stat(env_, &pages) != 0) return {};
  if (stat(path.c_str(), &file) != 0) return FailErrno(errno, "cannot look at", path);
  const off_t wanted = static_cast<off_t>(map.me_last_pgno + 1) * static_cast<off_t>(pages.ms_psize);
  if (file.st_size >= wanted) return {};
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return FailErrno(errno, "the store is shorter than it says, and cannot be opened for repair:", path);
  // Unlike ftruncate, this cannot shorten what another process has appended meanwhile.
  const int error = posix_fallocate(fd, file.st_size, wanted - file.st_size);
  close(fd);
  if (error != 0) return FailErrno(error, "cannot reserve space for", path);
  return {};
}

base::Status Environment::OpenTables() {
  const GuardedCall guarded(this);
  MDB_txn* txn = nullptr;
  int rc = 0;
  std::unique_lock<std::mutex> writer;
  if (!options_.read_only) {
    if (auto status = LockWriter(&writer); !status) return status;
  }
  rc = mdb_txn_begin(env_, nullptr, options_.read_only ? MDB_RDONLY : 0U, &txn);
  bool fresh = false;
  if (rc == 0) rc = CheckOurs(txn, &fresh);
  for (std::size_t i = 0; i < kTables && rc == 0; ++i) rc = OpenTable(txn, i, fresh);
  if (rc == 0) {
    rc = mdb_txn_commit(txn);
  } else if (txn != nullptr) {
    mdb_txn_abort(txn);
  }
  if (writer.owns_lock()) writer_file_.Unlock();
  if (rc == MDB_NOTFOUND) {  // created, and killed before its first transaction
    return base::Fail(ErrorCode::kNotFound, "there is no working store in `" + directory_ + "` yet");
  }
  if (rc != 0) return Unexpected(MakeError(rc, "open"));
  return {};
}

int Environment::OpenTable(MDB_txn* txn, std::size_t table, bool fresh) {
  const bool late = table >= kFirstTables;
  const bool make = !options_.read_only && (fresh || late);
  const int rc = mdb_dbi_open(txn, kTableNames[table], make ? MDB_CREATE : 0U, &tables_[table]);
  if (late && table + 1 == kTables) complete_ = rc == 0;  // they are made together
  if (rc != MDB_NOTFOUND || fresh) return rc;
  return late ? 0 : MDB_CORRUPTED;
}

// Made by the first writer that knows them, maybe after this reader has opened the store.
void Environment::OpenLateTables() {
  const std::unique_lock map(map_mutex_, std::try_to_lock);
  if (!map.owns_lock() || complete_) return;  // handles are opened while no transaction of this process is under way
  const GuardedCall guarded(this);
  MDB_txn* txn = nullptr;
  if (mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn) != 0) return;  // Begin will say why
  for (std::size_t i = kFirstTables; i < kTables; ++i) (void)OpenTable(txn, i, false);
  mdb_txn_commit(txn);
}

base::Result<Transaction> Environment::BeginRead() {
  if (auto status = CheckInPlace(); !status) return Unexpected(status.error());
  return Begin(MDB_RDONLY);
}

base::Result<Transaction> Environment::BeginWrite() {
  if (options_.read_only) {
    return base::Fail(ErrorCode::kDenied, "the working store in `" + directory_ + "` is open for reading only");
  }
  std::unique_lock<std::mutex> writer;
  if (auto status = LockWriter(&writer); !status) return Unexpected(status.error());
  if (auto status = CheckInPlace(); !status) {
    writer_file_.Unlock();
    return Unexpected(status.error());
  }
  auto transaction = Begin(0);
  if (transaction) {
    transaction->writer_ = std::move(writer);
  } else {
    writer_file_.Unlock();
  }
  return transaction;
}

// Locks are found by path, the open store is held by inode: whoever goes on after the directory was replaced would
// take the new directory's locks and act on the old one's rows.
base::Status Environment::CheckInPlace() const {
  const std::string path = directory_ + "/data.mdb";
  int fd = -1;
  struct stat mine {};
  struct stat there {};
  if (const int rc = mdb_env_get_fd(env_, &fd); rc != 0) return Unexpected(MakeError(rc, "look at"));
  if (fstat(fd, &mine) != 0) return FailErrno(errno, "cannot look at", path);
  if (stat(path.c_str(), &there) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) return FailErrno(errno, "cannot look at", path);
  } else if (mine.st_dev == there.st_dev && mine.st_ino == there.st_ino) {
    return {};
  }
  return base::Fail(ErrorCode::kConflict, "the state directory `" + directory_ +
                                              "` was moved, removed or replaced while it was in use: start this "
                                              "process again to work on what is there now");
}

base::Status Environment::LockWriter(std::unique_lock<std::mutex>* guard) {
  const std::string waited = base::FormatDuration(options_.writer_wait);
  // Polled like the file: std::timed_mutex is a false alarm of GCC 12's thread sanitizer.
  *guard = std::unique_lock(writer_mutex_, std::defer_lock);
  const auto turn = PollUntil(options_.writer_wait, [guard]() -> base::Result<bool> { return guard->try_lock(); });
  if (!turn || !*turn) {
    return base::Fail(ErrorCode::kConflict, "another thread of this process has been writing to the store in `" +
                                                directory_ + "` for " + waited);
  }
  const auto locked = PollUntil(options_.writer_wait, [this] { return writer_file_.TryLock(LockKind::kExclusive); });
  if (!locked) return Unexpected(locked.error());
  if (*locked) return writer_file_.WriteNote(std::to_string(pid_) + "\n");
  std::string holder = writer_file_.ReadNote();
  if (!holder.empty() && holder.back() == '\n') holder.pop_back();
  return base::Fail(ErrorCode::kConflict, "process " + holder + " has been writing to the store in `" + directory_ +
                                              "` for " + waited + ": wait for it, or stop it if it hangs");
}

base::Result<Transaction> Environment::Begin(unsigned flags) {
  const GuardedCall guarded(this);
  if (getpid() != pid_) {
    return base::Fail(ErrorCode::kInternal,
                      "the store was opened by the parent process and must not be used after fork");
  }
  if (!complete_) OpenLateTables();
  for (int attempt = 0;; ++attempt) {
    std::shared_lock map(map_mutex_);
    MDB_txn* txn = nullptr;
    const bool sealed = sealed_;  // before the snapshot is taken: rows only ever gain seals
    const int rc = mdb_txn_begin(env_, nullptr, flags, &txn);
    if (rc == 0) return Transaction(this, std::move(map), txn, sealed);
    map.unlock();
    if (attempt == 3) return Unexpected(MakeError(rc, "read"));
    if (rc == MDB_MAP_RESIZED) {
      if (auto status = AdoptMapSize(); !status) return Unexpected(status.error());
    } else if (rc == MDB_READERS_FULL) {
      int dead = 0;
      mdb_reader_check(env_, &dead);
    } else {
      return Unexpected(MakeError(rc, "read"));
    }
  }
}

base::Status Environment::AdoptMapSize() {
  const std::unique_lock map(map_mutex_);
  if (const int rc = mdb_env_set_mapsize(env_, 0); rc != 0) return Unexpected(MakeError(rc, "grow"));
  GuardMap();
  return {};
}

base::Error Environment::MakeError(int code, std::string_view doing) const {
  base::Error error;
  error.message = "cannot " + std::string(doing) + " the working store in `" + directory_ + "`: ";
  code = TrueCause(code, directory_);
  switch (code) {
    case MDB_MAP_FULL:
      error.code = ErrorCode::kQuota;
      error.message += "it is full (" + std::to_string(options_.map_bytes >> 20) +
                       " MiB); nothing was changed in it. Remove clusters that are gone, or raise the size of the map";
      return error;
    case ENOSPC:
    case EDQUOT:
      error.code = ErrorCode::kQuota;
      error.message +=
          "the disk is full; nothing was changed in the store. Free some space and run the command again: "
          "it finds what a run had begun";
      return error;
    case EACCES:
    case EPERM:
    case EROFS:
      error.code = ErrorCode::kDenied;
      error.message += mdb_strerror(code) + std::string("; it belongs to another user, or may only be read");
      return error;
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_VERSION_MISMATCH:
    case MDB_PANIC:
    case MDB_BAD_TXN:      // what goes wrong within a change spoils the whole of it
    case MDB_CURSOR_FULL:  // a tree deeper than any
    case MDB_PAGE_FULL:
    case MDB_INCOMPATIBLE:
      error.code = ErrorCode::kCorrupt;
      error.message += std::string("data.mdb is damaged, or not a store of kadende (") + mdb_strerror(code) + "). " +
                       std::string(kDamageRemedy);
      return error;
    case MDB_READERS_FULL:
      error.code = ErrorCode::kUnavailable;
      error.message += "too many processes are reading it; try again";
      return error;
    default:
      error.message += mdb_strerror(code);
      return error;
  }
}

}  // namespace kadende::state
