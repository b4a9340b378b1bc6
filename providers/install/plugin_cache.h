// The plugins that a folder's clusters have: files by their SHA-256, in `.kadende/plugins/<hash>/`. A file is there
// whole and with the bytes of its name, or not at all: it is received under another name, made durable, hashed, then
// renamed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/result.h"

namespace kadende::providers {

inline constexpr std::size_t kPluginLimit = std::size_t{512} << 20U;  // bytes of one plugin, unless said otherwise

class PluginCache {
 public:
  // Made at the first Receive; its parent must be there.
  explicit PluginCache(std::string folder, std::size_t limit = kPluginLimit)
      : folder_(std::move(folder)), limit_(limit) {}

  // The file of that hash, read again from the first byte to the last: what is given to a person or started is what was
  // pinned. kNotFound: not here. kCorrupt: its bytes are others; they are left for a look.
  [[nodiscard]] base::Result<std::string> Verified(const base::Digest& hash) const;

  [[nodiscard]] std::vector<base::Digest> All() const;  // sorted; not verified
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  friend class IncomingPlugin;
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
  // Into its place; durable when it returns. `shared_object`: it is to be loaded, not started.
  [[nodiscard]] base::Result<std::string> Keep(const base::Digest& hash, bool shared_object);

 private:
  IncomingPlugin(const PluginCache& cache, std::string path, int fd) : cache_(cache), path_(std::move(path)), fd_(fd) {}

  const PluginCache& cache_;
  std::string path_;  // empty: kept, or moved from
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace kadende::providers
