// How fast the simulated cloud itself is: sim_bench [INSTANCES] [THREADS]. It must be far from the limits of what is
// measured with it (tests/bench).
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/providers/sim/sim_support.h"

namespace kadende::tests {
namespace {

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void InThreads(int threads, std::uint32_t count, const std::function<void(std::uint32_t)>& call) {
  std::atomic<std::uint32_t> next{0};
  std::vector<std::jthread> pool;
  for (int t = 0; t < threads; ++t) {
    pool.emplace_back([&] {
      for (std::uint32_t i = next++; i < count; i = next++) call(i);
    });
  }
}

// The file is sparse.
double DiskBytes(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<double>(info.st_blocks) * 512.0 : 0;
}

void Need(bool ok) {
  if (!ok) std::abort();
}

void ListAll(ports::Provider& provider, const std::string& lineage, std::vector<std::string>& ids) {
  ports::ListRequest request{kSimScope, lineage, {}, {}};
  do {
    auto page = provider.List(request, {});
    Need(page.has_value());
    for (const model::Instance& instance : page->instances) ids.push_back(instance.id);
    request.cursor = page->next_cursor;
  } while (!request.cursor.empty());
}

int Main(std::uint32_t count, int threads) {
  const SimPlace place;
  const auto provider = providers::MakeSimProvider(place.folder());
  const std::string other(26, 'b');
  const double create = Seconds(
      [&] { InThreads(threads, count, [&](auto i) { Need(provider->Create(SimRequest(i), {}).has_value()); }); });
  std::vector<std::string> ids;
  const double list = Seconds([&] { ListAll(*provider, kSimLineage, ids); });
  std::vector<std::string> one;
  Need(provider->Create(SimRequest(0, other), {}).has_value());
  const double list_one = Seconds([&] { ListAll(*provider, other, one); });
  Need(ids.size() == count && one.size() == 1);
  const double pairs = Seconds([&] {
    for (std::uint32_t i = 0; i < 1000; ++i) {
      const auto made = provider->Create(SimRequest(count + i), {});
      Need(made && provider->Destroy(kSimScope, made->instance.id, "size_down", {}).has_value());
    }
  });
  const double destroy = Seconds([&] {
    InThreads(threads, count, [&](auto i) { Need(provider->Destroy(kSimScope, ids[i], "size_down", {}).has_value()); });
  });
  std::printf("%u instances, %d threads\n", count, threads);
  std::printf("create all          %8.3f s\n", create);
  std::printf("list all            %8.1f ms\n", list * 1000);
  std::printf("list 1 among others %8.3f ms\n", list_one * 1000);
  std::printf("create and destroy  %8.3f ms each pair, one thread\n", pairs);
  std::printf("destroy all         %8.3f s\n", destroy);
  std::printf("file                %8.1f MB\n", DiskBytes(place.path()) / 1e6);
  return 0;
}

}  // namespace
}  // namespace kadende::tests

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 100'000;
  return kadende::tests::Main(static_cast<std::uint32_t>(count), argc > 2 ? std::atoi(argv[2]) : 16);
}
