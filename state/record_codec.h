// Records of the working store as bytes, and back. Hand-laid, because a generic encoding costs ten times the time at
// 100,000 nodes. Each record starts with its version, so records of several versions live side by side and an upgrade
// need not rewrite a store; the layouts are in FORMAT.md, and bytes of every version in tests/state/fixtures.
//
// Encode appends to `out`. Decode is false where the bytes are no record of a known version: it never crashes and never
// reads past them; `out` is then half-filled and must not be used. What a record's key already says is not repeated in
// the record; Decode leaves those fields alone. Pure functions. Groups have a file of their own, group_codec.h.
#pragma once

#include <string>
#include <string_view>

#include "engine/model/event.h"
#include "engine/model/record.h"

namespace kadende::state {

// Highest version of each record that this code writes and reads.
inline constexpr std::uint8_t kRecordVersion = 1;
// Of node and intent records: 2 where there are marks of secrets.
inline constexpr std::uint8_t kMarkedVersion = 2;
// Of node records: 3 where the hooks after the create have not succeeded yet.
inline constexpr std::uint8_t kNodeVersion = 3;

void EncodeNode(const model::NodeRecord& node, std::string* out);  // key: ordinal, incarnation
[[nodiscard]] bool DecodeNode(std::string_view bytes, model::NodeRecord* out);

void EncodeIntent(const model::Intent& intent, std::string* out);  // key: group, ordinal, incarnation
[[nodiscard]] bool DecodeIntent(std::string_view bytes, model::Intent* out);

// Without spec_text, run->plan and run->plan_text: they can be large and have rows of their own. Key: lineage.
void EncodeCluster(const model::ClusterRecord& cluster, std::string* out);
[[nodiscard]] bool DecodeCluster(std::string_view bytes, model::ClusterRecord* out);

// An event belongs to a lineage, which the event itself does not carry. Key: id.
void EncodeEvent(std::string_view lineage, const model::Event& event, std::string* out);
[[nodiscard]] bool DecodeEvent(std::string_view bytes, std::string* lineage, model::Event* out);

// The fields that queries filter by lie in front, so that a scan decodes no more than them. Views into `bytes`.
struct EventHead {
  std::string_view lineage;
  std::string_view group;
  std::string_view slot_key;
  base::TimePoint time{};
};
[[nodiscard]] bool DecodeEventHead(std::string_view bytes, EventHead* out);

}  // namespace kadende::state
