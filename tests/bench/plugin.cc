// What plugins cost: a call over the pipe, 1,000 creates, and the host's memory over many calls. README.md, "Plugins".
//
//   bench_plugin PLUGIN [--calls 100000]      one of examples/plugins, built
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "engine/model/identity.h"
#include "providers/plugin/plugin_provider.h"

namespace {

using namespace kadende;  // NOLINT: a program of one file
using Clock = std::chrono::steady_clock;

constexpr const char* kPlace = R"({"folder":"instances"})";
const std::string kLineage = model::NewLineage();

double Micros(Clock::duration took) {
  return std::chrono::duration<double, std::micro>(took).count();
}

double RssMegabytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * 4096 / 1e6;
}

void Require(bool holds, const std::string& message) {
  if (holds) return;
  std::fprintf(stderr, "bench_plugin: %s\n", message.c_str());
  std::exit(1);
}

// An empty describe: nothing but the call.
void Call(ports::Provider& provider) {
  const auto described = provider.Describe(kPlace, {}, {});
  Require(described.has_value(), described ? "" : described.error().message);
}

void BenchCalls(ports::Provider& provider, int calls) {
  std::vector<double> micros;
  micros.reserve(static_cast<std::size_t>(calls));
  for (int i = 0; i < 1000; ++i) Call(provider);
  const double before = RssMegabytes();
  for (int i = 0; i < calls; ++i) {
    const auto begin = Clock::now();
    Call(provider);
    micros.push_back(Micros(Clock::now() - begin));
  }
  const double after = RssMegabytes() - static_cast<double>(micros.size() * sizeof(double)) / 1e6;
  std::sort(micros.begin(), micros.end());
  std::printf("| one call after the other | %d | median %.0f us, 99 of 100 below %.0f us |\n", calls,
              micros[micros.size() / 2], micros[micros.size() * 99 / 100]);
  std::printf("| memory of the host | %d | %.1f MB before, %.1f MB after |\n", calls, before, after);
}

ports::CreateRequest Request(std::uint32_t ordinal) {
  ports::CreateRequest request;
  request.owner.lineage = kLineage;
  request.owner.cluster = "bench";
  request.owner.group = "web";
  request.owner.slot.ordinal = ordinal;
  request.owner.incarnation = 1;
  request.owner.token = model::MakeToken(kLineage, "web", request.owner.slot, 1);
  request.name = model::InstanceName("bench", "web", request.owner.slot, request.owner.token);
  request.properties = kPlace;
  return request;
}

// As a run makes them: from 16 threads.
void BenchCreates(ports::Provider& provider, std::uint32_t count) {
  std::atomic<std::uint32_t> next{0};
  const auto begin = Clock::now();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&] {
        for (std::uint32_t i = next++; i < count; i = next++) {
          const auto created = provider.Create(Request(i), {});
          Require(created.has_value(), created ? "" : created.error().message);
        }
      });
    }
  }
  std::printf("| creates from 16 threads | %u | %.2f s |\n", count, Micros(Clock::now() - begin) / 1e6);
}

void BenchListing(ports::Provider& provider) {
  const auto begin = Clock::now();
  std::size_t listed = 0;
  ports::ListRequest request{kPlace, kLineage, {}, {}};
  do {
    const auto page = provider.List(request, {});
    Require(page.has_value(), page ? "" : page.error().message);
    listed += page->instances.size();
    request.cursor = page->next_cursor;
  } while (!request.cursor.empty());
  std::printf("| listing, all pages | %zu | %.3f s |\n", listed, Micros(Clock::now() - begin) / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  Require(argc == 2 || (argc == 4 && std::strcmp(argv[2], "--calls") == 0), "usage: bench_plugin PLUGIN [--calls N]");
  std::string folder = std::filesystem::temp_directory_path() / "kadende-bench-XXXXXX";
  Require(::mkdtemp(folder.data()) != nullptr, "no folder can be made");
  {
    providers::plugin::HostOptions options;
    options.base_directory = folder;
    const auto begin = Clock::now();
    const auto made = providers::plugin::MakePluginProvider({"bench", std::filesystem::absolute(argv[1]), {}}, options);
    Require(made.has_value(), made ? "" : made.error().message);
    std::printf("| %s | calls | |\n|---|---|---|\n", std::filesystem::path(argv[1]).filename().c_str());
    std::printf("| start, until the manifest is there | 1 | %.0f ms |\n", Micros(Clock::now() - begin) / 1e3);
    BenchCreates(**made, 1000);
    BenchListing(**made);
    BenchCalls(**made, argc == 4 ? std::atoi(argv[3]) : 100'000);  // NOLINT(cert-err34-c)
  }
  std::filesystem::remove_all(folder);
  return 0;
}
