#include "cli/view/json_writer.h"

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;

}  // namespace

void JsonWriter::Separate() {
  if (comma_) buffer_ += ',';
  comma_ = true;
}

void JsonWriter::Open(char bracket) {
  Separate();
  buffer_ += bracket;
  comma_ = false;
}

void JsonWriter::Close(char bracket) {
  buffer_ += bracket;
  comma_ = true;
  if (buffer_.size() >= kPieceBytes) Flush();
}

void JsonWriter::Key(std::string_view key) {
  Separate();
  buffer_ += base::QuoteJson(key);
  buffer_ += ':';
  comma_ = false;
}

void JsonWriter::String(std::string_view text) {
  Separate();
  buffer_ += base::QuoteJson(text);
}

void JsonWriter::Raw(std::string_view json) {
  Separate();
  buffer_ += json;
}

void JsonWriter::Field(std::string_view key, std::string_view text) {
  Key(key);
  String(text);
}

void JsonWriter::Field(std::string_view key, bool value) {
  Key(key);
  Bool(value);
}

void JsonWriter::RawField(std::string_view key, std::string_view json) {
  Key(key);
  Raw(json);
}

void JsonWriter::Strings(std::string_view key, const std::vector<std::string>& texts) {
  Key(key);
  BeginArray();
  for (const std::string& text : texts) String(text);
  EndArray();
}

void JsonWriter::OptionalField(std::string_view key, std::string_view text) {
  if (!text.empty()) Field(key, text);
}

void JsonWriter::Flush() {
  sink_(buffer_);
  buffer_.clear();
}

void JsonWriter::Finish() {
  buffer_ += '\n';
  Flush();
}

}  // namespace kadende::cli
