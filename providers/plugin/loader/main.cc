// kadende-plugin-host FILE.so [NAME]: a plugin that is a shared object (abi.h) as a program that speaks the protocol.
// Started by kadende, below kadende-shim; by hand it answers what is typed. NAME is what the file is called in
// messages.
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "providers/plugin/line_splitter.h"
#include "providers/plugin/loader/library.h"
#include "providers/plugin/loader/output.h"
#include "providers/plugin/loader/workers.h"

namespace kadende::providers::plugin {
namespace {

constexpr std::size_t kLargestMessage = std::size_t{32} << 20U;
constexpr std::size_t kMostThreads = 16;

class Loader {
 public:
  Loader(std::string path, std::string name) : path_(std::move(path)), name_(std::move(name)) {}

  void Take(std::string_view line) {
    auto message = base::ParseJson(line);
    if (!message || !message->is_object() || !message->contains("method")) {
      std::fputs("kadende-plugin-host: a line that is no message of the protocol was passed over\n", stderr);
      return;
    }
    const std::string method = (*message)["method"].is_string() ? (*message)["method"].get<std::string>() : "";
    const base::Json params = message->contains("params") ? (*message)["params"] : base::Json::object();
    if (!message->contains("id")) {
      if (method == "cancel" && params.contains("id") && workers_) workers_->Cancel(params["id"].dump());
      return;
    }
    std::string id = (*message)["id"].dump();
    if (method == "initialize") return Initialize(id, params);
    if (!workers_) return output_.Error(id, "invalid", "none", "`initialize` comes first");
    workers_->Start(std::move(id), method, base::Canonical(params));
  }

  void Finish() {
    if (!workers_) return;
    workers_->Finish();
    if (plugin_->stop != nullptr) plugin_->stop();
  }

 private:
  void Initialize(const std::string& id, const base::Json& params) {
    if (workers_) return output_.Error(id, "invalid", "none", "`initialize` comes once");
    const auto loaded = LoadLibrary(path_, name_);
    if (!loaded) return output_.Error(id, "invalid", "none", loaded.error().message);
    plugin_ = *loaded;
    const auto manifest = base::ParseJson(plugin_->manifest);
    if (!manifest || !manifest->is_object()) {
      return output_.Error(id, "invalid", "none", name_ + " has a `manifest` that is no JSON object");
    }
    std::size_t most = kMostThreads;
    const auto parallel = manifest->find("maxParallel");
    if (parallel != manifest->end() && parallel->is_number_unsigned() && *parallel > 0U) {
      most = std::min<std::size_t>(parallel->get<std::size_t>(), 256);
    }
    workers_ = std::make_unique<Workers>(*plugin_, most, output_);
    const auto directory = params.find("directory");
    const std::string folder =
        directory != params.end() && directory->is_string() ? directory->get<std::string>() : std::string(".");
    if (plugin_->start != nullptr && plugin_->start(&Workers::Host(), folder.c_str()) != 0) {
      return output_.Error(id, "unavailable", "none", name_ + " cannot start; standard error may say why");
    }
    output_.Result(id, R"({"protocol":1,"manifest":)" + base::Canonical(*manifest) + "}");
  }

  const std::string path_;
  const std::string name_;  // for messages
  Output output_;
  const kadende_plugin_functions* plugin_ = nullptr;
  std::unique_ptr<Workers> workers_;
};

int Run(const char* path, const char* name) {
  Loader loader(path, name);
  LineSplitter lines(kLargestMessage);
  std::string buffer(std::size_t{64} * 1024, '\0');
  for (;;) {
    const ssize_t count = ::read(0, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    if (!lines.Feed(bytes, [&loader](std::string_view line) { loader.Take(line); })) {
      std::fputs("kadende-plugin-host: a line is longer than 32 MiB\n", stderr);
      return 1;
    }
  }
  loader.Finish();
  return 0;
}

}  // namespace
}  // namespace kadende::providers::plugin

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("kadende-plugin-host is started by kadende, with the shared object that it is to load.\n", stderr);
    return 2;
  }
  return kadende::providers::plugin::Run(argv[1], argc > 2 ? argv[2] : argv[1]);
}
