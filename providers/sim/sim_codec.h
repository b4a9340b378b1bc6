// Records of a simulated cloud as bytes: hand-laid, little-endian, with a layout number in front. Keys are big-endian
// so that they sort as numbers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/digest.h"

namespace kadende::providers {

// A string that many records share is an index into the cloud's dictionary; rare ones are kept inline.
struct SimText {
  static constexpr std::uint32_t kInline = 0xFFFFFFFFU;
  std::uint32_t id = kInline;
  std::string_view text;  // with kInline
};

enum class SimHealth : std::uint8_t { kRunning = 0, kUnhealthy = 1, kStopped = 2 };

// Times are Unix milliseconds, 0 = never. What an instance is at a time follows from them (sim_cloud.cc, PhaseAt), so
// nothing has to be written when a latency has passed. Views borrow from the bytes or the caller.
struct SimRecord {
  SimHealth health = SimHealth::kRunning;
  std::int64_t accepted_at = 0;
  std::int64_t lands_at = 0;    // exists from here
  std::int64_t ends_at = 0;     // terminated from here, terminating before
  std::int64_t removed_at = 0;  // no trace from here
  std::uint32_t ordinal = 0;
  std::uint32_t incarnation = 0;
  base::Digest token;
  base::Digest revision;
  SimText cluster;
  SimText group;
  SimText labels;  // see EncodeLabels
  SimText properties;
  std::string_view name;
  std::string_view logical_id;
  std::string_view reason;  // of the health or of the end
};

void EncodeRecord(const SimRecord& record, std::string& out);  // replaces `out`
[[nodiscard]] std::optional<SimRecord> DecodeRecord(std::string_view bytes);

using SimLabels = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::string EncodeLabels(const SimLabels& labels);
[[nodiscard]] SimLabels DecodeLabels(std::string_view bytes);

// Counters of a cloud; one record.
struct SimTallies {
  std::uint64_t made = 0;          // instances ever made; also the last number given out
  std::uint64_t accepted = 0;      // creates that were answered with an instance, new or known
  std::uint64_t deduplicated = 0;  // of these, known by their token
  std::uint64_t destroyed = 0;     // instances that were destroyed
  std::uint64_t ended = 0;         // instances that ended by command: terminated or vanished
  std::uint64_t present = 0;       // made and neither destroyed nor ended: what capacity counts
  std::uint64_t texts = 0;         // entries of the two dictionaries
  std::uint64_t lineages = 0;
  std::uint64_t window = 0;  // the second that throttling counts
  std::uint64_t window_calls = 0;
  std::array<std::uint64_t, 4> calls{};  // by SimOperation, those that were judged
};
[[nodiscard]] std::string EncodeTallies(const SimTallies& tallies);
[[nodiscard]] std::optional<SimTallies> DecodeTallies(std::string_view bytes);

[[nodiscard]] std::string Key32(std::uint32_t value);
[[nodiscard]] std::string Key64(std::uint64_t value);
[[nodiscard]] std::string Key32And64(std::uint32_t first, std::uint64_t second);
[[nodiscard]] std::string Key64And64(std::uint64_t first, std::uint64_t second);
[[nodiscard]] std::uint32_t ReadKey32(std::string_view key, std::size_t offset = 0);  // 0 where it is too short
[[nodiscard]] std::uint64_t ReadKey64(std::string_view key, std::size_t offset = 0);

}  // namespace kadende::providers
