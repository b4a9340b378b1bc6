#include "providers/install/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <utility>
#include <vector>

#include "engine/base/text.h"
#include "providers/http/shared_library.h"

namespace kadende::providers {
namespace {

using base::ErrorCode;

constexpr std::size_t kPiece = std::size_t{64} << 10U;
constexpr std::size_t kLongestPath = 512;
constexpr std::size_t kMostFolders = 20;

// clang-format off
#define KADENDE_ARCHIVE_FUNCTIONS(X) \
  X(read_new) X(read_free) X(read_support_filter_gzip) X(read_support_format_tar) X(read_support_format_zip) \
  X(read_open_memory) X(read_next_header) X(read_data) X(error_string) \
  X(entry_pathname) X(entry_pathname_utf8) X(entry_filetype) X(entry_hardlink) X(entry_perm)
// clang-format on

struct Functions {
#define KADENDE_DECLARE(name) decltype(&archive_##name) name = nullptr;
  KADENDE_ARCHIVE_FUNCTIONS(KADENDE_DECLARE)
#undef KADENDE_DECLARE
};

base::Result<Functions> LoadFunctions() {
  auto library = http::SharedLibrary::Load("libarchive.so.13", "plugins that come as archives", "libarchive13");
  if (!library) return tl::unexpected(std::move(library).error());
  Functions functions;
#define KADENDE_FIND(name) library->Find("archive_" #name, &functions.name);
  KADENDE_ARCHIVE_FUNCTIONS(KADENDE_FIND)
#undef KADENDE_FIND
  if (auto complete = library->Complete(); !complete) return tl::unexpected(std::move(complete).error());
  return functions;
}

tl::unexpected<base::Error> Refuse(const std::string& why) {
  return base::Fail(ErrorCode::kInvalid, "the archive " + why);
}

std::string Quoted(std::string_view path) {
  return "`" + base::EscapeTerminal(path.substr(0, kLongestPath)) + "`";
}

base::Result<std::string> CleanPath(const char* raw) {
  if (raw == nullptr || *raw == '\0') return Refuse("holds a file whose name cannot be read");
  const std::string_view path(raw);
  if (path.size() > kLongestPath) return Refuse("holds a path that is too long: " + Quoted(path));
  if (path.front() == '/') return Refuse("holds the absolute path " + Quoted(path));
  if (!base::IsValidUtf8(path) || base::EscapeTerminal(path) != path) {
    return Refuse("holds a name with characters that no file should have: " + Quoted(path));
  }
  std::vector<std::string> parts;
  for (std::string& part : base::Split(path, '/')) {
    if (part == "..") return Refuse("holds a path that leads out of its folder: " + Quoted(path));
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
  }
  if (parts.size() > kMostFolders) return Refuse("holds too many folders in one another: " + Quoted(path));
  return base::Join(parts, "/");
}

class Reader {
 public:
  Reader(const Functions& functions, const ArchiveLimits& limits)
      : call_(functions), limits_(limits), archive_(functions.read_new(), functions.read_free), buffer_(kPiece, '\0') {}

  base::Status Read(std::string_view bytes, const OnFile& on_file) {
    if (!archive_) return base::Fail(ErrorCode::kQuota, "no memory is left to read an archive");
    call_.read_support_filter_gzip(archive_.get());
    call_.read_support_format_tar(archive_.get());
    call_.read_support_format_zip(archive_.get());
    if (call_.read_open_memory(archive_.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) return Damaged();
    for (archive_entry* entry = nullptr;;) {
      const int got = call_.read_next_header(archive_.get(), &entry);
      if (got == ARCHIVE_EOF) break;
      if (got < ARCHIVE_WARN) return Damaged();
      if (auto taken = Take(entry, on_file); !taken) return taken;
    }
    return files_ > 0 ? base::Status{} : Refuse("holds no file");
  }

 private:
  base::Status Damaged() {
    const char* why = call_.error_string(archive_.get());
    return Refuse(std::string("is damaged, or no tar.gz or zip: ") + base::EscapeTerminal(why == nullptr ? "" : why));
  }

  base::Status Take(archive_entry* entry, const OnFile& on_file) {
    const char* name = call_.entry_pathname_utf8(entry);
    auto path = CleanPath(name != nullptr ? name : call_.entry_pathname(entry));
    if (!path) return tl::unexpected(std::move(path).error());
    const auto type = call_.entry_filetype(entry);
    // Counted, too: folders beyond number take as long.
    if (++entries_ > limits_.most_files) {
      return Refuse("holds more than " + base::GroupDigits(limits_.most_files) + " files");
    }
    if (call_.entry_hardlink(entry) != nullptr || (type != AE_IFREG && type != AE_IFDIR)) {
      return Refuse("holds " + Quoted(*path) + ", which is a link or a device; only files and folders are taken");
    }
    if (type == AE_IFDIR) return {};  // is made for what is in it
    if (path->empty()) return Refuse("holds a file without a name");
    ++files_;
    const bool executable = (call_.entry_perm(entry) & 0111) != 0;
    return on_file({std::move(*path), executable}, [this] { return Next(); });
  }

  base::Result<std::string_view> Next() {
    const la_ssize_t count = call_.read_data(archive_.get(), buffer_.data(), buffer_.size());
    if (count < 0) return tl::unexpected(Damaged().error());
    bytes_ += static_cast<std::uint64_t>(count);
    if (bytes_ > limits_.most_bytes) {
      return Refuse("holds more than " + std::to_string(limits_.most_bytes >> 20U) + " MiB");
    }
    return std::string_view(buffer_.data(), static_cast<std::size_t>(count));
  }

  const Functions& call_;
  const ArchiveLimits& limits_;
  const std::unique_ptr<archive, int (*)(archive*)> archive_;
  std::string buffer_;
  std::uint64_t bytes_ = 0;
  std::uint32_t entries_ = 0;
  std::uint32_t files_ = 0;
};

}  // namespace

base::Status ForEachFile(std::string_view bytes, const ArchiveLimits& limits, const OnFile& on_file) {
  static const base::Result<Functions> functions = LoadFunctions();
  if (!functions) return tl::unexpected(functions.error());
  return Reader(*functions, limits).Read(bytes, on_file);
}

}  // namespace kadende::providers
