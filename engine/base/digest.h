// SHA-256, and the two spellings of binary values that are stored: hex (revisions, specs) and base32 (tokens,
// lineages). The hashes themselves are libsodium's, in digest.cc alone.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kadende::base {

// 32 raw bytes. A value type without heap memory: 100,000 node records hold two each.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;
  [[nodiscard]] bool IsZero() const { return *this == Digest{}; }  // "none": no input is known to hash to it
};

[[nodiscard]] Digest Sha256(std::string_view data);

// Keyed BLAKE2b: without the key neither can be computed nor a guessed `data` be tried. `key`: any text that is not
// empty; it is hashed to the length that the function takes.
[[nodiscard]] Digest KeyedHash(std::string_view key, std::string_view data);

[[nodiscard]] std::string ToHex(std::string_view bytes);  // two lower-case characters a byte
[[nodiscard]] std::optional<std::string> BytesFromHex(std::string_view hex);
[[nodiscard]] std::string ToBase64(std::string_view bytes);
[[nodiscard]] std::string ToHex(const Digest& digest);  // 64 lower-case characters
[[nodiscard]] std::optional<Digest> DigestFromHex(std::string_view hex);

// RFC 4648 base32, lower case, without padding: 32 bytes are 52 characters. Safe in names of every provider
// that was looked at (letters and digits only, case does not matter).
[[nodiscard]] std::string ToBase32(std::string_view bytes);
[[nodiscard]] std::string ToBase32(const Digest& digest);
[[nodiscard]] std::optional<Digest> DigestFromBase32(std::string_view text);

// `count` bytes from the kernel's generator.
[[nodiscard]] std::string RandomBytes(std::size_t count);

}  // namespace kadende::base

template <>
struct std::hash<kadende::base::Digest> {
  std::size_t operator()(const kadende::base::Digest& digest) const noexcept {
    std::size_t value = 0;  // the bytes are already uniform
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
};
