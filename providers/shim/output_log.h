// What a node prints: read from its pipe, appended to output.log, rotated by size.
#pragma once

#include <cstdint>

#include "providers/shim/files.h"

namespace kadende::providers::shim {

class OutputLog {
 public:
  // `folder` must outlive the log. A log that cannot be opened or written loses output and stops nothing: a node must
  // not stand still because a disk is full.
  OutputLog(int folder, std::uint64_t limit);

  // Moves what the pipe holds now. False: every writer has gone.
  bool Drain(int pipe);

 private:
  void Open();
  void Append(std::string_view bytes);
  void Rotate();

  const int folder_;
  const std::uint64_t limit_;
  Descriptor file_;
  std::uint64_t size_ = 0;
};

}  // namespace kadende::providers::shim
