#include "providers/http/shared_library.h"

#include <dlfcn.h>

namespace kadende::providers::http {

base::Result<SharedLibrary> SharedLibrary::Load(const std::string& file, const std::string& what_for,
                                                const std::string& package) {
  void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return SharedLibrary(handle, file);
  const char* why = ::dlerror();  // NOLINT(concurrency-mt-unsafe): glibc keeps it for each thread
  return base::Fail(base::ErrorCode::kUnavailable, what_for + " need " + file + " (Debian: " + package +
                                                       "), which cannot be loaded: " + (why == nullptr ? "" : why));
}

void* SharedLibrary::Symbol(const char* name) {
  void* symbol = ::dlsym(handle_, name);
  if (symbol == nullptr && missing_.empty()) missing_ = name;
  return symbol;
}

base::Status SharedLibrary::Complete() const {
  if (missing_.empty()) return {};
  return base::Fail(base::ErrorCode::kUnavailable, file_ + " lacks " + missing_ + ": install a newer one");
}

}  // namespace kadende::providers::http
