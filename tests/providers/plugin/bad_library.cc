// Shared objects with one defect each, chosen when they are built.
#include <kadende/plugin.h>

#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace {

[[maybe_unused]] const kadende_host* host = nullptr;

[[maybe_unused]] int Start([[maybe_unused]] const kadende_host* given, const char* /*directory*/) {
#ifdef START_FAILS
  return 1;
#else
  host = given;
  return 0;
#endif
}

[[maybe_unused]] void Call(kadende_call* call, const char* method, const char* /*params*/) {
  if (std::string_view(method) == "list") throw std::runtime_error("no list today");
  if (std::string_view(method) == "describe") throw 42;
  if (std::string_view(method) == "destroy") std::abort();
  if (std::string_view(method) == "update") return host->answer(call, "not JSON");
}

}  // namespace

#ifndef NO_SYMBOL
extern "C" const kadende_plugin_functions* kadende_plugin() {
  static const kadende_plugin_functions functions = {
      ABI,  sizeof functions, R"({"name":"bad","version":"1","listing":"eventual","schema":{"type":"object"}})", Start,
      Call, nullptr};
  return &functions;
}
#endif
