#include "providers/process/observe.h"
#include "tests/contract/provider_contract.h"
#include "tests/providers/process/process_world.h"

namespace kadende::tests {
namespace {

class ProcessFixture : public ProviderFixture {
 public:
  std::unique_ptr<ports::Provider> Make() override {
    providers::ProcessOptions options;
    options.base_directory = world_.base();
    options.registry = world_.registry();
    return std::move(providers::MakeProcessProvider(options).provider);
  }
  std::string Properties() override {
    return R"({"args":["-c","setsid sleep 1000 & exec sleep 1000"],"command":"sh"})";
  }
  std::string MutatedProperties() override {
    return R"({"args":["-c","setsid sleep 1000 & exec sleep 1000"],"command":"sh","stopSignal":"INT","stopTimeout":"1s"})";
  }
  std::string ScopeConfig() override { return "{}"; }
  std::string UnknownId() override { return "aaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb"; }
  std::vector<InvalidProperties> Invalid() override {
    return {{R"({})", "command"},
            {R"({"command":1})", "command"},
            {R"({"command":"a","args":["x",{}]})", "args[1]"},
            {R"({"command":"a","env":{"A=B":"x"}})", "env.A=B"},
            {R"({"command":"a","files":{"../x":""}})", "files.../x"},
            {R"({"command":"a","stopSignal":"TREM"})", "stopSignal"},
            {R"({"command":"a","stopTimeout":"10"})", "stopTimeout"},
            {R"({"command":"a","comand":"b"})", "comand"}};
  }
  std::vector<std::string> BadScopes() override { return {R"({"region":"x"})"}; }
  bool EndBehindItsBack(const std::string& id) override { return Signal(world_.ShimStatus(id).pid, SIGKILL); }

  bool EndLeavingRemains(const std::string& id) override {
    REQUIRE(WaitUntil([&] { return Remains(id) == 2; }));
    Signal(world_.ShimStatus(id).shim_pid, SIGKILL);
    return WaitUntil([&] { return Remains(id) == 1; });
  }
  std::size_t Remains(const std::string& id) override {
    return ProcessesOf(providers::process::ScanProcesses(world_.registry()), world_.FolderOf(id)).size();
  }

 private:
  ProcessWorld world_;
};

TEST_CASE("the process provider keeps the provider contract") {
  CheckProviderContract([] { return std::make_unique<ProcessFixture>(); });
}

}  // namespace
}  // namespace kadende::tests
