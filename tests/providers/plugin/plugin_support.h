// A folder for one test, and plugins that run in it.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "providers/plugin/plugin_provider.h"

namespace kadende::tests {

class PluginPlace {
 public:
  PluginPlace() {
    std::string pattern = std::filesystem::temp_directory_path() / "kadende-plugin-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    options.base_directory = folder_;
    options.shim_path = SHIM;
    options.loader_path = LOADER;
  }
  PluginPlace(const PluginPlace&) = delete;
  PluginPlace& operator=(const PluginPlace&) = delete;
  ~PluginPlace() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  // A file that can be executed.
  [[nodiscard]] std::string Write(const std::string& name, const std::string& content) const {
    std::ofstream(Path(name)) << content;
    std::filesystem::permissions(Path(name), std::filesystem::perms::owner_all);
    return Path(name);
  }
  [[nodiscard]] base::Result<std::unique_ptr<providers::plugin::PluginProvider>> Start(
      const std::string& path, std::vector<std::string> arguments = {}) const {
    return providers::plugin::MakePluginProvider({"files", path, std::move(arguments)}, options);
  }

  providers::plugin::HostOptions options;

 private:
  std::string folder_;
};

inline const std::string kPythonPlugin = std::string(EXAMPLES) + "/python/kadende-provider-files";

}  // namespace kadende::tests
