// The functions of libcurl that are used, loaded at the first call over http, and its handles as values. For the two
// files that make such calls: client.cc here, and probe/http_client.cc.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace kadende::providers::http {

// clang-format off
#define KADENDE_CURL_FUNCTIONS(X) \
  X(global_init) X(free) X(slist_append) X(slist_free_all) \
  X(url) X(url_cleanup) X(url_get) X(url_set) \
  X(url_strerror) X(easy_init) X(easy_cleanup) X(easy_reset) \
  X(easy_setopt) X(easy_getinfo) X(easy_strerror) X(multi_init) \
  X(multi_cleanup) X(multi_setopt) X(multi_add_handle) X(multi_remove_handle) \
  X(multi_socket_action) X(multi_info_read) X(multi_perform) X(multi_poll) \
  X(multi_wakeup) X(multi_strerror)
// clang-format on

struct CurlFunctions {
#define KADENDE_DECLARE(name) decltype(&curl_##name) name = nullptr;
  KADENDE_CURL_FUNCTIONS(KADENDE_DECLARE)
#undef KADENDE_DECLARE
};

// Loads the library at the first call, for the whole process; the same answer ever after. Thread-safe.
[[nodiscard]] const base::Result<CurlFunctions>& LoadCurl();
// What was loaded: only after LoadCurl has succeeded.
[[nodiscard]] const CurlFunctions& Curl();

struct UrlFree {
  void operator()(CURLU* url) const { Curl().url_cleanup(url); }
};
struct ListFree {
  void operator()(curl_slist* list) const { Curl().slist_free_all(list); }
};
using Url = std::unique_ptr<CURLU, UrlFree>;
using List = std::unique_ptr<curl_slist, ListFree>;

// False: no memory, and `list` is as before.
[[nodiscard]] bool Append(List* list, const std::string& text);
// "name: value", also of an empty value.
[[nodiscard]] std::string HeaderLine(const std::string& name, const std::string& value);
// Empty: the url has none.
[[nodiscard]] std::string UrlPart(CURLU* url, CURLUPart part, unsigned flags = 0);
// What would let a text end its header, or its request.
[[nodiscard]] bool HasLineBreak(std::string_view text);

}  // namespace kadende::providers::http
