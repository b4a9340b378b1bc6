// Creates instances in a cloud until it is killed: sim_crash_child FOLDER FIRST THREADS. After each create that has
// returned it writes the ordinal as one line to FOLDER/acknowledged, in one write.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/providers/sim/sim_support.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::string folder = argv[1];
  std::atomic<std::uint32_t> next{static_cast<std::uint32_t>(std::atoi(argv[2]))};
  const int log = ::open((folder + "/acknowledged").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const auto provider = kadende::providers::MakeSimProvider(folder);
  std::vector<std::jthread> threads;
  for (int t = 0; t < std::atoi(argv[3]); ++t) {
    threads.emplace_back([&] {
      while (true) {
        const std::uint32_t ordinal = next++;
        if (!provider->Create(kadende::tests::SimRequest(ordinal), {})) std::_Exit(3);
        const std::string line = std::to_string(ordinal) + "\n";
        if (::write(log, line.data(), line.size()) < 0) std::_Exit(4);
      }
    });
  }
}
