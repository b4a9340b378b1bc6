// Health rows and reports as bytes, and back. A health row holds the nodes of one chunk: times are kept relative to one
// of them and texts once, because 10,000 nodes are written every ten seconds. Layouts: FORMAT.md. As with the records
// (record_codec.h), each row starts with its version, Decode is false for what is no row of a known one, and neither
// ever reads past the bytes. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/model/health.h"

namespace kadende::state {

inline constexpr std::uint8_t kHealthVersion = 2;  // of health rows; 1 is read as well
inline constexpr std::uint8_t kReportVersion = 1;

using HealthRows = std::vector<const model::NodeHealth*>;

// Nodes by rising ordinal. Without NodeHealth::memory, which is the watching process's own.
void EncodeHealth(HealthRows::const_iterator begin, HealthRows::const_iterator end, std::string* out);
// Appends; what was appended before a failure must not be used.
[[nodiscard]] bool DecodeHealth(std::string_view bytes, std::vector<model::NodeHealth>* out);

void EncodeReport(const model::HealthReport& report, std::string* out);  // key: group, slot key, incarnation
[[nodiscard]] bool DecodeReport(std::string_view bytes, model::HealthReport* out);

}  // namespace kadende::state
