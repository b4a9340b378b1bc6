// Text that is not left behind in memory: wiped when it goes, never copied by chance.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace kadende::base {

// Overwrites the whole buffer, then empties it. For text that a secret was put into.
void Wipe(std::string& text);

// Moves only. Not printable, no comparison: whoever needs the text says so with view().
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  ~SecretText() { Wipe(text_); }
  SecretText(SecretText&& other) noexcept { *this = std::move(other); }
  SecretText& operator=(SecretText&& other) noexcept;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;

  [[nodiscard]] std::string_view view() const { return text_; }

 private:
  std::string text_;
};

}  // namespace kadende::base
