// The functions of libmicrohttpd that are used, loaded by the first listener. For http_listener.cc alone.
#pragma once

#include <microhttpd.h>

#include "engine/base/result.h"

namespace kadende::cli {

// clang-format off
#define KADENDE_MHD_FUNCTIONS(X) \
  X(start_daemon) X(stop_daemon) X(run) X(get_timeout) \
  X(get_daemon_info) X(get_connection_info) X(lookup_connection_value) X(create_response_from_buffer) \
  X(add_response_header) X(queue_response) X(destroy_response)
// clang-format on

struct MhdFunctions {
#define KADENDE_DECLARE(name) decltype(&MHD_##name) name = nullptr;
  KADENDE_MHD_FUNCTIONS(KADENDE_DECLARE)
#undef KADENDE_DECLARE
};

// Loads the library at the first call, for the whole process; the same answer ever after. Thread-safe.
[[nodiscard]] const base::Result<MhdFunctions>& LoadMhd();

}  // namespace kadende::cli
