#pragma once

#include <string>

namespace kadende::lang {

// The entry of a SourceMap (parser.h) that says where the key of a path stands, and not its value. Only keys of
// resourceProperties have one.
[[nodiscard]] inline std::string KeyPlace(const std::string& path) {
  return path + ":";
}

}  // namespace kadende::lang
