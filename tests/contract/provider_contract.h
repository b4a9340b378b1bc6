// What every ports::Provider must do. An implementation writes a ProviderFixture and calls CheckProviderContract from
// one TEST_CASE; each situation is a SECTION of it and gets a fresh fixture, that is a fresh, empty place.
//
// Add provider_contract.cc to the sources of the test.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/ports/provider.h"

namespace kadende::tests {

struct InvalidProperties {
  std::string properties;  // canonical JSON object
  std::string path;        // of the diagnostic that is expected, as in Validate
};

// One empty place in which instances are made. Instances that a situation leaves behind are destroyed by the suite.
class ProviderFixture {
 public:
  virtual ~ProviderFixture() = default;

  // Another provider object that looks at the same place; several live at once. The suite destroys them before the
  // fixture.
  [[nodiscard]] virtual std::unique_ptr<ports::Provider> Make() = 0;
  // Good for any number of creates, scope properties included.
  [[nodiscard]] virtual std::string Properties() = 0;
  // The scope properties of Properties(), as ListRequest::scope_config.
  [[nodiscard]] virtual std::string ScopeConfig() = 0;
  // An id of the right form that was never given out.
  [[nodiscard]] virtual std::string UnknownId() = 0;
  [[nodiscard]] virtual std::vector<InvalidProperties> Invalid() = 0;

  // What follows is optional: the defaults skip the situation.

  // How many instances the situations with "many" make.
  [[nodiscard]] virtual int Many() { return 16; }
  // Scope configurations that List, Describe and Destroy must refuse with an error.
  [[nodiscard]] virtual std::vector<std::string> BadScopes() { return {}; }
  // Another place, so another scope.
  [[nodiscard]] virtual std::string OtherScopeConfig() { return {}; }
  // Properties() with a mutable property changed.
  [[nodiscard]] virtual std::string MutatedProperties() { return {}; }
  // True: the token of a destroyed instance is remembered; a repeated create gives that instance as kTerminated and
  // makes no other. False: it may make a new one.
  [[nodiscard]] virtual bool RemembersDestroyedTokens() { return false; }
  // Creates take longer than a minute from now on.
  virtual bool MakeCreatesSlow() { return false; }
  // The instance ends without the provider being asked: kill -9, terminated in a console.
  virtual bool EndBehindItsBack(const std::string& /*id*/) { return false; }
  // The same, but something that belonged to it lives on; Remains counts that.
  virtual bool EndLeavingRemains(const std::string& /*id*/) { return false; }
  [[nodiscard]] virtual std::size_t Remains(const std::string& /*id*/) { return 0; }
  // From now on the provider itself says that the instance does not work.
  virtual bool MakeUnhealthy(const std::string& /*id*/) { return false; }
};

using ProviderFixtureFactory = std::function<std::unique_ptr<ProviderFixture>()>;

void CheckProviderContract(const ProviderFixtureFactory& make_fixture);

}  // namespace kadende::tests
