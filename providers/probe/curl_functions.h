// The functions of libcurl that are used, loaded at the first http look. For http_client.cc alone.
#pragma once

#include <curl/curl.h>

#include "engine/base/result.h"

namespace kadende::providers::probe {

// clang-format off
#define KADENDE_CURL_FUNCTIONS(X) \
  X(global_init) X(free) X(slist_append) X(slist_free_all) \
  X(url) X(url_cleanup) X(url_get) X(url_set) \
  X(url_strerror) X(easy_init) X(easy_cleanup) X(easy_reset) \
  X(easy_setopt) X(easy_getinfo) X(easy_strerror) X(multi_init) \
  X(multi_cleanup) X(multi_setopt) X(multi_add_handle) X(multi_remove_handle) \
  X(multi_socket_action) X(multi_info_read)
// clang-format on

struct CurlFunctions {
#define KADENDE_DECLARE(name) decltype(&curl_##name) name = nullptr;
  KADENDE_CURL_FUNCTIONS(KADENDE_DECLARE)
#undef KADENDE_DECLARE
};

// Loads the library at the first call, for the whole process; the same answer ever after. Thread-safe.
[[nodiscard]] const base::Result<CurlFunctions>& LoadCurl();

}  // namespace kadende::providers::probe
