// Last words for memory that is mapped from a file which may be damaged: where reading it, or a library that trusts it,
// would end the process with SIGSEGV, SIGBUS or SIGABRT, the process says why first and exits 1. Faults anywhere else
// are handled as before.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

namespace kadende::state {

// The memory that this process has mapped from the file `path` with this inode, as it is now. `owner` names it;
// guarding it again moves the guard. At most 16 owners at a time, further ones go unguarded.
void GuardMappedFile(const void* owner, ino_t inode, const std::string& path, const std::string& words);
void UnguardMemory(const void* owner);

extern constinit thread_local const void* guarded_owner;  // of GuardedCall alone

// While it lives, a fault of this thread is blamed on what `owner` guards. A few instructions, for it stands around
// every row that is read.
class GuardedCall {
 public:
  explicit GuardedCall(const void* owner) : outer_(std::exchange(guarded_owner, owner)) {}
  ~GuardedCall() { guarded_owner = outer_; }
  GuardedCall(const GuardedCall&) = delete;
  GuardedCall& operator=(const GuardedCall&) = delete;

 private:
  const void* const outer_;
};

// Standard error, then exit 1, without running anything else.
[[noreturn]] void SayLastWords(const std::string& words);

}  // namespace kadende::state
