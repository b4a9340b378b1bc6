#include "engine/base/digest.h"

#include <sodium.h>
#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace kadende::base {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

int Base32Value(char c) {
  if (c >= 'a' && c <= 'z') return c - 'a';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

std::string_view View(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

}  // namespace

Digest Sha256(std::string_view data) {
  Digest digest;
  crypto_hash_sha256(digest.bytes.data(), reinterpret_cast<const unsigned char*>(data.data()), data.size());
  return digest;
}

Digest KeyedHash(std::string_view key, std::string_view data) {
  Digest inner = Sha256(key);
  Digest digest;
  crypto_generichash(digest.bytes.data(), digest.bytes.size(), reinterpret_cast<const unsigned char*>(data.data()),
                     data.size(), inner.bytes.data(), inner.bytes.size());
  sodium_memzero(inner.bytes.data(), inner.bytes.size());
  return digest;
}

std::string ToHex(std::string_view bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::string ToHex(const Digest& digest) {
  return ToHex(View(digest));
}

std::string ToBase64(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
  std::string out(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    kVariant);
  out.pop_back();  // the terminating zero that it writes
  return out;
}

std::optional<std::string> BytesFromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes(hex.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = HexValue(hex[2 * i]);
    const int low = HexValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::optional<Digest> DigestFromHex(std::string_view hex) {
  Digest digest;
  const auto bytes = BytesFromHex(hex);
  if (!bytes || bytes->size() != digest.bytes.size()) return std::nullopt;
  std::memcpy(digest.bytes.data(), bytes->data(), bytes->size());
  return digest;
}

std::string ToBase32(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  unsigned buffer = 0;
  int bits = 0;
  for (const char byte : bytes) {
    buffer = (buffer << 8 | static_cast<unsigned char>(byte)) & 0xFFF;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += kBase32[buffer >> bits & 31];
    }
  }
  if (bits > 0) out += kBase32[buffer << (5 - bits) & 31];
  return out;
}

std::string ToBase32(const Digest& digest) {
  return ToBase32(View(digest));
}

std::optional<Digest> DigestFromBase32(std::string_view text) {
  Digest digest;
  if (text.size() != 52) return std::nullopt;
  unsigned buffer = 0;
  int bits = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const int value = Base32Value(c);
    if (value < 0) return std::nullopt;
    buffer = (buffer << 5 | static_cast<unsigned>(value)) & 0xFFF;
    bits += 5;
    if (bits >= 8 && at < digest.bytes.size()) {
      bits -= 8;
      digest.bytes[at++] = static_cast<std::uint8_t>(buffer >> bits);
    }
  }
  // 52 characters carry 260 bits; the four left over must be zero, so that every digest has one spelling.
  if ((buffer & ((1U << bits) - 1)) != 0) return std::nullopt;
  return digest;
}

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const ssize_t got = getrandom(bytes.data() + have, count - have, 0);
    // getrandom fails only for wrong arguments or an interrupted early boot; identities must never be guessable.
    if (got <= 0 && errno != EINTR) std::abort();
    if (got > 0) have += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace kadende::base
