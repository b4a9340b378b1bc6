#include "providers/plugin/loader/library.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "engine/base/text.h"
#include "providers/shim/files.h"

namespace kadende::providers::plugin {
namespace {

using base::ErrorCode;
using base::Fail;

tl::unexpected<base::Error> Unusable(const std::string& name, const std::string& why) {
  return Fail(ErrorCode::kInvalid, name + " " + why);
}

// What the loader of the system says of other files is no help: a page that says "404" is a common plugin.
base::Status CheckElf(const std::string& path, const std::string& name) {
  const shim::Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Unusable(name, std::string("cannot be read: ") + std::strerror(errno));
  std::array<char, 32> begin = {};
  const ssize_t count = ::read(fd.get(), begin.data(), begin.size());
  const std::string_view text(begin.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (text.starts_with(std::string_view(ELFMAG, SELFMAG))) return {};
  if (text.empty()) return Unusable(name, "is empty, not a shared object");
  return Unusable(name, "is no shared object (ELF): it begins with `" +
                            base::EscapeTerminal(text.substr(0, text.find('\n'))) + "`");
}

}  // namespace

base::Result<const kadende_plugin_functions*> LoadLibrary(const std::string& path, const std::string& name) {
  if (base::Status good = CheckElf(path, name); !good) return tl::unexpected(std::move(good.error()));
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return Unusable(name, std::string("cannot be loaded: ") + ::dlerror());
  void* const symbol = ::dlsym(library, KADENDE_PLUGIN_SYMBOL);
  if (symbol == nullptr) {
    return Unusable(name, "is no plugin of kadende: it has no function `" KADENDE_PLUGIN_SYMBOL
                          "` (in C++ it has to be extern \"C\", and must not be hidden)");
  }
  const auto* functions = reinterpret_cast<decltype(&kadende_plugin)>(symbol)();
  if (functions == nullptr) return Unusable(name, "gave nothing from `" KADENDE_PLUGIN_SYMBOL "`");
  if (functions->abi != KADENDE_PLUGIN_ABI) {
    return Unusable(name, "has version " + std::to_string(functions->abi) +
                              " of the interface, and this kadende has version " + std::to_string(KADENDE_PLUGIN_ABI) +
                              ": install a version of the plugin, or of kadende, that fits");
  }
  if (functions->size < sizeof(kadende_plugin_functions) || functions->call == nullptr ||
      functions->manifest == nullptr) {
    return Unusable(name, "lacks `manifest` or `call`, or its `size` is not that of the structure");
  }
  return functions;
}

}  // namespace kadende::providers::plugin
