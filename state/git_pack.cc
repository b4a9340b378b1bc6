#include "state/git_pack.h"

#include <mbedtls/sha1.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <string>

namespace kadende::state {
namespace {

constexpr std::size_t kPiece = 1 << 20;  // the indexer does work per call

// Collects bytes, hashes them, and passes them on in large pieces.
class Stream {
 public:
  explicit Stream(const std::function<bool(std::string_view)>& append) : append_(append) {
    mbedtls_sha1_init(&hash_);
    mbedtls_sha1_starts_ret(&hash_);
    buffer_.reserve(kPiece + kPiece / 4);
  }
  ~Stream() { mbedtls_sha1_free(&hash_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool Put(std::string_view bytes) {
    buffer_.append(bytes);
    return buffer_.size() < kPiece || Flush();
  }

  bool Finish() {
    if (!Flush()) return false;
    std::array<unsigned char, 20> digest{};
    mbedtls_sha1_finish_ret(&hash_, digest.data());
    return append_({reinterpret_cast<const char*>(digest.data()), digest.size()});
  }

 private:
  bool Flush() {
    mbedtls_sha1_update_ret(&hash_, reinterpret_cast<const unsigned char*>(buffer_.data()), buffer_.size());
    const bool more = append_(buffer_);
    buffer_.clear();
    return more;
  }

  const std::function<bool(std::string_view)>& append_;
  mbedtls_sha1_context hash_{};
  std::string buffer_;
};

void AppendBigEndian(std::uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift & 0xFF));
}

// Three bits of kind and four of size, then seven of size a byte, lowest first.
std::string ObjectHeader(ObjectKind kind, std::size_t size) {
  std::string header;
  unsigned byte = static_cast<unsigned>(kind) << 4 | static_cast<unsigned>(size & 15);
  for (size >>= 4; size > 0; size >>= 7) {
    header.push_back(static_cast<char>(byte | 0x80));
    byte = static_cast<unsigned>(size & 0x7F);
  }
  header.push_back(static_cast<char>(byte));
  return header;
}

// One deflate state for all objects: setting one up costs more than packing a small object.
class Deflater {
 public:
  Deflater() { ok_ = deflateInit(&stream_, 1) == Z_OK; }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // False only without memory.
  bool Deflate(std::string_view bytes, std::string* out) {
    if (!ok_ || deflateReset(&stream_) != Z_OK) return false;
    out->resize(deflateBound(&stream_, bytes.size()));
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out->data());
    stream_.avail_out = static_cast<uInt>(out->size());
    if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) return false;
    out->resize(stream_.total_out);
    return true;
  }

 private:
  z_stream stream_{};
  bool ok_ = false;
};

}  // namespace

base::Status StreamPack(const ObjectBatch& batch, const std::function<bool(std::string_view)>& append) {
  Stream stream(append);
  Deflater deflater;
  std::string head = "PACK";
  AppendBigEndian(2, &head);
  AppendBigEndian(static_cast<std::uint32_t>(batch.objects().size()), &head);
  stream.Put(head);
  std::string packed;
  for (const auto& object : batch.objects()) {
    if (!deflater.Deflate(object.bytes, &packed)) {
      return base::Fail(base::ErrorCode::kInternal, "cannot compress a git object: out of memory");
    }
    if (!stream.Put(ObjectHeader(object.kind, object.bytes.size())) || !stream.Put(packed)) return {};
  }
  stream.Finish();
  return {};
}

}  // namespace kadende::state
