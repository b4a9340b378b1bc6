// A library of the system that is loaded when it is first needed, for the few commands that need it: linked, it would
// be loaded at each start of every command, with all that it depends on.
#pragma once

#include <string>
#include <utility>

#include "engine/base/result.h"

namespace kadende::providers::http {

class SharedLibrary {
 public:
  // Stays loaded until the process ends. `what_for` and `package` (Debian's) make the Error's sentence.
  [[nodiscard]] static base::Result<SharedLibrary> Load(const std::string& file, const std::string& what_for,
                                                        const std::string& package);

  // Fills in `*function`; one that is missing makes Complete an Error.
  template <class Function>
  void Find(const char* name, Function* function) {
    *function = reinterpret_cast<Function>(Symbol(name));
  }
  [[nodiscard]] base::Status Complete() const;

 private:
  SharedLibrary(void* handle, std::string file) : handle_(handle), file_(std::move(file)) {}
  void* Symbol(const char* name);

  void* handle_;
  std::string file_;
  std::string missing_;  // the first name that was not found
};

}  // namespace kadende::providers::http
