// What git says of a remote: refs that it lists, what became of a push, and why something failed. Wording of git 2.30
// and later, in the language C. Words decide what an error is called and nothing else: whether a push took effect is
// looked up (git_network).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "state/git_program.h"

namespace kadende::state {

// Of `git ls-remote`: object ids in hex by name of the ref.
[[nodiscard]] std::map<std::string, std::string> ParseRefList(std::string_view out);

enum class PushOutcome {
  kDone,      // every ref was updated, or already was what was asked for
  kMoved,     // a ref is not what it was expected to be
  kBusy,      // a ref was being written by somebody else at that moment
  kRejected,  // the remote does not want it: a hook, a protected branch
  kFailed,    // it came to no end that says what became of it
};
[[nodiscard]] PushOutcome ReadPush(const GitOutput& push);

// "cannot reach <address>: ..." with the lines that matter of what git printed, made safe for a terminal and without
// credentials. kDenied: it does not let us in, or does not want it. kCorrupt: objects, here or there. kInvalid: it can
// never do what is asked for. Else kUnavailable.
[[nodiscard]] base::Error ExplainFailure(const GitOutput& output, std::string_view what, std::string_view address);

}  // namespace kadende::state
