#include "engine/base/result.h"

#include <array>

namespace kadende::base {
namespace {

constexpr std::array<std::string_view, 11> kNames = {"invalid",   "denied",    "not_found",   "conflict",
                                                     "quota",     "throttled", "unavailable", "timeout",
                                                     "cancelled", "corrupt",   "internal"};

}  // namespace

std::string_view ErrorCodeName(ErrorCode code) {
  return kNames[static_cast<std::size_t>(code)];
}

std::optional<ErrorCode> ParseErrorCode(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<ErrorCode>(i);
  }
  return std::nullopt;
}

bool IsRetryable(ErrorCode code) {
  switch (code) {
    case ErrorCode::kQuota:
    case ErrorCode::kThrottled:
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      return true;
    case ErrorCode::kInvalid:
    case ErrorCode::kDenied:
    case ErrorCode::kNotFound:
    case ErrorCode::kConflict:
    case ErrorCode::kCancelled:
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      return false;
  }
  return false;
}

}  // namespace kadende::base
