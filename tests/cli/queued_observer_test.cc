#include "cli/queued_observer.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace kadende::cli {
namespace {

// A reader that reads once it is let.
class Reader : public ports::Observer {
 public:
  void OnEvent(const model::Event& event) override {
    std::unique_lock lock(mutex);
    busy = true;
    changed.notify_all();
    changed.wait(lock, [this] { return reads; });
    seen.push_back(event.message);
  }
  void Read() {
    const std::lock_guard lock(mutex);
    reads = true;
    changed.notify_all();
  }
  void WaitUntilBusy() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return busy; });
  }

  std::mutex mutex;
  std::condition_variable changed;
  bool reads = false;
  bool busy = false;
  std::vector<std::string> seen;
};

model::Event Event(const std::string& message) {
  model::Event event;
  event.message = message;
  return event;
}

}  // namespace

TEST_CASE("a reader that does not read holds nobody up, and gets in order what there was room for") {
  Reader reader;
  std::size_t left_out = 0;
  {
    QueuedObserver observer(reader, 2, [&](std::size_t count) { left_out += count; });
    observer.OnEvent(Event("a"));
    reader.WaitUntilBusy();
    for (const char* message : {"b", "c", "d", "e"}) observer.OnEvent(Event(message));
    reader.Read();
  }
  CHECK(reader.seen == std::vector<std::string>{"a", "b", "c"});
  CHECK(left_out == 2);
}

}  // namespace kadende::cli
