#include "state/git_remote.h"

#include <catch2/catch.hpp>

#include "tests/contract/remote_contract.h"
#include "tests/state_remote/support.h"

using namespace kadende;
using namespace kadende::tests;

namespace {

void CheckContract(Transport transport) {
  const auto server = RemoteServer::Start(transport);
  if (!server) return;
  CheckRemoteContract([&] { return std::make_unique<ServerFixture>(*server); });
}

}  // namespace

TEST_CASE("a remote at a path keeps the contract of remotes") {
  CheckContract(Transport::kFile);
}

TEST_CASE("a remote through ssh keeps the contract of remotes", "[ssh]") {
  CheckContract(Transport::kSsh);
}

TEST_CASE("a remote through http keeps the contract of remotes", "[http]") {
  CheckContract(Transport::kHttp);
}
