// A cursor over one line of JSON, for decoders that must not build a value per line. Knows only what chunk lines need:
// a flat object of strings, integers and booleans, plus nested values taken as raw text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kadende::state {

// Every Read returns false where the text is not what was asked for; the position is then unspecified.
class LineScanner {
 public:
  explicit LineScanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool Take(char c);  // exactly this character
  [[nodiscard]] bool AtEnd() const { return at_ == text_.size(); }
  [[nodiscard]] bool Peek(char c) const { return at_ < text_.size() && text_[at_] == c; }

  // A key without escapes, and its colon; borrowed from the line.
  [[nodiscard]] bool ReadKey(std::string_view* key);
  [[nodiscard]] bool ReadString(std::string* value);
  // A string without escapes, borrowed from the line.
  [[nodiscard]] bool ReadPlain(std::string_view* value);
  [[nodiscard]] bool ReadUint32(std::uint32_t* value);
  [[nodiscard]] bool ReadBool(bool* value);
  // Any value, checked for balance only.
  [[nodiscard]] bool ReadRaw(std::string_view* value);

 private:
  [[nodiscard]] bool SkipString(bool* escaped);

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace kadende::state
