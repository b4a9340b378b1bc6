#include "providers/install/plugin_resolver.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "providers/install/plugin_cache.h"
#include "providers/install/plugin_content.h"
#include "providers/install/plugin_url.h"

namespace kadende::providers {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr const char* kScript = "#!/bin/sh\nexit 0\n";

// A folder with a cache, gone at the end.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "kadende-install-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~Scratch() { fs::remove_all(folder_); }
  [[nodiscard]] std::string At(const std::string& name) const { return (folder_ / name).string(); }

  [[nodiscard]] std::string Keep(const std::string& content) const {
    const PluginCache cache(At("plugins"));
    auto incoming = IncomingPlugin::Begin(cache);
    REQUIRE(incoming);
    REQUIRE(incoming->Write(content));
    auto path = incoming->Keep(base::Sha256(content), "");
    REQUIRE(path);
    return *path;
  }

 private:
  fs::path folder_;
};

model::PluginPin PinOf(const std::string& content, const std::string& version = "1.0") {
  return {"x", version, "https://h/x", {{"any", base::Sha256(content)}}};
}

PluginUse Pinned(model::PluginPins pins, bool reviewed = true) {
  PluginUse use;
  use.pins = std::move(pins);
  use.reviewed = reviewed;
  return use;
}

ErrorCode CodeOf(const base::Result<ResolvedPlugin>& result) {
  REQUIRE_FALSE(result);
  return result.error().code;
}

TEST_CASE("a pinned plugin that is in the cache is found, read again each time") {
  const Scratch scratch;
  const std::string path = scratch.Keep(kScript);
  const PluginResolver resolver({scratch.At("plugins"), {}}, Pinned({PinOf(kScript)}));
  auto found = resolver.Resolve({"x", "latest", ""});
  REQUIRE(found);
  CHECK(found->path == path);
  CHECK(found->version == "1.0");
  chmod(path.c_str(), 0755);
  std::ofstream(path) << "#!/bin/sh\nevil\n";
  auto changed = resolver.Resolve({"x", "latest", ""});
  CHECK(CodeOf(changed) == ErrorCode::kCorrupt);
  CHECK(changed.error().message.find("it is not run") != std::string::npos);
}

TEST_CASE("on a file that nobody has reviewed only the bytes of the applied state may run") {
  const Scratch scratch;
  static_cast<void>(scratch.Keep(kScript));
  const PluginFolders folders{scratch.At("plugins"), {}};
  const model::ProviderRef ref{"x", "latest", ""};
  PluginUse use = Pinned({PinOf(kScript)}, false);
  auto unknown = PluginResolver(folders, use).Resolve(ref);
  CHECK(CodeOf(unknown) == ErrorCode::kDenied);
  CHECK(unknown.error().message == "plugin `x` is not pinned in the applied state");
  use.trusted = {PinOf("#!/bin/sh\nanother\n")};
  CHECK(PluginResolver(folders, use).Resolve(ref).error().message ==
        "plugin `x` is pinned to another file in the applied state");
  // The same bytes by another address and version are the same bytes.
  use.trusted = {PinOf(kScript, "0.9")};
  CHECK(PluginResolver(folders, use).Resolve(ref));
}

TEST_CASE("what is not here is an error of an apply, and left out by a plan") {
  const Scratch scratch;
  const PluginFolders folders{scratch.At("plugins"), {}};
  PluginUse use = Pinned({PinOf(kScript)});
  use.trusted = {PinOf(kScript)};
  CHECK(CodeOf(PluginResolver(folders, use).Resolve({"x", "latest", ""})) == ErrorCode::kNotFound);
  use.reviewed = false;
  CHECK(CodeOf(PluginResolver(folders, use).Resolve({"x", "latest", ""})) == ErrorCode::kDenied);
}

TEST_CASE("a file that asks for another version than is pinned gets none") {
  const Scratch scratch;
  static_cast<void>(scratch.Keep(kScript));
  const PluginResolver resolver({scratch.At("plugins"), {}}, Pinned({PinOf(kScript)}));
  auto other = resolver.Resolve({"x", "2.0", ""});
  CHECK(CodeOf(other) == ErrorCode::kNotFound);
  CHECK(other.error().message.find("kadende provider update x") != std::string::npos);
}

TEST_CASE("a plugin folder comes first, and a name cannot lead out of it") {
  const Scratch scratch;
  fs::create_directories(scratch.At("dir"));
  const std::string program = scratch.At("dir/kadende-provider-x");
  std::ofstream(program) << kScript;
  chmod(program.c_str(), 0755);
  const PluginResolver resolver({scratch.At("plugins"), {scratch.At("dir")}}, Pinned({}, false));
  auto found = resolver.Resolve({"x", "9", "https://h/elsewhere"});
  REQUIRE(found);
  CHECK(found->path == program);
  CHECK(found->hash.empty());
  CHECK_FALSE(resolver.Resolve({"../dir/kadende-provider-x", "latest", ""}));
}

TEST_CASE("what a killed download left is removed by the next one, what is under way is not") {
  const Scratch scratch;
  const PluginCache cache(scratch.At("plugins"));
  auto under_way = IncomingPlugin::Begin(cache);
  REQUIRE(under_way);
  std::ofstream(scratch.At("plugins/incoming-killed")) << "half";
  {
    auto next = IncomingPlugin::Begin(cache);
    REQUIRE(next);
    CHECK_FALSE(fs::exists(scratch.At("plugins/incoming-killed")));
    CHECK(std::distance(fs::directory_iterator(scratch.At("plugins")), {}) == 2);
  }
  CHECK(std::distance(fs::directory_iterator(scratch.At("plugins")), {}) == 1);
}

TEST_CASE("what servers give instead of a plugin is told apart") {
  CHECK(PlatformOf("#!/usr/bin/env python3\n") == "any");
  const auto why = [](std::string_view bytes) { return PlatformOf(bytes).error().message; };
  CHECK(why("").find("empty") != std::string::npos);
  CHECK(why("<!DOCTYPE html><html>").find("a web page") != std::string::npos);
  CHECK(why("PK\x03\x04...").find("a zip archive; of archives tar.gz and zip are taken, else the file itself") !=
        std::string::npos);
  CHECK(why("\x1f\x8b\x08").find("gzip-compressed") != std::string::npos);
  CHECK(why("MZ\x90").find("Windows") != std::string::npos);
  CHECK(why("hello").find("neither an ELF file nor a script") != std::string::npos);
  std::ifstream self("/proc/self/exe", std::ios::binary);
  const std::string head{std::istreambuf_iterator<char>(self), {}};
  CHECK(PlatformOf(head) == ThisPlatform());
}

}  // namespace
}  // namespace kadende::providers
