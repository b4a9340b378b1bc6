// Texts against files that a person has reviewed. KADENDE_UPDATE_GOLDEN=1 writes them (tests/golden/update.sh).
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace kadende::test {

// `path`: of the file, whole.
inline void CheckGolden(const std::string& path, const std::string& text) {
  if (std::getenv("KADENDE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::stringstream expected;
  expected << std::ifstream(path, std::ios::binary).rdbuf();
  INFO(path);
  CHECK(text == expected.str());
}

}  // namespace kadende::test
