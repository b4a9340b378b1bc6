// Reads what a node printed, over the files into which its shim rotates it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "providers/shim/files.h"

namespace kadende::providers::process {

class LogReader {
 public:
  using Sink = std::function<void(std::string_view)>;

  // A consistent view of the files in `folder` (a node's), oldest first. No output yet is not an error.
  explicit LogReader(std::string folder);

  // Goes back from the end to the start of the last `lines` lines; fewer where fewer are kept.
  void SkipToTail(std::uint64_t lines);

  // Passes on what is there and was not yet passed on. True: there may be more already (it grew, or was rotated).
  bool Read(const Sink& sink);

 private:
  struct File {
    shim::Descriptor fd;
    std::uint64_t inode = 0;
    std::uint64_t offset = 0;  // of what is still to be read
  };

  [[nodiscard]] std::vector<File> OpenAll() const;
  void TakeNewFiles();
  static bool ReadFile(File* file, const Sink& sink);

  const std::string folder_;
  std::vector<File> files_;  // what is not yet read to its end, oldest first; the last is the newest
};

}  // namespace kadende::providers::process
