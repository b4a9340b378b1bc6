#include "cli/http/mhd_functions.h"

#include "providers/http/shared_library.h"

namespace kadende::cli {
namespace {

base::Result<MhdFunctions> Load() {
  auto library = providers::http::SharedLibrary::Load("libmicrohttpd.so.12", "listening over http", "libmicrohttpd12");
  if (!library) return tl::unexpected(library.error());
  MhdFunctions functions;
#define KADENDE_FIND(name) library->Find("MHD_" #name, &functions.name);
  KADENDE_MHD_FUNCTIONS(KADENDE_FIND)
#undef KADENDE_FIND
  if (base::Status complete = library->Complete(); !complete) return tl::unexpected(complete.error());
  return functions;
}

}  // namespace

const base::Result<MhdFunctions>& LoadMhd() {
  static const base::Result<MhdFunctions> loaded = Load();
  return loaded;
}

}  // namespace kadende::cli
