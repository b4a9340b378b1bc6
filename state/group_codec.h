// The record of a group as bytes, and back; under the same rules as those of record_codec.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/model/record.h"

namespace kadende::state {

// The highest that this code writes and reads: 2 where destroys are held back, 3 where a brake or a release is on, 4
// where instances were forgotten, 5 where brakes remember something or have an end, or a hold is limited, 6 where a
// rollout is remembered. Each record is written in the lowest version that has room for it.
inline constexpr std::uint8_t kGroupVersion = 6;

void EncodeGroup(const model::GroupRecord& group, std::string* out);  // key: path
[[nodiscard]] bool DecodeGroup(std::string_view bytes, model::GroupRecord* out);

}  // namespace kadende::state
