// A folder of its own per test, and the real git program in it.
#pragma once

#include <memory>
#include <string>

#include "engine/ports/history.h"

namespace kadende::tests {

// In memory if possible; removed with all its content.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Output {
  int status = 0;
  std::string text;  // stdout and stderr
};
// Runs a line of shell with a neutral git configuration.
Output Shell(const std::string& line);
// The same, and the test fails unless it exits 0. Text without the last newline.
std::string Git(const std::string& repository, const std::string& arguments);

// `git fsck --strict` finds nothing wrong.
void CheckFsck(const std::string& repository);

[[nodiscard]] std::unique_ptr<ports::History> OpenHistory(const std::string& state, const std::string& enclosing = {});

// Makes a folder with parents.
void MakeFolder(const std::string& path);
void WriteFile(const std::string& path, const std::string& bytes);
[[nodiscard]] std::string ReadFile(const std::string& path);

}  // namespace kadende::tests
