// Where programs that belong to kadende are: kadende-shim, kadende-plugin-host.
#pragma once

#include <string>
#include <vector>

namespace kadende::providers::shim {

// In the order in which they count: `given`, else the variable, else beside the running binary and in libexec.
[[nodiscard]] std::vector<std::string> PlacesOf(const std::string& program, const char* variable,
                                                const std::string& given);

}  // namespace kadende::providers::shim
