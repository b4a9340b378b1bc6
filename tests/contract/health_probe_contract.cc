#include "tests/contract/health_probe_contract.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace kadende::tests {
namespace {

using model::Finding;

thread_local bool in_start = false;

// Answers as they arrive, from whatever thread.
class Answers {
 public:
  struct Answer {
    std::string look;
    Finding finding = Finding::kUnknown;
    std::string evidence;
  };

  ports::HealthProbe::Done For(std::string look) {
    return [this, look = std::move(look)](Finding finding, std::string evidence) {
      if (in_start) from_within_start_ = true;
      const std::lock_guard lock(mutex_);
      all_.push_back({look, finding, std::move(evidence)});
    };
  }
  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }
  [[nodiscard]] std::vector<Answer> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }
  [[nodiscard]] bool from_within_start() const { return from_within_start_; }

 private:
  mutable std::mutex mutex_;
  std::vector<Answer> all_;  // guarded by mutex_
  std::atomic<bool> from_within_start_ = false;
};

void Start(ports::HealthProbe& probe, ports::ProbeRequest request, ports::HealthProbe::Done done) {
  in_start = true;
  probe.Start(std::move(request), std::move(done));
  in_start = false;
}

void WaitFor(HealthProbeFixture& fixture, ports::HealthProbe& probe, const Answers& answers, std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (answers.count() < count && std::chrono::steady_clock::now() < deadline) {
    fixture.Turn(probe);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  REQUIRE(answers.count() >= count);
}

// Starts looks from within an answer, until `left` are made.
void Chain(ports::HealthProbe& probe, const ports::ProbeRequest& request, Answers& answers, int left) {
  probe.Start(request, [&probe, request, &answers, left](Finding finding, std::string evidence) {
    if (left > 1) Chain(probe, request, answers, left - 1);
    answers.For("link")(finding, std::move(evidence));
  });
}

}  // namespace

void CheckHealthProbeContract(HealthProbeFixture& fixture) {
  Answers answers;  // outlives the probe
  auto probe = fixture.Make();

  SECTION("well, ill and unknowable are told apart, each with one short line") {
    Start(*probe, fixture.Passing(), answers.For("well"));
    Start(*probe, fixture.Failing(), answers.For("ill"));
    Start(*probe, fixture.Unknowable(), answers.For("nobody knows"));
    WaitFor(fixture, *probe, answers, 3);
    for (const auto& [look, finding, evidence] : answers.all()) {
      CAPTURE(look, evidence);
      CHECK(finding == (look == "well" ? Finding::kPass : look == "ill" ? Finding::kFail : Finding::kUnknown));
      CHECK(!evidence.empty());
      CHECK(evidence.size() <= 200);
      CHECK(evidence.find('\n') == std::string::npos);
    }
  }
  SECTION("an answer never comes from within Start: the caller may hold a lock") {
    for (int i = 0; i < 20; ++i) {
      Start(*probe, fixture.Passing(), answers.For("well"));
      Start(*probe, fixture.Unknowable(), answers.For("nobody knows"));
    }
    WaitFor(fixture, *probe, answers, 40);
    CHECK(!answers.from_within_start());
  }
  SECTION("an answer may start the next look") {
    Chain(*probe, fixture.Passing(), answers, 10);
    WaitFor(fixture, *probe, answers, 10);
  }
  SECTION("looks of many threads are each answered once") {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 25; ++k) probe->Start(fixture.Passing(), answers.For("well"));
      });
    }
    for (std::thread& thread : threads) thread.join();
    WaitFor(fixture, *probe, answers, 100);
    probe.reset();
    CHECK(answers.count() == 100);
  }
  SECTION("one that does not answer holds nobody up, and the probe's end cancels it") {
    for (int i = 0; i < 5; ++i) Start(*probe, fixture.Hanging(), answers.For("hangs"));
    Start(*probe, fixture.Passing(), answers.For("well"));
    WaitFor(fixture, *probe, answers, 1);
    CHECK(answers.all().front().look == "well");
    probe.reset();
    REQUIRE(answers.count() == 6);
    for (const auto& [look, finding, evidence] : answers.all()) {
      if (look == "well") continue;
      CHECK(finding == Finding::kUnknown);
      CHECK(evidence == "cancelled");
    }
  }
  SECTION("an answer that starts another look is no obstacle to the end") {
    ports::HealthProbe& alive = *probe;  // its destructor waits for the answers
    Start(*probe, fixture.Hanging(), [&](Finding finding, std::string evidence) {
      alive.Start(fixture.Hanging(), answers.For("second"));
      answers.For("first")(finding, std::move(evidence));
    });
    probe.reset();
    CHECK(answers.count() == 2);
  }
}

}  // namespace kadende::tests
