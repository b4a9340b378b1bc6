#include "providers/probe/curl_functions.h"

#include "providers/probe/shared_library.h"

namespace kadende::providers::probe {
namespace {

base::Result<CurlFunctions> Load() {
  auto library = SharedLibrary::Load("libcurl.so.4", "http checks", "libcurl4");
  if (!library) return tl::unexpected(library.error());
  CurlFunctions functions;
#define KADENDE_FIND(name) library->Find("curl_" #name, &functions.name);
  KADENDE_CURL_FUNCTIONS(KADENDE_FIND)
#undef KADENDE_FIND
  if (base::Status complete = library->Complete(); !complete) return tl::unexpected(complete.error());
  if (functions.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) return functions;
  return base::Fail(base::ErrorCode::kUnavailable, "http checks need libcurl, which has no memory or random numbers");
}

}  // namespace

const base::Result<CurlFunctions>& LoadCurl() {
  static const base::Result<CurlFunctions> loaded = Load();
  return loaded;
}

}  // namespace kadende::providers::probe
