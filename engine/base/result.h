// How operations fail.
//
// An operation returns Result<T>: a value, or an Error with one of a small closed set of codes. Diagnostics
// (diagnostics.h) are for what a user wrote; assert is for bugs. Exceptions of libraries are caught in the
// file that calls the library and never cross a header of ours.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace kadende::base {

// Closed set; a provider plugin sends the same words (ErrorCodeName).
enum class ErrorCode : std::uint8_t {
  kInvalid,      // the request is wrong and stays wrong: never retried
  kDenied,       // credentials or permissions
  kNotFound,     // a definite "does not exist", not "could not be found"
  kConflict,     // somebody else changed it, or holds it
  kQuota,        // a limit of the provider: room may come back
  kThrottled,    // too fast: retry after Error::retry_after
  kUnavailable,  // the other side cannot answer now
  kTimeout,      // no answer in time
  kCancelled,    // we stopped waiting on purpose
  kCorrupt,      // stored data does not read as what it should be
  kInternal,     // a defect of the other side, or of ours
};

// Whether the failed operation may still have had its effect. A create that timed out may have made a
// machine; treating "maybe" as "no" is how machines are lost.
enum class Effect : std::uint8_t { kNone, kPossible };

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  // One sentence for a person: what failed, why, and where there is one, the remedy. No trailing newline.
  std::string message;
  Effect effect = Effect::kNone;
  // Set only with kThrottled, when the other side said how long.
  std::optional<std::chrono::milliseconds> retry_after;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] std::string_view ErrorCodeName(ErrorCode code);  // "invalid", "not_found", ...
[[nodiscard]] std::optional<ErrorCode> ParseErrorCode(std::string_view name);

// True where the same call may succeed later without anybody changing anything: quota, throttled,
// unavailable, timeout.
[[nodiscard]] bool IsRetryable(ErrorCode code);

[[nodiscard]] inline tl::unexpected<Error> Fail(ErrorCode code, std::string message, Effect effect = Effect::kNone) {
  return tl::unexpected<Error>(Error{code, std::move(message), effect, std::nullopt});
}

// The same error with "<context>: " in front, for a caller that knows the place.
[[nodiscard]] inline tl::unexpected<Error> Wrap(Error error, std::string_view context) {
  error.message.insert(0, std::string(context) + ": ");
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace kadende::base
