// Checks whose command runs in the node: what a program's end says of it, and that nobody is waited for at the end.
#include "cli/node_probe.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <future>

namespace kadende::cli {
namespace {

using model::Finding;
using Told = std::pair<Finding, std::string>;

// Answers with what the test says; `hangs`: until it is told to stop.
class Programs : public ports::Exec {
 public:
  base::Result<ports::ExecResult> Run(const ports::ExecRequest& request, const ports::CallContext& context) override {
    {
      const std::lock_guard lock(mutex_);
      asked.push_back(request);
    }
    if (!hangs) return answer;
    std::condition_variable_any never;
    std::unique_lock lock(mutex_);
    never.wait(lock, context.stop, [] { return false; });
    return base::Fail(base::ErrorCode::kCancelled, "stopped");
  }
  base::Result<ports::ExecResult> answer = ports::ExecResult{};
  bool hangs = false;
  std::vector<ports::ExecRequest> asked;

 private:
  std::mutex mutex_;
};

// What is not for the node.
class Others : public ports::HealthProbe {
 public:
  void Start(ports::ProbeRequest /*request*/, Done done) override { done(Finding::kPass, "elsewhere"); }
};

ports::ProbeRequest InNode() {
  ports::ProbeRequest request;
  request.check.type = model::CheckType::kExec;
  request.check.address = std::string(ports::kInNode);
  request.check.command = {"true"};
  request.check.timeout = std::chrono::seconds(5);
  request.instance_id = "i-7";
  return request;
}

Told Ask(NodeProbe& probe, const ports::ProbeRequest& request) {
  std::promise<Told> told;
  probe.Start(request, [&](Finding finding, std::string evidence) { told.set_value({finding, std::move(evidence)}); });
  return told.get_future().get();
}

TEST_CASE("how a program ends says how the node is") {
  const auto [answer, told] = GENERATE(table<base::Result<ports::ExecResult>, Told>({
      {ports::ExecResult{0, "one\nall is well\n"}, {Finding::kPass, "all is well"}},
      {ports::ExecResult{1, ""}, {Finding::kFail, "exit 1"}},
      {ports::ExecResult{127, "no such file\n"}, {Finding::kUnknown, "no such file"}},
      {base::Fail(base::ErrorCode::kTimeout, "late"), {Finding::kFail, "did not end within 5s"}},
      {base::Fail(base::ErrorCode::kConflict, "it hangs"), {Finding::kFail, "it hangs"}},
      {base::Fail(base::ErrorCode::kUnavailable, "the engine is away"), {Finding::kUnknown, "the engine is away"}},
  }));
  Programs programs;
  programs.answer = answer;
  NodeProbe probe(std::make_unique<Others>(), [&](const ports::ProbeRequest&) { return NodePlace{&programs, "{}"}; });
  CHECK(Ask(probe, InNode()) == told);
  CHECK(programs.asked.at(0).instance_id == "i-7");
}

TEST_CASE("other checks go to the prober, and a place that is not found says why") {
  NodeProbe probe(std::make_unique<Others>(), [](const ports::ProbeRequest&) -> base::Result<NodePlace> {
    return base::Fail(base::ErrorCode::kInvalid, "provider `sim` runs no programs in its nodes");
  });
  ports::ProbeRequest tcp;
  tcp.check.type = model::CheckType::kTcp;
  CHECK(Ask(probe, tcp) == Told{Finding::kPass, "elsewhere"});
  CHECK(Ask(probe, InNode()) == Told{Finding::kUnknown, "provider `sim` runs no programs in its nodes"});
}

TEST_CASE("the end of the probe cancels what runs and what waits, and tells each caller once") {
  Programs programs;
  programs.hangs = true;
  std::mutex mutex;
  std::vector<Finding> told;
  {
    NodeProbe probe(std::make_unique<Others>(), [&](const ports::ProbeRequest&) { return NodePlace{&programs, "{}"}; });
    for (int i = 0; i < 40; ++i) {  // more than it has threads
      probe.Start(InNode(), [&](Finding finding, const std::string& /*evidence*/) {
        const std::lock_guard lock(mutex);
        told.push_back(finding);
      });
    }
  }
  CHECK(told == std::vector<Finding>(40, Finding::kUnknown));
}

}  // namespace
}  // namespace kadende::cli
