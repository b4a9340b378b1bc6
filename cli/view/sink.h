// Where a view's bytes go. Views never write by themselves to stdout or stderr: commands decide.
#pragma once

#include <cstdio>
#include <functional>
#include <string_view>

namespace kadende::cli {

// Called with whole pieces (a line, a redrawn block), from the thread that feeds the view.
using Sink = std::function<void(std::string_view)>;

// Writes each piece to `file` and flushes it, so that pieces of several sinks do not interleave. `file` must outlive
// the sink. Errors of writing are ignored: a closed pipe must not stop an apply.
[[nodiscard]] Sink ToFile(std::FILE* file);

}  // namespace kadende::cli
