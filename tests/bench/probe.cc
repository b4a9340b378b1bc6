// What the prober costs: NODES nodes with one check each, looked at every INTERVAL seconds, spread evenly, against
// bench_server, which is a process of its own. Nothing but the prober and this pacing runs in the measured process.
//
//   bench_probe [--nodes 10000] [--interval 10] [--seconds 30] [--type http|tcp]
//
// Prints CPU of this process as a share of one core and per look, and its peak memory; exits 1 where a look failed.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "providers/probe/prober.h"

namespace kadende {
namespace {

using Clock = std::chrono::steady_clock;

struct Plan {
  std::uint32_t nodes = 10'000;
  std::uint32_t interval = 10;  // seconds
  std::uint32_t seconds = 30;
  std::string type = "http";
};

struct Server {
  pid_t pid = 0;
  std::string port;
};

Server StartServer() {
  std::array<int, 2> ends = {-1, -1};
  if (::pipe(ends.data()) != 0) std::exit(1);
  Server server;
  server.pid = ::fork();
  if (server.pid == 0) {
    ::dup2(ends[1], 1);
    ::execl(KADENDE_BENCH_SERVER, "bench_server", nullptr);
    ::_exit(127);
  }
  std::array<char, 16> text = {};
  const ssize_t count = ::read(ends[0], text.data(), text.size() - 1);
  for (ssize_t i = 0; i < count && text[static_cast<std::size_t>(i)] != '\n'; ++i) {
    server.port += text[static_cast<std::size_t>(i)];
  }
  return server;
}

ports::ProbeRequest RequestFor(const Plan& plan, std::uint32_t node, const std::string& port) {
  const std::string address = "127.1." + std::to_string(node / 250) + "." + std::to_string(node % 250 + 1) + ":" + port;
  ports::ProbeRequest request;
  request.check.type = plan.type == "tcp" ? model::CheckType::kTcp : model::CheckType::kHttp;
  request.check.url = "http://" + address + "/health";
  request.check.address = address;
  return request;
}

std::int64_t CpuMicros() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) { return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec; };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

int Run(const Plan& plan) {
  const Server server = StartServer();
  auto prober = providers::Prober::Make();
  if (!prober || server.port.empty()) return 1;
  std::atomic<std::uint64_t> passed = 0;
  std::atomic<std::uint64_t> others = 0;
  const std::uint64_t total = std::uint64_t{plan.nodes} * plan.seconds / plan.interval;
  const auto begun = Clock::now();
  const std::int64_t cpu_before = CpuMicros();
  for (std::uint64_t look = 0; look < total; ++look) {
    // As a pump does it: what is due within a tick goes out together.
    const auto due = begun + std::chrono::microseconds(look * 1'000'000 * plan.interval / plan.nodes);
    if (due > Clock::now()) std::this_thread::sleep_until(due + std::chrono::milliseconds(10));
    (*prober)->Start(RequestFor(plan, static_cast<std::uint32_t>(look % plan.nodes), server.port),
                     [&](model::Finding finding, const std::string& evidence) {
                       if (finding == model::Finding::kPass) {
                         ++passed;
                       } else if (others++ == 0) {
                         std::fprintf(stderr, "a look failed: %s\n", evidence.c_str());
                       }
                     });
  }
  while (passed + others < total) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const std::int64_t cpu = CpuMicros() - cpu_before;
  const double wall = std::chrono::duration<double>(Clock::now() - begun).count();
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("| %u | %s every %u s | %.0f | %.1f %% | %.0f | %ld |\n", plan.nodes, plan.type.c_str(), plan.interval,
              static_cast<double>(total) / wall, static_cast<double>(cpu) / wall / 10'000,
              static_cast<double>(cpu) / static_cast<double>(total), usage.ru_maxrss / 1024);
  ::kill(server.pid, SIGKILL);
  ::waitpid(server.pid, nullptr, 0);
  return others == 0 ? 0 : 1;
}

}  // namespace
}  // namespace kadende

int main(int argc, char** argv) {
  kadende::Plan plan;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const auto number = static_cast<std::uint32_t>(std::atoi(argv[i + 1]));
    if (name == "--nodes") plan.nodes = number;
    if (name == "--interval") plan.interval = number;
    if (name == "--seconds") plan.seconds = number;
    if (name == "--type") plan.type = argv[i + 1];
  }
  return kadende::Run(plan);
}
