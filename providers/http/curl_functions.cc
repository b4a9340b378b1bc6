#include "providers/http/curl_functions.h"

#include "providers/http/shared_library.h"

namespace kadende::providers::http {
namespace {

base::Result<CurlFunctions> Load() {
  auto library = SharedLibrary::Load("libcurl.so.4", "http calls", "libcurl4");
  if (!library) return tl::unexpected(library.error());
  CurlFunctions functions;
#define KADENDE_FIND(name) library->Find("curl_" #name, &functions.name);
  KADENDE_CURL_FUNCTIONS(KADENDE_FIND)
#undef KADENDE_FIND
  if (base::Status complete = library->Complete(); !complete) return tl::unexpected(complete.error());
  if (functions.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) return functions;
  return base::Fail(base::ErrorCode::kUnavailable, "http calls need libcurl, which has no memory or random numbers");
}

}  // namespace

const base::Result<CurlFunctions>& LoadCurl() {
  static const base::Result<CurlFunctions> loaded = Load();
  return loaded;
}

const CurlFunctions& Curl() {
  return *LoadCurl();
}

bool Append(List* list, const std::string& text) {
  curl_slist* longer = Curl().slist_append(list->get(), text.c_str());
  if (longer == nullptr) return false;
  static_cast<void>(list->release());  // is part of `longer`
  list->reset(longer);
  return true;
}

std::string HeaderLine(const std::string& name, const std::string& value) {
  return value.empty() ? name + ";" : name + ": " + value;
}

std::string UrlPart(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (Curl().url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  Curl().free(text);
  return copy;
}

bool HasLineBreak(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace kadende::providers::http
