// The command line: which commands there are, how their arguments are read, and what help and mistakes look like.
// CLI11 is used in app.cc alone.
#pragma once

namespace kadende::cli {

// Everything from the arguments to the exit code: 0 done, 1 error (wrong usage too), 2 changes with
// --detailed-exitcode, 130 interrupted.
[[nodiscard]] int Main(int argc, char** argv);

}  // namespace kadende::cli
