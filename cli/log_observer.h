// `-v`: every event as a log line on stderr, with level and time. The only place that knows spdlog; it costs nothing
// until it is made.
#pragma once

#include <memory>

#include "engine/ports/observer.h"

namespace kadende::cli {

[[nodiscard]] std::unique_ptr<ports::Observer> MakeLogObserver(bool color);

}  // namespace kadende::cli
