// The formats of a node's folder: a shim and a later kadende must understand each other.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "providers/shim/files.h"
#include "providers/shim/spec.h"
#include "providers/shim/status.h"

namespace kadende::providers::shim {
namespace {

TEST_CASE("a spec comes back as it was, whatever bytes its arguments hold") {
  Spec spec;
  spec.token = "tok";
  spec.program = "/bin/sh";
  spec.name = "sh";
  spec.args = {"", "a\nb", "=", "\xFF ${x}"};
  spec.env = {"A=1", "B=two\nlines"};
  spec.directory = "/tmp";
  spec.stop_signal = 2;
  spec.stop_timeout = 1500;
  spec.restart = Restart::kAlways;
  spec.output_bytes = 42;
  const auto read = DecodeSpec(EncodeSpec(spec));
  REQUIRE(read);
  CHECK(read->args == spec.args);
  CHECK(read->env == spec.env);
  CHECK(read->directory == "/tmp");
  CHECK(read->stop_signal == 2);
  CHECK(read->stop_timeout == 1500);
  CHECK(read->restart == Restart::kAlways);
  CHECK(read->output_bytes == 42);
}

TEST_CASE("a spec that is cut off anywhere, or of another version, is refused") {
  Spec spec;
  spec.token = "tok";
  spec.program = "/bin/sh";
  spec.directory = "/";
  const std::string text = EncodeSpec(spec);
  CHECK_FALSE(DecodeSpec(""));
  CHECK_FALSE(DecodeSpec(text.substr(0, text.size() - 1)));
  CHECK_FALSE(DecodeSpec("kadende-shim 2" + text.substr(14)));
  CHECK_FALSE(DecodeSpec(text + std::string("z1\0", 3)));
}

TEST_CASE("a status comes back as it was, and unknown keys are skipped") {
  Status status;
  status.phase = Phase::kEnded;
  status.boot = "b-1";
  status.pid = 12;
  status.start = 1234567890123;
  status.exit_status = -1;
  status.exit_signal = 9;
  status.restarts = 3;
  const auto read = DecodeStatus(EncodeStatus(status) + "later=x\n");
  REQUIRE(read);
  CHECK(EncodeStatus(*read) == EncodeStatus(status));
  CHECK_FALSE(DecodeStatus("format=2\nphase=ended\n"));
  CHECK_FALSE(DecodeStatus("format=1\nphase=asleep\n"));
  CHECK_FALSE(DecodeStatus("format=1\nphase=ended"));
}

TEST_CASE("a process is named by its pid and its start, also with brackets in its name") {
  const auto self = ReadProcessStat(::getpid());
  REQUIRE(self);
  CHECK(self->parent == ::getppid());
  CHECK(self->start > 0);
  CHECK(self->state == 'R');
  CHECK_FALSE(ReadProcessStat(-1));
}

TEST_CASE("a lock is seen by others and not disturbed by looking") {
  std::string path = "/tmp/kadende-lock-XXXXXX";
  const Descriptor first(::mkostemp(path.data(), O_CLOEXEC));
  const Descriptor second(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  CHECK_FALSE(IsFileLocked(second.get()));
  CHECK(TryLockFile(first.get()));
  CHECK(IsFileLocked(second.get()));
  CHECK_FALSE(TryLockFile(second.get()));
  CHECK_FALSE(IsFileLocked(first.get()));  // its own
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace kadende::providers::shim
