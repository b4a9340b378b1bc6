#include "providers/sim/sim_codec.h"

#include <cstring>
#include <type_traits>

namespace kadende::providers {
namespace {

constexpr std::uint8_t kLayout = 1;

template <class T>
void PutInt(std::string& out, T value) {
  static_assert(std::is_integral_v<T>);
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out.push_back(static_cast<char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xFFU));
  }
}

void PutString(std::string& out, std::string_view text) {
  PutInt(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

void PutText(std::string& out, const SimText& text) {
  PutInt(out, text.id);
  if (text.id == SimText::kInline) PutString(out, text.text);
}

void PutDigest(std::string& out, const base::Digest& digest) {
  out.append(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());  // NOLINT: bytes to bytes
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

  template <class T>
  T Int() {
    const std::string_view raw = Take(sizeof(T));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(raw[i])) << (8 * i);
    }
    return static_cast<T>(value);
  }
  std::string_view String() { return Take(Int<std::uint32_t>()); }
  SimText Text() {
    SimText text;
    text.id = Int<std::uint32_t>();
    if (text.id == SimText::kInline) text.text = String();
    return text;
  }
  base::Digest Digest() {
    base::Digest digest;
    const std::string_view raw = Take(digest.bytes.size());
    if (ok_) std::memcpy(digest.bytes.data(), raw.data(), raw.size());
    return digest;
  }

 private:
  std::string_view Take(std::size_t count) {
    if (!ok_ || count > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

template <class T>
void PutBig(std::string& out, T value) {
  for (std::size_t i = sizeof(T); i-- > 0;) out.push_back(static_cast<char>((value >> (8 * i)) & 0xFFU));
}

template <class T>
T ReadBig(std::string_view key, std::size_t offset) {
  if (key.size() < offset + sizeof(T)) return 0;
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>((value << 8U) | static_cast<unsigned char>(key[offset + i]));
  }
  return value;
}

// The one list of a tally's fields, in stored order: new ones go to the end.
template <class Tallies, class F>
void EachTally(Tallies& tallies, F field) {
  for (auto* value : {&tallies.made, &tallies.accepted, &tallies.deduplicated, &tallies.destroyed, &tallies.ended,
                      &tallies.present, &tallies.texts, &tallies.lineages, &tallies.window, &tallies.window_calls}) {
    field(*value);
  }
  for (auto& value : tallies.calls) field(value);
}

}  // namespace

void EncodeRecord(const SimRecord& record, std::string& out) {
  out.clear();
  PutInt(out, kLayout);
  PutInt(out, static_cast<std::uint8_t>(record.health));
  PutInt(out, record.accepted_at);
  PutInt(out, record.lands_at);
  PutInt(out, record.ends_at);
  PutInt(out, record.removed_at);
  PutInt(out, record.ordinal);
  PutInt(out, record.incarnation);
  PutDigest(out, record.token);
  PutDigest(out, record.revision);
  PutText(out, record.cluster);
  PutText(out, record.group);
  PutText(out, record.labels);
  PutText(out, record.properties);
  PutString(out, record.name);
  PutString(out, record.logical_id);
  PutString(out, record.reason);
}

std::optional<SimRecord> DecodeRecord(std::string_view bytes) {
  Reader reader(bytes);
  if (reader.Int<std::uint8_t>() != kLayout) return std::nullopt;
  SimRecord record;
  const auto health = reader.Int<std::uint8_t>();
  if (health > static_cast<std::uint8_t>(SimHealth::kStopped)) return std::nullopt;
  record.health = static_cast<SimHealth>(health);
  record.accepted_at = reader.Int<std::int64_t>();
  record.lands_at = reader.Int<std::int64_t>();
  record.ends_at = reader.Int<std::int64_t>();
  record.removed_at = reader.Int<std::int64_t>();
  record.ordinal = reader.Int<std::uint32_t>();
  record.incarnation = reader.Int<std::uint32_t>();
  record.token = reader.Digest();
  record.revision = reader.Digest();
  record.cluster = reader.Text();
  record.group = reader.Text();
  record.labels = reader.Text();
  record.properties = reader.Text();
  record.name = reader.String();
  record.logical_id = reader.String();
  record.reason = reader.String();
  if (!reader.ok()) return std::nullopt;
  return record;
}

std::string EncodeLabels(const SimLabels& labels) {
  std::string out;
  for (const auto& [key, value] : labels) {
    PutString(out, key);
    PutString(out, value);
  }
  return out;
}

SimLabels DecodeLabels(std::string_view bytes) {
  SimLabels labels;
  Reader reader(bytes);
  while (reader.ok() && !reader.at_end()) {
    const std::string_view key = reader.String();
    const std::string_view value = reader.String();
    if (reader.ok()) labels.emplace_back(key, value);
  }
  return labels;
}

std::string EncodeTallies(const SimTallies& tallies) {
  std::string out;
  EachTally(tallies, [&](const std::uint64_t& value) { PutInt(out, value); });
  return out;
}

std::optional<SimTallies> DecodeTallies(std::string_view bytes) {
  SimTallies tallies;
  Reader reader(bytes);
  EachTally(tallies, [&](std::uint64_t& value) {
    if (!reader.at_end()) value = reader.Int<std::uint64_t>();
  });
  if (!reader.ok()) return std::nullopt;
  return tallies;
}

std::string Key32(std::uint32_t value) {
  std::string key;
  PutBig(key, value);
  return key;
}

std::string Key64(std::uint64_t value) {
  std::string key;
  PutBig(key, value);
  return key;
}

std::string Key32And64(std::uint32_t first, std::uint64_t second) {
  std::string key;
  PutBig(key, first);
  PutBig(key, second);
  return key;
}

std::string Key64And64(std::uint64_t first, std::uint64_t second) {
  std::string key;
  PutBig(key, first);
  PutBig(key, second);
  return key;
}

std::uint32_t ReadKey32(std::string_view key, std::size_t offset) {
  return ReadBig<std::uint32_t>(key, offset);
}

std::uint64_t ReadKey64(std::string_view key, std::size_t offset) {
  return ReadBig<std::uint64_t>(key, offset);
}

}  // namespace kadende::providers
