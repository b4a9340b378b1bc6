// Which configuration file each cluster of a state directory was last applied from: `<state dir>/files`, lines of
// "<cluster name>\t<path, relative to the state directory>", the last one of a name counts.
//
// A convenience of this machine, not state: it lets a file whose `name` was changed find its cluster, and commands that
// take a cluster find the folder that relative paths in properties start from. Where it is lost, names decide.
#pragma once

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
    std::string file;  // absolute
  };
  const std::string directory_;
  std::vector<Entry> entries_;
};

}  // namespace kadende::cli
