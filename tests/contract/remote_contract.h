// What every ports::Remote must do, whatever the transport. An implementation calls CheckRemoteContract from one
// TEST_CASE per transport; each situation is a SECTION of it and gets a fresh, empty remote.
//
// Add remote_contract.cc and history_contract.cc (its samples) to the sources of the test.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/ports/history.h"
#include "engine/ports/remote.h"
#include "tests/support/fake_clock.h"

namespace kadende::tests {

// A machine with a state directory of its own: nothing is shared with others but the remote.
class RemoteMachine {
 public:
  virtual ~RemoteMachine() = default;
  [[nodiscard]] virtual ports::History& history() = 0;
  [[nodiscard]] virtual ports::Remote& remote() = 0;
  [[nodiscard]] virtual test::FakeClock& clock() = 0;
  // Another object over the same state directory, as the next process would have it.
  virtual void Restart() = 0;
};

class RemoteFixture {
 public:
  virtual ~RemoteFixture() = default;
  [[nodiscard]] virtual std::unique_ptr<RemoteMachine> NewMachine() = 0;
};
using RemoteFixtureFactory = std::function<std::unique_ptr<RemoteFixture>()>;

void CheckRemoteContract(const RemoteFixtureFactory& make_fixture);

}  // namespace kadende::tests
