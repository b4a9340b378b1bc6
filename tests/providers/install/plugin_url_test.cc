#include "providers/install/plugin_url.h"

#include <catch2/catch.hpp>

namespace kadende::providers {
namespace {

model::ProviderRef Ref(const std::string& version, const std::string& url) {
  return {"x", version, url};
}

TEST_CASE("plugins come by https, from this machine, or from files") {
  for (const char* good :
       {"https://example.org/p", "http://127.0.0.1:8080/p", "http://localhost/p", "http://[::1]:80/p", "file:///opt/p",
        "https://example.org/{name}/{version}/{os}-{arch}/p.so"}) {
    INFO(good);
    CHECK(CheckUrl(good));
  }
  for (const char* bad :
       {"http://example.org/p", "http://127.0.0.1.example.org/p", "http://127evil/p", "ftp://example.org/p", "file://p",
        "file:p", "/opt/p", "https://", "https://user:pass@example.org/p", "https://example.org/a b",
        "https://example.org/\np", "https://example.org/{home}", "https://example.org/{name", "https://{name}/p",
        "http://[::1].example.org/p", "javascript:alert(1)", ""}) {
    INFO(bad);
    CHECK_FALSE(CheckUrl(bad));
  }
}

TEST_CASE("an address is filled in, and what is the machine's stays open where no platform is given") {
  const std::string index = "https://h/{name}/{version}/{os}_{arch}/plugin";
  CHECK(ExpandUrl(index, {"x", "1.0", "linux_arm64"}) == "https://h/x/1.0/linux_arm64/plugin");
  CHECK(ExpandUrl(index, {"x", "1.0", ""}) == "https://h/x/1.0/{os}_{arch}/plugin");
}

TEST_CASE("releases of code hosts have a newest one that redirects to its version") {
  CHECK(LatestUrl("https://h/o/r/releases/download/latest/plugin.so") ==
        "https://h/o/r/releases/latest/download/plugin.so");
  CHECK(LatestUrl("https://h/latest/plugin.so") == "https://h/latest/plugin.so");
  CHECK(VersionInUrl("https://h/o/r/releases/download/v1.2/plugin.so") == "v1.2");
  CHECK_FALSE(VersionInUrl("https://h/plugin.so"));
}

TEST_CASE("a pin is what a reference asks for by version and url") {
  CHECK(IsAskedFor(Ref("latest", ""), "1.2", "https://h/1.2"));
  CHECK(IsAskedFor(Ref("1.2", ""), "1.2", "https://h/1.2"));
  CHECK_FALSE(IsAskedFor(Ref("1.3", ""), "1.2", "https://h/1.2"));
  CHECK(IsAskedFor(Ref("latest", "https://h/{version}"), "1.2", "https://h/1.2"));
  CHECK_FALSE(IsAskedFor(Ref("latest", "https://other/{version}"), "1.2", "https://h/1.2"));
  const std::string newest = "https://h/o/r/releases/latest/download/p.so";
  CHECK(IsAskedFor(Ref("latest", newest), "v1", "https://h/o/r/releases/download/v1/p.so"));
  CHECK_FALSE(IsAskedFor(Ref("latest", newest), "v1", "https://h/o/evil/releases/download/v1/p.so"));
}

}  // namespace
}  // namespace kadende::providers
