#include "providers/shim/locate.h"

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace kadende::providers::shim {

std::vector<std::string> PlacesOf(const std::string& program, const char* variable, const std::string& given) {
  if (!given.empty()) return {given};
  const char* set = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  if (set != nullptr && *set != '\0') return {set};
  std::array<char, 4096> self = {};
  const ssize_t length = ::readlink("/proc/self/exe", self.data(), self.size() - 1);
  const std::string binary(self.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  const std::string folder = binary.substr(0, binary.rfind('/') + 1);
  return {folder + program, folder + "../libexec/kadende/" + program};
}

}  // namespace kadende::providers::shim
