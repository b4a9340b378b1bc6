#include "cli/environment_secrets.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using base::ErrorCode;
using base::Fail;
using base::SecretText;

constexpr std::size_t kFileLimit = 64U << 10U;
constexpr std::string_view kVariable = "secret.env.";
constexpr std::string_view kFile = "secret.file.";

// Not RLIMIT_CORE: that would be handed down to every node that is started, and a program that takes the cores over
// does not look at it.
void StayOutOfCores() {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

base::Result<SecretText> Checked(SecretText value, const std::string& what) {
  if (value.view().empty()) return Fail(ErrorCode::kInvalid, what + " is empty: give it a value");
  if (base::IsValidUtf8(value.view())) return value;
  return Fail(ErrorCode::kInvalid, what + " is no UTF-8 text, which properties are: encode it, for example as base64");
}

class OpenFile {
 public:
  // Never waits: what is no regular file is refused before it is read.
  explicit OpenFile(const char* path) : fd_(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  const int fd_;
};

// A line end is what editors and `echo` leave; a second one is meant.
void TrimLineEnd(std::string* text) {
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
}

}  // namespace

EnvironmentSecrets::EnvironmentSecrets(std::string directory) : directory_(std::move(directory)) {
  const char* key = std::getenv("KADENDE_STATE_KEY");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  if (key == nullptr || *key == '\0') return;
  StayOutOfCores();
  key_ = SecretText(key);
}

base::Result<SecretText> EnvironmentSecrets::Read(std::string_view name) {
  StayOutOfCores();
  if (name.starts_with(kVariable)) return ReadVariable(std::string(name.substr(kVariable.size())));
  if (name.starts_with(kFile)) return ReadFile(name.substr(kFile.size()));
  return Fail(ErrorCode::kInvalid, "is no kind of secret that this kadende knows");
}

base::Result<SecretText> EnvironmentSecrets::ReadVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  if (value == nullptr) {
    return Fail(ErrorCode::kNotFound, "the environment variable " + name + " is not set: set it where kadende runs");
  }
  return Checked(SecretText(value), "the environment variable " + name);
}

base::Result<SecretText> EnvironmentSecrets::ReadFile(std::string_view path) const {
  const std::string full = (std::filesystem::path(directory_) / path).lexically_normal().string();
  const std::string what = "the file " + full;
  const OpenFile file(full.c_str());
  struct stat info = {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) {
    const int error = errno;
    return Fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInvalid,
                what + " cannot be read: " + std::system_category().message(error) +
                    "; put the secret there, or correct the path (relative ones start at the configuration's folder)");
  }
  if (!S_ISREG(info.st_mode)) return Fail(ErrorCode::kInvalid, what + " is no regular file");
  std::string text(kFileLimit + 1, '\0');  // at once: a text that grows leaves copies of itself behind
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + have, text.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail(ErrorCode::kInvalid, what + " cannot be read: " + std::system_category().message(errno));
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  text.resize(have);
  TrimLineEnd(&text);
  SecretText value(text);  // of its own size
  base::Wipe(text);
  if (have > kFileLimit) return Fail(ErrorCode::kInvalid, what + " is larger than 64 KiB: no secret is");
  return Checked(std::move(value), what);
}

}  // namespace kadende::cli
