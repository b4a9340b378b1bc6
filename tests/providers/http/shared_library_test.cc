#include "providers/http/shared_library.h"

#include <catch2/catch.hpp>

namespace kadende::providers::http {
namespace {

TEST_CASE("a library that is missing is named, with its package") {
  const auto missing = SharedLibrary::Load("libno-such.so.1", "http calls", "libno-such1");
  REQUIRE(!missing);
  CHECK_THAT(missing.error().message,
             Catch::StartsWith("http calls need libno-such.so.1 (Debian: libno-such1), which cannot be loaded: "));
  auto library = SharedLibrary::Load("libc.so.6", "all", "libc6");
  REQUIRE(library);
  void (*function)() = nullptr;
  library->Find("getpid", &function);
  CHECK(function != nullptr);
  CHECK(library->Complete());
  library->Find("no_such_function", &function);
  CHECK(library->Complete().error().message == "libc.so.6 lacks no_such_function: install a newer one");
}

}  // namespace
}  // namespace kadende::providers::http
