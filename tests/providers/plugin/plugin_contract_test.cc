#include <catch2/catch.hpp>

#include "tests/contract/provider_contract.h"
#include "tests/providers/plugin/plugin_support.h"

namespace kadende::tests {
namespace {

// Instances are files: any of the examples.
class FilesFixture : public ProviderFixture {
 public:
  explicit FilesFixture(std::string program) : program_(std::move(program)) {}

  std::unique_ptr<ports::Provider> Make() override {
    auto made = place_.Start(program_);
    if (!made) FAIL(made.error().message);
    return std::move(*made);
  }
  std::string Properties() override { return R"({"content":"hello","folder":"instances"})"; }
  std::string ScopeConfig() override { return R"({"folder":"instances"})"; }
  std::string UnknownId() override { return std::string(52, 'a'); }
  std::vector<InvalidProperties> Invalid() override {
    if (program_ != kPythonPlugin) return {};
    return {{"{}", "folder"}, {R"({"folder":""})", "folder"}, {R"({"folder":"${node.name}"})", "folder"}};
  }
  int Many() override { return 600; }  // more than a page
  std::vector<std::string> BadScopes() override {
    return {"{}", R"({"folder":""})", R"({"folder":"no/such/folder"})", "nonsense"};
  }
  std::string OtherScopeConfig() override { return R"({"folder":"elsewhere"})"; }
  std::string MutatedProperties() override { return R"({"content":"changed","folder":"instances"})"; }
  bool EndBehindItsBack(const std::string& id) override {
    return std::filesystem::remove(place_.Path("instances/" + id + ".json"));
  }

 private:
  PluginPlace place_;
  std::string program_;
};

TEST_CASE("the Python plugin keeps the provider contract") {
  CheckProviderContract([] { return std::make_unique<FilesFixture>(kPythonPlugin); });
}

TEST_CASE("the plugin that is a shared object keeps the provider contract") {
  CheckProviderContract([] { return std::make_unique<FilesFixture>(GOOD_LIBRARY); });
}

}  // namespace
}  // namespace kadende::tests
