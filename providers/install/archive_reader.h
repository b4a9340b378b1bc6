// The files of an archive, one after the other, by libarchive, which is loaded when the first archive is read. Part of
// archive.h, whose rules it enforces.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "providers/install/archive.h"

namespace kadende::providers {

struct ArchivedFile {
  std::string path;  // relative, clean
  bool executable = false;
};

// Gives the next piece of the file; empty: its end.
using NextPiece = std::function<base::Result<std::string_view>()>;
using OnFile = std::function<base::Status(const ArchivedFile& file, const NextPiece& next)>;

// Stops at the first Error, of the archive or of `on_file`.
[[nodiscard]] base::Status ForEachFile(std::string_view bytes, const ArchiveLimits& limits, const OnFile& on_file);

}  // namespace kadende::providers
