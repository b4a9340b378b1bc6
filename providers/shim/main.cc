// kadende-shim FOLDER: keeps the node whose folder this is (protocol.h). Started by the process provider, not by hand.
// kadende-shim --plugin: keeps a plugin (plugin_keeper.h).
//
// Exits without a word where it is not needed: the folder is gone, another shim has it, or its node was started
// before. Whoever started it reads the status file.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include "providers/shim/beginning.h"
#include "providers/shim/plugin_keeper.h"
#include "providers/shim/protocol.h"
#include "providers/shim/supervisor.h"

namespace kadende::providers::shim {
namespace {

// Started by kadende, but no child of it: nobody there has to wait for us, and we leave no zombie behind.
void LeaveParent() {
  const pid_t pid = ::fork();
  if (pid > 0) ::_exit(0);
  if (pid < 0) ::_exit(1);
}

// A name that one living process of this machine can have, without a file: it holds even where the registry was
// deleted under a running node and the same node is created again.
Descriptor ClaimToken(const std::string& token) {
  Descriptor claim(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string name = "kadende-shim/" + token;
  const std::size_t length = std::min(name.size(), sizeof address.sun_path - 1);
  std::memcpy(address.sun_path + 1, name.data(), length);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
  if (!claim || ::bind(claim.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return {};
  return claim;
}

void ReportDuplicate(int folder, int error) {
  Status status;
  status.phase = Phase::kFailed;
  status.error = error;
  status.failed_step = "claim";
  static_cast<void>(ReplaceFile(folder, kStatusFile, EncodeStatus(status)));
}

// The lock, unless another shim has it, or the file was removed before we got it. kadende makes the file, so that a
// late shim cannot bring it back into a folder that is being removed.
Descriptor TakeLock(int folder) {
  Descriptor lock(::openat(folder, kLockFile, O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  struct stat info = {};
  if (!lock || !TryLockFile(lock.get()) || ::fstat(lock.get(), &info) != 0 || info.st_nlink == 0) return {};
  return lock;
}

std::optional<Post> TakePost(const char* path) {
  Post post;
  ::fcntl(kSpecDescriptor, F_SETFD, FD_CLOEXEC);
  post.core_limit = StayOutOfCores();
  post.ready.Reset(kReadyDescriptor);
  ::fcntl(kReadyDescriptor, F_SETFD, FD_CLOEXEC);
  post.folder.Reset(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!post.folder) return std::nullopt;
  post.lock = TakeLock(post.folder.get());
  if (!post.lock) return std::nullopt;
  if (::faccessat(post.folder.get(), kStatusFile, F_OK, 0) == 0) return std::nullopt;  // was started before
  auto spec = DecodeSpec(ReadSpec());
  if (!spec) return std::nullopt;
  post.spec = std::move(*spec);
  post.claim = ClaimToken(post.spec.token);
  if (!post.claim) return ReportDuplicate(post.folder.get(), errno), std::nullopt;
  // Read and write: a pipe without any writer would be readable for ever.
  post.control.Reset(::openat(post.folder.get(), kControlFile, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  post.signals = CatchSignals();
  if (!post.control || !post.signals) return std::nullopt;
  return post;
}

int Main(const char* path) {
  LeaveParent();
  ::umask(077);
  if (::chdir("/") != 0) return 1;  // holds no mounted file system
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::optional<Post> post = TakePost(path);
  if (!post) return 1;
  // The claim goes before the lock: who sees the lock free may create the same token again.
  const Descriptor lock = std::move(post->lock);
  Supervisor(std::move(*post)).Run();
  return 0;
}

}  // namespace
}  // namespace kadende::providers::shim

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], kadende::providers::shim::kPluginMode) == 0) {
    return kadende::providers::shim::KeepPlugin();
  }
  if (argc != 2 || argv[1][0] != '/') {
    std::fputs(
        "kadende-shim is started by kadende: one for each node of the `process` provider, one for each plugin.\n",
        stderr);
    return 2;
  }
  return kadende::providers::shim::Main(argv[1]);
}
