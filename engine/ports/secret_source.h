// Reads what `${secret.*}` means, at the moment at which a run needs it. Implementation: cli/environment_secrets. A
// plan is never given one, so that planning an untrusted file reads nothing.
#pragma once

#include <string_view>

#include "engine/base/result.h"
#include "engine/base/secret_text.h"

namespace kadende::ports {

class SecretSource {
 public:
  virtual ~SecretSource() = default;

  // `name`: a whole reference of the grammar, "secret.env.TOKEN". The value is not empty and valid UTF-8. kNotFound,
  // kInvalid: the message says what is wrong and what to do, and holds no part of any value. Waits for nobody.
  [[nodiscard]] virtual base::Result<base::SecretText> Read(std::string_view name) = 0;

  // Under which state keeps marks of values, so that a changed one is noticed; empty: none was given, and no mark is
  // made or compared. Constant.
  [[nodiscard]] virtual std::string_view MarkKey() const = 0;
};

}  // namespace kadende::ports
