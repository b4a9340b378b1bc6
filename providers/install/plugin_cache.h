// The plugins that a folder's clusters have: files by their SHA-256, in `.kadende/plugins/<hash>/`: `plugin` (or
// `plugin.so`, `plugin.mjs`), or `archive` and what is in it below `files`. A file is there
// whole and with the bytes of its name, or not at all: it is received under another name, made durable, hashed, then
// renamed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/result.h"

namespace kadende::providers {

inline constexpr std::size_t kPluginLimit = std::size_t{512} << 20U;  // bytes of one plugin, unless said otherwise

// Open for reading; closed with the last that has it.
using OpenFile = std::shared_ptr<const int>;

struct VerifiedPlugin {
  std::string path;
  // What was hashed, to be started as it is here, whatever becomes of its path. Null: a file out of an archive, which
  // may need those beside it and is started by its path.
  OpenFile file;
};

class PluginCache {
 public:
  // Made at the first Receive; its parent must be there.
  explicit PluginCache(std::string folder, std::size_t limit = kPluginLimit)
      : folder_(std::move(folder)), limit_(limit) {}

  // The file of that hash, read again from the first byte to the last: what is given to a person or started is what was
  // pinned. Of an archive, too, and all that was unpacked of it. kNotFound: not here. kCorrupt: its bytes are others;
  // they are left for a look.
  [[nodiscard]] base::Result<VerifiedPlugin> Verified(const base::Digest& hash) const;

  [[nodiscard]] std::vector<base::Digest> All() const;  // sorted; not verified
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  friend class IncomingPlugin;
  [[nodiscard]] base::Result<VerifiedPlugin> VerifiedArchive(const std::string& folder, const base::Digest& hash) const;
  std::string folder_;
  std::size_t limit_;
};

// A plugin on its way into the cache. Gone without Keep, leaves nothing; killed, leaves a file that the next one
// removes.
class IncomingPlugin {
 public:
  [[nodiscard]] static base::Result<IncomingPlugin> Begin(const PluginCache& cache);
  ~IncomingPlugin();
  IncomingPlugin(IncomingPlugin&& other) noexcept;
  IncomingPlugin& operator=(IncomingPlugin&&) = delete;

  // kInvalid beyond the cache's limit.
  [[nodiscard]] base::Status Write(std::string_view piece);
  [[nodiscard]] std::uint64_t size() const { return size_; }

  struct Content {
    base::Digest hash;
    std::string platform;  // PlatformOf its bytes
  };
  // All was written. Nothing of it can run yet.
  [[nodiscard]] base::Result<Content> Finish();
  // Into its place; durable when it returns. `ending`: ".so" of what is loaded and not started, ".mjs" of what its
  // interpreter knows by that; else empty.
  [[nodiscard]] base::Result<std::string> Keep(const base::Digest& hash, std::string_view ending);

 private:
  IncomingPlugin(const PluginCache& cache, std::string path, int fd) : cache_(cache), path_(std::move(path)), fd_(fd) {}

  const PluginCache& cache_;
  std::string path_;  // empty: kept, or moved from
  int fd_ = -1;
  std::uint64_t size_ = 0;
  std::string unpacked_;  // a folder beside path_; empty: it is no archive
};

}  // namespace kadende::providers
