#include <catch2/catch.hpp>

#include "tests/contract/provider_contract.h"
#include "tests/providers/sim/sim_support.h"

namespace kadende::tests {
namespace {

using providers::SimCommand;
using providers::SimFlavor;

class SimFixture : public ProviderFixture {
 public:
  explicit SimFixture(SimFlavor flavor) : flavor_(flavor) {}

  std::unique_ptr<ports::Provider> Make() override { return providers::MakeSimProvider(place_.folder(), flavor_); }
  std::string Properties() override { return kSimProperties; }
  std::string ScopeConfig() override { return kSimScope; }
  std::string UnknownId() override { return "sim-00000999999"; }
  std::vector<InvalidProperties> Invalid() override {
    return {{"{}", "cloud"},
            {R"({"cloud":""})", "cloud"},
            {R"({"cloud":7})", "cloud"},
            {R"({"cloud":"${node.name}.sim"})", "cloud"}};
  }
  int Many() override { return 6'000; }  // more than a page
  std::vector<std::string> BadScopes() override {
    return {"{}", R"({"cloud":""})", R"({"cloud":"no/such/folder/c.sim"})", R"({"cloud":"."})", "nonsense"};
  }
  std::string OtherScopeConfig() override { return R"({"cloud":"other.sim"})"; }
  std::string MutatedProperties() override { return R"({"cloud":"cloud.sim","note":"changed","size":"small"})"; }
  bool RemembersDestroyedTokens() override { return flavor_ == SimFlavor::kFull; }
  bool MakeCreatesSlow() override {
    place_.Set("create-latency", "2m");
    return true;
  }
  bool EndBehindItsBack(const std::string& id) override {
    return place_.Cloud()->Command(SimCommand::kTerminate, id, "spot price").has_value();
  }
  bool MakeUnhealthy(const std::string& id) override {
    return place_.Cloud()->Command(SimCommand::kUnhealthy, id, "disk failed").has_value();
  }

 protected:
  SimPlace place_;
  SimFlavor flavor_;
};

class LateListingFixture : public SimFixture {
 public:
  LateListingFixture() : SimFixture(SimFlavor::kBasic) { place_.Set("listing-delay", "20ms"); }
  int Many() override { return 200; }
};

TEST_CASE("sim keeps the provider contract") {
  CheckProviderContract([] { return std::make_unique<SimFixture>(SimFlavor::kFull); });
}

TEST_CASE("sim-basic keeps the provider contract") {
  CheckProviderContract([] { return std::make_unique<SimFixture>(SimFlavor::kBasic); });
}

TEST_CASE("sim-basic with late listings keeps the provider contract") {
  CheckProviderContract([] { return std::make_unique<LateListingFixture>(); });
}

}  // namespace
}  // namespace kadende::tests
