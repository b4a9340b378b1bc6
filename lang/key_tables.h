// Parts of the one table of keys that have files of their own. For keys.cc and them only.
#pragma once

#include <cstdint>

#include "lang/keys.h"

namespace kadende::lang {

inline constexpr std::int64_t kSecond = 1000;
inline constexpr std::int64_t kMinute = 60 * kSecond;
inline constexpr std::int64_t kDay = 24 * 60 * kMinute;
inline constexpr std::int64_t kYear = 365 * kDay;
inline constexpr std::int64_t kMaxGroupSize = 1'000'000;

extern const Table kRemediationTable;
extern const Table kRolloutTable;

}  // namespace kadende::lang
