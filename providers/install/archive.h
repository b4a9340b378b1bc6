// Plugins that come as an archive (tar.gz or zip) of several files. What is in one is hostile until its hash is pinned,
// and may be damaged after: it is bounded, and nothing of it is written, or looked for, outside of its folder.
//
// Taken are regular files alone, in folders: links, devices, absolute paths and `..` are refused, as is a path that
// comes twice. Of the modes only the right to execute is kept; files are read-only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace kadende::providers {

struct ArchiveLimits {
  std::uint64_t most_bytes = std::uint64_t{512} << 20U;  // of all files, unpacked
  std::uint32_t most_files = 20'000;
};

[[nodiscard]] bool IsArchive(std::string_view bytes);

// Into `folder`, which is made and must not be there. On an Error what was written is left for the caller to remove.
[[nodiscard]] base::Status Unpack(std::string_view bytes, const std::string& folder, const ArchiveLimits& limits);

// kCorrupt: what is below `folder` is not exactly what the archive holds.
[[nodiscard]] base::Status CompareUnpacked(std::string_view bytes, const std::string& folder,
                                           const ArchiveLimits& limits);

// The plugin among the files: `kadende-provider-...`, `plugin`, `plugin.so` or `plugin.mjs`, whichever lies highest.
// kInvalid: none, or several.
[[nodiscard]] base::Result<std::string> PluginAmong(const std::string& folder);

}  // namespace kadende::providers
