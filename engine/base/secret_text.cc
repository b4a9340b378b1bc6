#include "engine/base/secret_text.h"

#include <cstring>

namespace kadende::base {

void Wipe(std::string& text) {
  text.resize(text.capacity());  // what was there before it was shortened counts too
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this == &other) return *this;
  Wipe(text_);
  text_.swap(other.text_);  // not a move: a short text would leave its bytes in `other`
  return *this;
}

}  // namespace kadende::base
