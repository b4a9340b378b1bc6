#include "providers/catalog.h"

#include <catch2/catch.hpp>

namespace kadende::providers {
namespace {

model::ProviderRef Ref(const std::string& name) {
  model::ProviderRef ref;
  ref.name = name;
  return ref;
}

TEST_CASE("the built-in providers are found by name, each made once") {
  Catalog catalog({"/tmp", "", "/tmp/kadende-catalog-test", {}});
  for (const std::string name : {"docker", "process", "sim", "sim-basic"}) {
    const auto found = catalog.Find(Ref(name));
    REQUIRE(found);
    CHECK((*found)->Manifest().name == name);
    CHECK(*catalog.Find(Ref(name)) == *found);
    CHECK(Catalog::IsBuiltIn(name));
  }
}

TEST_CASE("an unknown provider is named with those that there are") {
  Catalog catalog({});
  const auto found = catalog.Find(Ref("aws"));
  REQUIRE_FALSE(found);
  CHECK(found.error().code == base::ErrorCode::kNotFound);
  CHECK(found.error().message == "this build has no provider `aws`; it has: docker, process, sim, sim-basic");
  CHECK(catalog.Find(Ref("proces")).error().message ==
        "this build has no provider `proces`; it has: docker, process, sim, sim-basic (did you mean `process`?)");
  CHECK_FALSE(Catalog::IsBuiltIn("aws"));
}

TEST_CASE("what can be read from and run inside") {
  Catalog catalog({"/tmp", "", "/tmp/kadende-catalog-test", {}});
  CHECK(catalog.FindLogs(Ref("process")) != nullptr);
  CHECK(catalog.FindLogs(Ref("docker")) != nullptr);
  CHECK(catalog.FindLogs(Ref("sim")) == nullptr);
  CHECK(catalog.FindExec(Ref("docker")) != nullptr);
  CHECK(catalog.FindExec(Ref("process")) == nullptr);
  CHECK(catalog.FindLogs(Ref("aws")) == nullptr);
}

}  // namespace
}  // namespace kadende::providers
