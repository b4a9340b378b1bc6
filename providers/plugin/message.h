// The envelope of the protocol: JSON-RPC 2.0, one message a line (providers/PROTOCOL.md). What is inside: requests.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace kadende::providers::plugin {

inline constexpr int kProtocolVersion = 1;

enum class MessageKind : std::uint8_t { kResult, kError, kRequest, kNotification };

// What an error of a plugin says.
struct RemoteError {
  base::ErrorCode code = base::ErrorCode::kInternal;
  std::string message;  // foreign text
  // Unset: not said, so what the code suggests counts.
  std::optional<base::Effect> effect;
  std::optional<std::chrono::milliseconds> retry_after;
};

struct Message {
  MessageKind kind = MessageKind::kResult;
  std::uint64_t id = 0;   // of an answer
  std::string method;     // of a request or notification
  base::Json value;       // result or params
  base::Json foreign_id;  // of a request: the plugin's, to be given back
  RemoteError error;
};

// kInvalid: the line is no message that a plugin may send; the text says what is wrong with it, not with whom.
[[nodiscard]] base::Result<Message> ParseMessage(std::string_view line);

// Whole lines. `params` is a JSON object as text, without a line end in it.
[[nodiscard]] std::string RequestLine(std::uint64_t id, std::string_view method, std::string_view params);
[[nodiscard]] std::string CancelLine(std::uint64_t id);
[[nodiscard]] std::string UnknownMethodLine(const base::Json& foreign_id, std::string_view method);

// What an error means for a call that changes something (or does not).
[[nodiscard]] base::Error ToError(const RemoteError& error, std::string_view plugin, bool changes);

}  // namespace kadende::providers::plugin
