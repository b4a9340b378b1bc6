#include <cstdlib>

#include "providers/docker/docker_provider.h"
#include "tests/contract/provider_contract.h"
#include "tests/providers/docker/engine_support.h"

namespace kadende::tests {
namespace {

class DockerFixture : public ProviderFixture {
 public:
  std::unique_ptr<ports::Provider> Make() override { return std::move(providers::MakeDockerProvider().provider); }
  std::string Properties() override {
    return R"({"command":["sleep","1000"],"host":")" + Engine() + R"(","image":")" + kImage +
           R"(","ports":[80],"resources":{"memory":"64MiB"},"stopSignal":"KILL"})";
  }
  std::string MutatedProperties() override {
    return R"({"command":["sleep","1000"],"host":")" + Engine() + R"(","image":")" + kImage +
           R"(","ports":[80],"resources":{"cpu":0.5,"memory":"32MiB"},"stopSignal":"KILL"})";
  }
  std::string ScopeConfig() override { return R"({"host":")" + Engine() + R"("})"; }
  std::string OtherScopeConfig() override {
    return R"({"host":")" + std::string(std::getenv("OTHER_ENGINE")) + R"("})";
  }
  std::string UnknownId() override { return std::string(64, 'a'); }
  std::vector<InvalidProperties> Invalid() override {
    return {{R"({})", "image"}, {R"({"image":"a","comand":"b"})", "comand"}, {R"({"image":"A b"})", "image"}};
  }
  std::vector<std::string> BadScopes() override {
    return {R"({"region":"x"})", R"({"host":"unix:///no/such.sock"})", R"({"host":"ssh://x"})"};
  }
  int Many() override { return 8; }
  bool EndBehindItsBack(const std::string& id) override {
    Podman("kill " + id);
    return true;
  }
};

TEST_CASE("the docker provider keeps the provider contract") {
  CheckProviderContract([] { return std::make_unique<DockerFixture>(); });
}

}  // namespace
}  // namespace kadende::tests
