// JSON that is written as it comes, without a value in memory per object: for documents that list every node of a
// large cluster. Compact; keys are the caller's to keep in order. Nothing checks that begins and ends match: callers
// are few, and their tests parse what they write.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "cli/view/sink.h"

namespace kadende::cli {

class JsonWriter {
 public:
  // `sink` must outlive the writer. It is given pieces of about 64 KiB; Finish gives the last one.
  explicit JsonWriter(const Sink& sink) : sink_(sink) {}

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  void Key(std::string_view key);

  void String(std::string_view text);  // quoted and escaped
  void Bool(bool value) { Raw(value ? "true" : "false"); }
  void Number(std::unsigned_integral auto value) { Raw(std::to_string(value)); }
  void Null() { Raw("null"); }
  void Raw(std::string_view json);  // JSON text, taken as it is

  // Key and value.
  void Field(std::string_view key, std::string_view text);
  void Field(std::string_view key, const char* text) { Field(key, std::string_view(text)); }
  void Field(std::string_view key, bool value);
  void Field(std::string_view key, std::unsigned_integral auto value) {
    Key(key);
    Number(value);
  }
  void RawField(std::string_view key, std::string_view json);
  void Strings(std::string_view key, const std::vector<std::string>& texts);
  // Nothing where the text is empty.
  void OptionalField(std::string_view key, std::string_view text);

  // A newline, and the rest to the sink.
  void Finish();

 private:
  void Open(char bracket);
  void Close(char bracket);
  void Separate();
  void Flush();

  const Sink& sink_;
  std::string buffer_;
  bool comma_ = false;  // what comes next has something before it
};

}  // namespace kadende::cli
