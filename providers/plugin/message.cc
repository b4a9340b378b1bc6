#include "providers/plugin/message.h"

#include <algorithm>

#include "engine/base/text.h"

namespace kadende::providers::plugin {
namespace {

using base::Effect;
using base::ErrorCode;
using base::Fail;
using base::Json;
using base::Result;

constexpr std::size_t kLongestText = 2000;
constexpr std::int64_t kLongestRetryAfter = 3'600'000;  // an hour: a wrong unit must not stop a run for days

constexpr int kInvalidRequest = -32600;
constexpr int kMethodNotFound = -32601;
constexpr int kInvalidParams = -32602;
constexpr int kParseError = -32700;

std::string Text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

ErrorCode CodeOf(int number, const std::string& word) {
  if (const auto known = base::ParseErrorCode(word)) return *known;
  switch (number) {
    case kParseError:
    case kInvalidRequest:
    case kMethodNotFound:
    case kInvalidParams:
      return ErrorCode::kInvalid;
    default:
      return ErrorCode::kInternal;
  }
}

Result<RemoteError> ParseError(const Json& error) {
  if (!error.is_object()) return Fail(ErrorCode::kInvalid, "`error` is no object");
  const auto code = error.find("code");
  if (code == error.end() || !code->is_number_integer()) {
    return Fail(ErrorCode::kInvalid, "`error.code` is no integer");
  }
  RemoteError parsed;
  const Json none = Json::object();
  const auto found = error.find("data");
  const Json& data = found != error.end() && found->is_object() ? *found : none;
  const std::string word = Text(data, "code");
  if (!word.empty() && !base::ParseErrorCode(word)) {
    return Fail(ErrorCode::kInvalid, "`error.data.code` is `" + word + "`, which is no code of the protocol");
  }
  const auto number = code->get<std::int64_t>();
  const int known = number >= kParseError && number <= 0 ? static_cast<int>(number) : 0;
  parsed.code = CodeOf(known, word);
  parsed.message = Text(error, "message").substr(0, kLongestText);
  const std::string effect = Text(data, "effect");
  if (effect == "none") parsed.effect = Effect::kNone;
  if (effect == "possible") parsed.effect = Effect::kPossible;
  if (!effect.empty() && !parsed.effect) {
    return Fail(ErrorCode::kInvalid, "`error.data.effect` is `" + effect + "`; it is `none` or `possible`");
  }
  const auto retry = data.find("retryAfterMs");
  if (retry != data.end() && retry->is_number_integer()) {
    const auto millis = std::clamp<std::int64_t>(retry->get<std::int64_t>(), 0, kLongestRetryAfter);
    parsed.retry_after = std::chrono::milliseconds(millis);
  }
  return parsed;
}

// What the code suggests where the plugin does not say: an effect is excluded only where the plugin refused.
Effect Suggested(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
    case ErrorCode::kDenied:
    case ErrorCode::kNotFound:
    case ErrorCode::kConflict:
    case ErrorCode::kQuota:
    case ErrorCode::kThrottled:
      return Effect::kNone;
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
    case ErrorCode::kCancelled:
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      return Effect::kPossible;
  }
  return Effect::kPossible;
}

Result<Message> ParseCall(Json& object) {
  Message message;
  const auto method = object.find("method");
  if (!method->is_string()) return Fail(ErrorCode::kInvalid, "`method` is no string");
  message.method = method->get<std::string>();
  if (const auto params = object.find("params"); params != object.end()) {
    if (!params->is_object()) return Fail(ErrorCode::kInvalid, "`params` is no object");
    message.value = std::move(*params);
  } else {
    message.value = Json::object();
  }
  const auto id = object.find("id");
  message.kind = id == object.end() ? MessageKind::kNotification : MessageKind::kRequest;
  if (id != object.end()) message.foreign_id = *id;
  return message;
}

Result<Message> ParseAnswer(Json& object) {
  Message message;
  const auto id = object.find("id");
  if (id == object.end() || !id->is_number_unsigned()) {
    return Fail(ErrorCode::kInvalid, "an answer whose `id` is not one that the host gave");
  }
  message.id = id->get<std::uint64_t>();
  const auto result = object.find("result");
  const auto error = object.find("error");
  if ((result == object.end()) == (error == object.end())) {
    return Fail(ErrorCode::kInvalid, "an answer has either `result` or `error`");
  }
  if (result != object.end()) {
    message.value = std::move(*result);
    return message;
  }
  auto parsed = ParseError(*error);
  if (!parsed) return tl::unexpected(std::move(parsed.error()));
  message.kind = MessageKind::kError;
  message.error = std::move(*parsed);
  return message;
}

}  // namespace

Result<Message> ParseMessage(std::string_view line) {
  auto parsed = base::ParseJson(line);
  if (!parsed) return tl::unexpected(std::move(parsed.error()));
  if (!parsed->is_object()) return Fail(ErrorCode::kInvalid, "a message is a JSON object");
  if (Text(*parsed, "jsonrpc") != "2.0") return Fail(ErrorCode::kInvalid, "`jsonrpc` is not \"2.0\"");
  return parsed->contains("method") ? ParseCall(*parsed) : ParseAnswer(*parsed);
}

std::string RequestLine(std::uint64_t id, std::string_view method, std::string_view params) {
  std::string line =
      R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":)" + base::QuoteJson(method) + R"(,"params":)";
  line.reserve(line.size() + params.size() + 2);
  line.append(params).append("}\n");
  return line;
}

std::string CancelLine(std::uint64_t id) {
  return R"({"jsonrpc":"2.0","method":"cancel","params":{"id":)" + std::to_string(id) + "}}\n";
}

std::string UnknownMethodLine(const Json& foreign_id, std::string_view method) {
  return R"({"jsonrpc":"2.0","id":)" + base::Canonical(foreign_id) + R"(,"error":{"code":-32601,"message":)" +
         base::QuoteJson("the host answers no requests, so it does not know `" + std::string(method) + "`") + "}}\n";
}

base::Error ToError(const RemoteError& error, std::string_view plugin, bool changes) {
  const std::string said =
      error.message.empty() ? std::string(base::ErrorCodeName(error.code)) : base::EscapeTerminal(error.message);
  base::Error made{error.code, "plugin `" + std::string(plugin) + "`: " + said, Effect::kNone, error.retry_after};
  if (changes) made.effect = error.effect.value_or(Suggested(error.code));
  return made;
}

}  // namespace kadende::providers::plugin
