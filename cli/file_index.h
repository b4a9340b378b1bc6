// Which configuration file each cluster of a state directory was last applied from: `<state dir>/files`, lines of
// "<cluster name>\t<path, relative to the state directory>", the last one of a name counts.
//
// A convenience of this machine, not state: it lets a file whose `name` was changed find its cluster, and commands that
// take a cluster find the folder that relative paths in properties start from. Where it is lost, names decide.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace kadende::cli {

class FileIndex {
 public:
  explicit FileIndex(std::string state_directory);

  // Absolute path of the file, or empty.
  [[nodiscard]] std::string FileOf(std::string_view cluster) const;
  // Clusters that were applied from this file, newest first.
  [[nodiscard]] std::vector<std::string> ClustersOf(std::string_view file) const;
  // Appends where it is news. The state directory must exist.
  [[nodiscard]] base::Status Remember(std::string_view cluster, std::string_view file);

 private:
  struct Entry {
    std::string cluster;
    std::string file;  // as written
  };
  [[nodiscard]] std::string AbsoluteOf(const Entry& entry) const;

  const std::string directory_;
  std::vector<Entry> entries_;
};

// The same for a process that outlives applies and asks often: read again where the index has changed. Thread-safe.
class FolderIndex {
 public:
  explicit FolderIndex(std::string state_directory) : directory_(std::move(state_directory)) {}

  // The folder of FileOf(cluster), or empty.
  [[nodiscard]] std::string FolderOf(std::string_view cluster) const;

 private:
  // Of the file: it only grows, or is another one.
  struct Version {
    std::uint64_t inode = 0;
    std::int64_t size = -1;  // no file
    std::int64_t modified_ns = 0;
    bool operator==(const Version&) const = default;
  };
  [[nodiscard]] Version Now() const;

  const std::string directory_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  mutable Version version_;
  mutable std::optional<FileIndex> index_;
  mutable std::map<std::string, std::string, std::less<>> folders_;  // those that were asked for
};

}  // namespace kadende::cli
