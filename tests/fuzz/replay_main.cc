// Runs the fuzz target over the files of a folder and over seeded mutations of them: replay_main FOLDER [ROUNDS]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void Run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());  // NOLINT
}

std::string Mutated(std::string bytes, std::mt19937& random) {
  static const std::string kInteresting = "{}[]:,#&*!|>'\"%@`-? \n\t\\~<=${}\xC3\0019az";
  for (unsigned changes = 1 + random() % 4; changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = random() % bytes.size();
    const std::size_t length = std::min<std::size_t>(random() % 12, bytes.size() - at);
    switch (random() % 4) {
      case 0:
        bytes[at] = kInteresting[random() % kInteresting.size()];
        break;
      case 1:
        bytes.insert(at, 1, kInteresting[random() % kInteresting.size()]);
        break;
      case 2:
        bytes.erase(at, length);
        break;
      default:
        bytes.insert(random() % bytes.size(), bytes.substr(at, length));
    }
  }
  return bytes;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const int rounds = count > 2 ? std::atoi(arguments[2]) : 100;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    Run(text.str());
    std::mt19937 random(1);
    for (int i = 0; i < rounds; ++i) {
      const std::string bytes = Mutated(text.str(), random);
      std::ofstream("parser_fuzz.last", std::ios::binary) << bytes;  // what broke, if it does
      Run(bytes);
    }
  }
  std::printf("%zu files, %d mutations each\n", files.size(), rounds);
  return files.empty() ? 1 : 0;
}
