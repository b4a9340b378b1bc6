// What a file is, by its first bytes: a program that can be a plugin, or what servers give instead. Pure.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace kadende::providers {

// The platform that a plugin file runs on: that of an ELF file's machine, `any` for a script ("#!"). What is neither
// (an archive, a web page, nothing) is kInvalid, and the message says what it is.
[[nodiscard]] base::Result<std::string> PlatformOf(std::string_view bytes);

}  // namespace kadende::providers
