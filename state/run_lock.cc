#include "state/run_lock.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/fault.h"
#include "engine/base/text.h"
#include "state/directory.h"
#include "state/file_lock.h"

namespace kadende::state {
namespace {

using base::ErrorCode;
using base::Fail;
using ports::Holder;

// A name of any characters as one file name. Injective: what is cut off is replaced by a hash of the whole.
std::string FileNameOf(std::string_view name) {
  constexpr std::size_t kLongest = 180;  // file systems allow 255
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || (c == '.' && !result.empty());
    if (plain) {
      result.push_back(c);
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    result += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  if (result.size() <= kLongest) return result;
  // '%' is followed by a digit or letter above, so no plain name looks like this.
  return result.substr(0, kLongest - 66) + "%%" + base::ToHex(base::Sha256(name));
}

std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
  return text.substr(0, 500);
}

std::string ToNote(const Holder& holder, std::string_view group) {
  return OneLine(holder.actor) + "\n" + OneLine(holder.reason) + "\n" + std::to_string(holder.pid) + "\n" +
         std::to_string(base::ToUnixMillis(holder.since)) + "\n" + OneLine(std::string(group)) + "\n";
}

// Nothing where the note does not read.
std::optional<Holder> FromNote(std::string_view note) {
  const std::vector<std::string> lines = base::Split(note, '\n');
  if (lines.size() < 4) return std::nullopt;
  const auto pid = base::ParseInt(lines[2]);
  const auto since = base::ParseInt(lines[3]);
  if (!pid || !since) return std::nullopt;
  return Holder{lines[0], lines[1], *pid, base::FromUnixMillis(*since)};
}

// "apply by ann@host (pid 12) since 2026-11-22T08:03:46Z", or "another process" where the note does not read.
std::string Describe(std::string_view note) {
  const auto holder = FromNote(note);
  if (!holder) return "another process";
  return holder->reason + " by " + holder->actor + " (pid " + std::to_string(holder->pid) + ") since " +
         base::FormatRfc3339(holder->since);
}

constexpr char kRemedy[] = "; wait for it to end, or stop it";

std::string GroupInTheWay(std::string_view group, std::string_view note) {
  return "group `" + std::string(group) + "` is locked: " + Describe(note) + kRemedy;
}

class RunLease : public ports::Lease {
 public:
  explicit RunLease(std::vector<FileLock> locks) : locks_(std::move(locks)) {}
  // The first lock is the cluster's. Where somebody removed the state directory, a second run may hold new files.
  bool MayStart() override { return locks_.front().IsInPlace(); }

 private:
  const std::vector<FileLock> locks_;
};

class RunLocks : public ports::Leadership {
 public:
  explicit RunLocks(std::string directory) : directory_(std::move(directory)) {}

  base::Result<std::unique_ptr<ports::Lease>> Acquire(std::string_view lineage, std::span<const std::string> groups,
                                                      const Holder& self, base::Millis wait) override;

 private:
  struct Attempt {
    std::vector<FileLock> locks;  // cluster first
    std::string in_the_way;       // why it failed; empty where it did not
  };

  base::Result<Attempt> Try(const std::string& folder, const std::vector<std::string>& groups) const;
  static std::string WhoHoldsCluster(const FileLock& cluster, const std::string& folder);

  const std::string directory_;  // <state>/locks
};

base::Status MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return FailErrno(errno, "cannot create", path);
}

std::string GroupFile(const std::string& folder, std::string_view group) {
  return folder + "/group-" + FileNameOf(group);
}

base::Result<std::unique_ptr<ports::Lease>> RunLocks::Acquire(std::string_view lineage,
                                                              std::span<const std::string> groups, const Holder& self,
                                                              base::Millis wait) {
  std::vector<std::string> sorted(groups.begin(), groups.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  const std::string folder = directory_ + "/" + FileNameOf(lineage.empty() ? "new" : lineage);
  Attempt last;
  const auto done = PollUntil(wait, [&]() -> base::Result<bool> {
    last = {};  // frees what a failed attempt holds, so that two runs cannot wait for each other
    auto attempt = Try(folder, sorted);
    if (!attempt) return tl::unexpected<base::Error>(attempt.error());
    last = std::move(*attempt);
    if (!last.in_the_way.empty()) last.locks.clear();
    return last.in_the_way.empty();
  });
  if (!done) return tl::unexpected<base::Error>(done.error());
  if (!*done) return Fail(ErrorCode::kConflict, last.in_the_way);
  // Whole cluster: the note is in the cluster's file; groups: in each group's, since the cluster's is shared.
  for (std::size_t i = sorted.empty() ? 0 : 1; i < last.locks.size(); ++i) {
    const std::string note = ToNote(self, i == 0 ? "" : sorted[i - 1]);
    if (auto status = last.locks[i].WriteNote(note); !status) return tl::unexpected<base::Error>(status.error());
  }
  base::FaultPoint("state.lock.acquire.after");
  return std::make_unique<RunLease>(std::move(last.locks));
}

// All or none, without waiting.
base::Result<RunLocks::Attempt> RunLocks::Try(const std::string& folder, const std::vector<std::string>& groups) const {
  if (access(folder.c_str(), F_OK) != 0) {
    for (const std::string& path : {directory_, folder}) {
      if (auto status = MakeFolder(path); !status) return tl::unexpected<base::Error>(status.error());
    }
  }
  Attempt attempt;
  auto take = [&attempt](const std::string& path, LockKind kind) -> base::Result<bool> {
    auto lock = FileLock::Open(path, true);
    if (!lock) return tl::unexpected<base::Error>(lock.error());
    auto taken = lock->TryLock(kind);
    if (!taken) return taken;
    const bool good = *taken && lock->IsInPlace();  // the file may have been removed between open and lock
    attempt.locks.push_back(std::move(*lock));
    return good;
  };
  const auto cluster = take(folder + "/cluster", groups.empty() ? LockKind::kExclusive : LockKind::kShared);
  if (!cluster) return tl::unexpected<base::Error>(cluster.error());
  if (!*cluster) {
    attempt.in_the_way = WhoHoldsCluster(attempt.locks.front(), folder);
    return attempt;
  }
  for (const std::string& group : groups) {
    const auto taken = take(GroupFile(folder, group), LockKind::kExclusive);
    if (!taken) return tl::unexpected<base::Error>(taken.error());
    if (*taken) continue;
    attempt.in_the_way = GroupInTheWay(group, attempt.locks.back().ReadNote());
    return attempt;
  }
  return attempt;
}

std::string RunLocks::WhoHoldsCluster(const FileLock& cluster, const std::string& folder) {
  if (cluster.IsHeldByOther(LockKind::kShared)) {  // exclusively, that is
    return "the cluster is locked: " + Describe(cluster.ReadNote()) + kRemedy;
  }
  // Shared: by runs of single groups. The first of them is named.
  std::error_code error;
  std::vector<std::string> files;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    files.push_back(it->path().string());
  }
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    const auto lock = FileLock::Open(file, false);
    if (!lock || file == cluster.path() || !lock->IsHeldByOther(LockKind::kShared)) continue;
    const std::string note = lock->ReadNote();
    const std::vector<std::string> lines = base::Split(note, '\n');
    return GroupInTheWay(lines.size() > 4 ? lines[4] : std::string("?"), note);
  }
  return std::string("the cluster is locked by another process") + kRemedy;
}

}  // namespace

base::Result<std::unique_ptr<ports::Leadership>> OpenRunLocks(const std::string& state_directory) {
  if (auto status = PrepareDirectory(state_directory); !status) return tl::unexpected<base::Error>(status.error());
  return std::make_unique<RunLocks>(state_directory + "/locks");
}

std::optional<Holder> HolderOfRun(const std::string& state_directory, std::string_view lineage) {
  const std::string folder = state_directory + "/locks/" + FileNameOf(lineage);
  const auto cluster = FileLock::Open(folder + "/cluster", false);
  if (!cluster || !cluster->IsHeldByOther(LockKind::kExclusive)) return std::nullopt;
  if (cluster->IsHeldByOther(LockKind::kShared)) return FromNote(cluster->ReadNote());
  // Runs of single groups: the one that began first.
  std::optional<Holder> first;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const auto lock = FileLock::Open(it->path().string(), false);
    if (!lock || lock->path() == cluster->path() || !lock->IsHeldByOther(LockKind::kShared)) continue;
    auto holder = FromNote(lock->ReadNote());
    if (holder && (!first || holder->since < first->since)) first = std::move(holder);
  }
  return first;
}

}  // namespace kadende::state
