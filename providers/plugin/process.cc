#include "providers/plugin/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "providers/shim/protocol.h"
#include "providers/shim/spec.h"

namespace kadende::providers::plugin {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Result;
using shim::Descriptor;

// Above all descriptors that a shim is given, so that dup2 to those cannot get into the way.
constexpr int kFirstFree = shim::kProgramDescriptor + 1;
// The shim needs two seconds at most; a machine that is out of memory more.
constexpr int kEndPatience = 5000;

struct Pipe {
  Descriptor read;
  Descriptor write;

  [[nodiscard]] bool Open() {
    std::array<int, 2> ends = {-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    const Descriptor low_read(ends[0]);
    const Descriptor low_write(ends[1]);
    read.Reset(::fcntl(low_read.get(), F_DUPFD_CLOEXEC, kFirstFree));
    write.Reset(::fcntl(low_write.get(), F_DUPFD_CLOEXEC, kFirstFree));
    return read && write;
  }
};

void DoNotBlock(const Descriptor& fd) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

Descriptor SpecInMemory(const Command& command) {
  shim::Spec spec;
  spec.token = "plugin";  // of a node it is; here nobody asks for it
  spec.program = command.program;
  spec.name = command.shown;
  spec.args = command.arguments;
  spec.env = command.environment;
  spec.directory = command.directory;
  const Descriptor made(::memfd_create("kadende-spec", MFD_CLOEXEC));
  Descriptor filled;
  if (made && shim::WriteAll(made.get(), shim::EncodeSpec(spec))) {
    filled.Reset(::fcntl(made.get(), F_DUPFD_CLOEXEC, kFirstFree));
  }
  return filled;
}

// Which descriptor of ours becomes which of the shim.
struct Passed {
  int ours;
  int shims;
};

class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_,
                             static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  int Spawn(const std::string& program, const std::vector<Passed>& passed, pid_t* pid) {
    for (const Passed& one : passed) posix_spawn_file_actions_adddup2(&actions_, one.ours, one.shims);
    posix_spawn_file_actions_addclosefrom_np(&actions_, kFirstFree);
    std::string name = "kadende-shim";
    std::string mode = shim::kPluginMode;
    const std::array<char*, 3> argv = {name.data(), mode.data(), nullptr};
    const std::array<char*, 1> envp = {nullptr};
    return ::posix_spawn(pid, program.c_str(), &actions_, &attributes_, argv.data(), envp.data());
  }

 private:
  posix_spawn_file_actions_t actions_ = {};
  posix_spawnattr_t attributes_ = {};
};

tl::unexpected<base::Error> NoPipe() {
  return Fail(ErrorCode::kQuota, "no pipe to a plugin can be made: " + std::system_category().message(errno));
}

std::string Describe(const std::string& report, const std::string& program) {
  int number = 0;
  std::array<char, 32> step = {};
  if (std::sscanf(report.c_str(), "exited %d", &number) == 1) return "ended with status " + std::to_string(number);
  if (std::sscanf(report.c_str(), "signalled %d", &number) == 1) {
    return "was ended by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
  }
  if (std::sscanf(report.c_str(), "failed %31s %d", step.data(), &number) == 2) {
    const std::string why = std::system_category().message(number);
    if (std::string_view(step.data()) == "exec" && number == ENOEXEC) {
      return "cannot be started: " + program + " is no program: it needs a first line like #!/usr/bin/env python3";
    }
    return "cannot be started: " + program + ": " + why + " (" + step.data() + ")";
  }
  return "ended, and kadende-shim with it";
}

}  // namespace

Result<std::unique_ptr<PluginProcess>> PluginProcess::Start(const Command& command) {
  Pipe life;
  Pipe input;
  Pipe output;
  Pipe errors;
  Pipe report;
  for (Pipe* pipe : {&life, &input, &output, &errors, &report}) {
    if (!pipe->Open()) return NoPipe();
  }
  const Descriptor spec = SpecInMemory(command);
  if (!spec) return NoPipe();
  std::vector<Passed> passed = {{input.read.get(), 0},
                                {output.write.get(), 1},
                                {errors.write.get(), 2},
                                {life.read.get(), shim::kLifeDescriptor},
                                {spec.get(), shim::kSpecDescriptor},
                                {report.write.get(), shim::kReportDescriptor}};
  // One of its own: dup2 of a descriptor to its own number would leave it to be closed at exec.
  const Descriptor file(command.file < 0 ? -1 : ::fcntl(command.file, F_DUPFD_CLOEXEC, kFirstFree));
  if (command.file >= 0 && !file) return NoPipe();
  if (file) passed.push_back({file.get(), shim::kProgramDescriptor});
  std::unique_ptr<PluginProcess> process(new PluginProcess);  // its constructor is private
  const int error = SpawnSettings().Spawn(command.shim, passed, &process->shim_);
  if (error != 0) {
    process->shim_ = 0;
    return Fail(error == EAGAIN || error == ENOMEM ? ErrorCode::kQuota : ErrorCode::kInvalid,
                command.shim + " cannot be started: " + std::system_category().message(error));
  }
  process->program_ = command.shown;
  process->life_ = std::move(life.write);
  process->input_ = std::move(input.write);
  process->output_ = std::move(output.read);
  process->errors_ = std::move(errors.read);
  process->report_ = std::move(report.read);
  for (const Descriptor* fd : {&process->input_, &process->output_, &process->errors_, &process->report_}) {
    DoNotBlock(*fd);
  }
  return process;
}

std::optional<std::string> PluginProcess::ReadReport() {
  std::array<char, 256> buffer;
  for (;;) {
    const ssize_t count = ::read(report_.get(), buffer.data(), buffer.size());
    if (count > 0) {
      line_.append(buffer.data(), static_cast<std::size_t>(count));
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    const bool over = count == 0 || line_.find('\n') != std::string::npos;
    return over ? std::optional(Describe(line_, program_)) : std::nullopt;
  }
}

void PluginProcess::End() {
  if (shim_ == 0) return;
  life_.Reset();
  input_.Reset();
  output_.Reset();
  errors_.Reset();
  // The shim closes the report when nothing is left, just before its own end.
  for (int waited = 0; waited < kEndPatience; waited += 20) {
    const pid_t ended = ::waitpid(shim_, nullptr, WNOHANG);
    if (ended == shim_ || (ended < 0 && errno != EINTR)) break;
    pollfd wanted = {report_.get(), 0, 0};
    ::poll(&wanted, 1, 20);
    if ((wanted.revents & POLLHUP) != 0) report_.Reset();
  }
  shim_ = 0;
}

}  // namespace kadende::providers::plugin
