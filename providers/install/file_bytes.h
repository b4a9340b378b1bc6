// Small files whole, and what system calls have to say about them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace kadende::providers {

// "WHAT: No space left on device", with a code that fits; kNotFound where there is no such file.
[[nodiscard]] base::Error FileError(std::string what, int cause);

// Regular files alone; kInvalid beyond `limit` bytes.
[[nodiscard]] base::Result<std::string> ReadBytes(const std::string& path, std::size_t limit);
// Of an open file, from its beginning; `path` is for messages.
[[nodiscard]] base::Result<std::string> ReadBytes(int fd, const std::string& path, std::size_t limit);
// Through a new file beside it, durable when it returns. Mode 0644 less the umask.
[[nodiscard]] base::Status ReplaceBytes(const std::string& path, std::string_view bytes);

}  // namespace kadende::providers
