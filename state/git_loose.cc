#include "state/git_loose.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <utility>

#include "engine/base/text.h"
#include "state/file_lock.h"

namespace kadende::state {
namespace {

constexpr std::size_t kFirstGuess = 32 << 10;   // a full chunk of nodes
constexpr std::size_t kMaxObject = 256U << 20;  // nothing of ours comes near; a bomb ends here
constexpr std::array<std::string_view, 4> kKinds = {"", "commit", "tree", "blob"};

base::Result<std::optional<std::string>> ReadFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (fd < 0) return FailErrno(errno, "open", path);
  std::string bytes;
  std::array<char, 16 << 10> buffer{};
  ssize_t got = 0;
  while ((got = read(fd, buffer.data(), buffer.size())) > 0 || (got < 0 && errno == EINTR)) {
    if (got > 0) bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
  const int error = errno;
  close(fd);
  if (got < 0) return FailErrno(error, "read", path);
  return std::optional(std::move(bytes));
}

// The whole stream, or nothing where it is damaged or does not end.
std::optional<std::string> Inflate(std::string& packed) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string bytes;
  int state = Z_OK;
  // Without input left, inflate returns Z_BUF_ERROR at its next call, which ends the loop.
  for (std::size_t room = kFirstGuess; state == Z_OK && bytes.size() < kMaxObject; room = bytes.size()) {
    const std::size_t have = bytes.size();
    bytes.resize(have + room);
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + have);
    stream.avail_out = static_cast<uInt>(room);
    state = inflate(&stream, Z_NO_FLUSH);
    bytes.resize(have + room - stream.avail_out);
    if (bytes.empty()) break;
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END) return std::nullopt;
  return bytes;
}

}  // namespace

bool LooseObjects::Has(const std::string& hex, std::uint8_t first) {
  std::optional<Names>& names = listed_[first];
  if (!names) {
    names.emplace();
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder_ + "/" + hex.substr(0, 2), error), end; !error && at != end;
         at.increment(error)) {
      names->push_back(at->path().filename().string());
    }
    std::sort(names->begin(), names->end());
  }
  return std::binary_search(names->begin(), names->end(), hex.substr(2));
}

base::Result<std::optional<std::string>> LooseObjects::Read(const ObjectId& id, ObjectKind kind) {
  const std::string hex = ToHex(id);
  if (!Has(hex, id.bytes[0])) return std::nullopt;
  auto packed = ReadFile(folder_ + "/" + hex.substr(0, 2) + "/" + hex.substr(2));
  if (!packed) return tl::unexpected(packed.error());
  if (!*packed) return std::nullopt;
  const auto fail = [&](const std::string& why) {
    return base::Fail(base::ErrorCode::kCorrupt, "git object " + hex + " " + why);
  };
  auto bytes = Inflate(**packed);
  if (!bytes) return fail("is damaged (cut short or overwritten)");
  // "blob 12\0..."
  const std::size_t zero = bytes->find('\0');
  const std::string header = bytes->substr(0, zero);
  if (zero == std::string::npos) return fail("is damaged (no header)");
  bytes->erase(0, zero + 1);
  const std::string_view name = kKinds[static_cast<std::size_t>(kind)];
  if (header != std::string(name) + " " + std::to_string(bytes->size()))
    return fail("is of another kind than expected");
  if (HashObject(kind, *bytes) != id) return fail("is damaged (its content has another hash)");
  return bytes;
}

}  // namespace kadende::state
