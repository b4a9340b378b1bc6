#include "tests/contract/health_probe_contract.h"

#include <catch2/catch.hpp>

#include "tests/providers/probe/ask.h"
#include "tests/providers/probe/server.h"
#include "tests/support/fake_probe.h"

namespace kadende::tests {
namespace {

constexpr base::Millis kForever = std::chrono::minutes(10);

class TcpFixture : public HealthProbeFixture {
 public:
  TcpFixture() { closed_.Close(); }
  std::unique_ptr<ports::HealthProbe> Make() override { return NewProber(); }
  ports::ProbeRequest Passing() override { return Tcp(open_.address()); }
  ports::ProbeRequest Failing() override { return Tcp(closed_.address()); }
  ports::ProbeRequest Unknowable() override { return Tcp("no address"); }
  ports::ProbeRequest Hanging() override { return Http(open_.url(), kForever); }

 private:
  Listener open_{1000};
  Listener closed_;
};

class HttpFixture : public HealthProbeFixture {
 public:
  std::unique_ptr<ports::HealthProbe> Make() override { return NewProber(); }
  ports::ProbeRequest Passing() override { return Http(well_.url()); }
  ports::ProbeRequest Failing() override { return Http(ill_.url()); }
  ports::ProbeRequest Unknowable() override { return Http("gopher://127.0.0.1/"); }
  ports::ProbeRequest Hanging() override { return Http(silent_.url(), kForever); }

 private:
  Server well_{Answering(Response(200, "fine"))};
  Server ill_{Answering(Response(500, "broken"))};
  Listener silent_{1000};
};

class ExecFixture : public HealthProbeFixture {
 public:
  std::unique_ptr<ports::HealthProbe> Make() override { return NewProber(); }
  ports::ProbeRequest Passing() override { return Shell("exit 0"); }
  ports::ProbeRequest Failing() override { return Shell("echo ill; exit 1"); }
  ports::ProbeRequest Unknowable() override { return Shell("exit 2"); }
  ports::ProbeRequest Hanging() override { return Shell("sleep 600", kForever); }
};

class FakeFixture : public HealthProbeFixture {
 public:
  std::unique_ptr<ports::HealthProbe> Make() override { return std::make_unique<FakeProbe>(); }
  ports::ProbeRequest Passing() override { return Tcp("pass"); }
  ports::ProbeRequest Failing() override { return Tcp("fail"); }
  ports::ProbeRequest Unknowable() override { return Tcp("unknown"); }
  ports::ProbeRequest Hanging() override { return Tcp("hang"); }
  void Turn(ports::HealthProbe& probe) override {
    auto& fake = dynamic_cast<FakeProbe&>(probe);
    const auto requests = fake.requests();
    for (const std::size_t look : fake.UnderWay()) {
      const std::string& wish = requests.at(look).check.address;
      if (wish == "pass") fake.Answer(look, model::Finding::kPass, "fine");
      if (wish == "fail") fake.Answer(look, model::Finding::kFail, "broken");
      if (wish == "unknown") fake.Answer(look, model::Finding::kUnknown, "nobody knows");
    }
  }
};

}  // namespace

TEST_CASE("the prober keeps the contract for tcp") {
  TcpFixture fixture;
  CheckHealthProbeContract(fixture);
}
TEST_CASE("the prober keeps the contract for http") {
  HttpFixture fixture;
  CheckHealthProbeContract(fixture);
}
TEST_CASE("the prober keeps the contract for exec") {
  ExecFixture fixture;
  CheckHealthProbeContract(fixture);
}
TEST_CASE("the fake keeps the contract") {
  FakeFixture fixture;
  CheckHealthProbeContract(fixture);
}

}  // namespace kadende::tests
