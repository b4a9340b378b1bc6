// Plugins that are shared objects: loaded in a program of their own, so that nothing they do reaches kadende.
#include <catch2/catch.hpp>
#include <fstream>

#include "providers/plugin/launch.h"
#include "tests/providers/plugin/plugin_support.h"

namespace kadende::tests {
namespace {

using base::Effect;
using base::ErrorCode;

class LibraryPlace : public PluginPlace {
 public:
  [[nodiscard]] base::Error WhyNot(const std::string& path) const {
    const auto made = Start(path);
    REQUIRE_FALSE(made);
    return made.error();
  }
};

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("shared objects are told from programs by what they are") {
  CHECK(providers::plugin::IsSharedObject(GOOD_LIBRARY));
  CHECK(providers::plugin::IsSharedObject("/no/such/plugin.so"));
  CHECK_FALSE(providers::plugin::IsSharedObject(LOADER));  // position-independent, with an interpreter
  CHECK_FALSE(providers::plugin::IsSharedObject(SHIM));    // static
  CHECK_FALSE(providers::plugin::IsSharedObject(kPythonPlugin));
  PluginPlace place;
  std::filesystem::copy(GOOD_LIBRARY, place.Path("renamed"));
  CHECK(providers::plugin::IsSharedObject(place.Path("renamed")));
}

TEST_CASE("a file that is no shared object is named with how it begins") {
  LibraryPlace place;
  CHECK(place.WhyNot(place.Write("page.so", "<!DOCTYPE html>\n404")).message ==
        "plugin `files`: " + place.Path("page.so") + " is no shared object (ELF): it begins with `<!DOCTYPE html>`");
  CHECK(Has(place.WhyNot(place.Write("empty.so", "")).message, "is empty, not a shared object"));
  const base::Error cut = place.WhyNot(place.Write("cut.so",
                                                   "\x7f"
                                                   "ELF and no more"));
  CHECK(cut.code == ErrorCode::kInvalid);
  CHECK(Has(cut.message, "cannot be loaded"));
  CHECK(place.WhyNot("/no/such/plugin.so").code == ErrorCode::kNotFound);
}

TEST_CASE("a shared object without the function, or of another version, is refused in words") {
  LibraryPlace place;
  CHECK(Has(place.WhyNot(BAD_LIBRARIES "/libno_symbol.so").message, "it has no function `kadende_plugin`"));
  CHECK(Has(place.WhyNot(BAD_LIBRARIES "/libother_version.so").message,
            "has version 9 of the interface, and this kadende has version 1"));
  CHECK(Has(place.WhyNot(BAD_LIBRARIES "/libstart_fails.so").message, "cannot start"));
}

TEST_CASE("what a shared object throws is an error of that call") {
  LibraryPlace place;
  const auto provider = place.Start(BAD_LIBRARIES "/libthrows.so");
  REQUIRE(provider);
  const auto listed = (*provider)->List({"{}", "l", {}, {}}, {});
  REQUIRE_FALSE(listed);
  CHECK(listed.error().message == "plugin `files`: `list` ended without an answer; it threw: no list today");
  const std::vector<std::string> ids{"x"};
  const auto described = (*provider)->Describe("{}", ids, {});
  REQUIRE_FALSE(described);
  CHECK(Has(described.error().message, "it threw something that is no std::exception"));
  const auto updated = (*provider)->Update({"x", {}, {}, "{}"}, {});
  REQUIRE_FALSE(updated);
  CHECK(Has(updated.error().message, "the plugin answered `update` with what is no JSON object"));
  CHECK(updated.error().effect == Effect::kPossible);
  const auto created = (*provider)->Create({"n", {}, {}, "{}"}, {});
  REQUIRE_FALSE(created);
  CHECK(Has(created.error().message, "`create` ended without an answer"));
}

TEST_CASE("a shared object that crashes ends its own process and not ours") {
  LibraryPlace place;
  const auto provider = place.Start(BAD_LIBRARIES "/libthrows.so");
  REQUIRE(provider);
  const auto destroyed = (*provider)->Destroy("{}", "x", "size_down", {});
  REQUIRE_FALSE(destroyed);
  CHECK(destroyed.error().effect == Effect::kPossible);
  CHECK(Has(destroyed.error().message, "was ended by signal 6"));
  CHECK_FALSE((*provider)->List({"{}", "l", {}, {}}, {}));  // it runs again, and says its sentence
}

}  // namespace
}  // namespace kadende::tests
