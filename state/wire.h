// The alphabet of binary records: bytes, varints, length-prefixed text, digests, times. Layouts built from it are in
// record_codec.cc and group_codec.cc, and described in FORMAT.md.
//
// Integers are LEB128 varints, signed ones zigzag first; times are milliseconds since 1970. A WireReader never reads
// past its input: after the first fault every read gives an empty value and Finish() is false.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "engine/base/digest.h"
#include "engine/base/time.h"

namespace kadende::state {

class WireWriter {
 public:
  explicit WireWriter(std::string* out) : out_(*out) {}  // appends; must outlive the writer

  void Byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void Varint(std::uint64_t value) {
    while (value >= 0x80) {
      Byte(static_cast<std::uint8_t>(value | 0x80));
      value >>= 7;
    }
    Byte(static_cast<std::uint8_t>(value));
  }
  void Text(std::string_view text) {
    Varint(text.size());
    out_.append(text);
  }
  void Digest(const base::Digest& digest) {
    out_.append(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
  }
  void Time(base::TimePoint time) {
    const std::int64_t millis = base::ToUnixMillis(time);
    Varint((static_cast<std::uint64_t>(millis) << 1) ^ static_cast<std::uint64_t>(millis >> 63));
  }

 private:
  std::string& out_;
};

class WireReader {
 public:
  explicit WireReader(std::string_view in) : in_(in) {}

  std::uint8_t Byte() {
    if (in_.empty()) return Fault();
    const auto value = static_cast<std::uint8_t>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  std::uint64_t Varint() {
    if (in_.empty() || static_cast<std::uint8_t>(in_.front()) >= 0x80) return LongVarint();
    return Byte();  // nearly all
  }
  std::uint32_t Varint32() {
    const std::uint64_t value = Varint();
    return value <= std::numeric_limits<std::uint32_t>::max() ? static_cast<std::uint32_t>(value) : Fault();
  }
  // A number of items to come, each at least one byte long: a damaged count cannot ask for more than there is.
  std::size_t Count() {
    const std::uint64_t value = Varint();
    return value <= in_.size() ? static_cast<std::size_t>(value) : Fault();
  }
  std::string_view Text() {
    const std::uint64_t size = Varint();
    if (size > in_.size()) {
      Fault();
      return {};
    }
    const std::string_view text = in_.substr(0, static_cast<std::size_t>(size));
    in_.remove_prefix(text.size());
    return text;
  }
  base::Digest Digest() {
    base::Digest digest;
    if (in_.size() < digest.bytes.size()) {
      Fault();
      return digest;
    }
    std::copy_n(in_.begin(), digest.bytes.size(), reinterpret_cast<char*>(digest.bytes.data()));
    in_.remove_prefix(digest.bytes.size());
    return digest;
  }
  base::TimePoint Time() {
    const std::uint64_t value = Varint();
    return base::FromUnixMillis(static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1)));
  }
  // An enum whose values are 0..last.
  template <class Enum>
  Enum Value(Enum last) {
    const std::uint8_t value = Byte();
    return static_cast<Enum>(value <= static_cast<std::uint8_t>(last) ? value : Fault());
  }

  void Refuse() { ok_ = false; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool Finish() const { return ok_ && in_.empty(); }  // read well, and to the end

 private:
  std::uint64_t LongVarint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = Byte();
      if (shift == 63 && byte > 1) return Fault();
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return Fault();
  }
  std::uint8_t Fault() {
    ok_ = false;
    in_ = {};
    return 0;
  }

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace kadende::state
