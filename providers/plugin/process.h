// The processes of a plugin: kadende-shim, and below it the plugin with whatever it starts.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "providers/shim/files.h"

namespace kadende::providers::plugin {

struct Command {
  std::string shim;     // absolute
  std::string program;  // absolute
  std::string shown;    // what is called the program: in messages, and as its first argument
  int file = -1;        // open; becomes shim::kProgramDescriptor of the plugin; -1: none
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  // KEY=VALUE, complete
  std::string directory;                 // absolute
};

// Owns the processes: they are ended with it. The descriptors do not block.
class PluginProcess {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<PluginProcess>> Start(const Command& command);

  PluginProcess(const PluginProcess&) = delete;
  PluginProcess& operator=(const PluginProcess&) = delete;
  ~PluginProcess() { End(); }

  [[nodiscard]] pid_t shim() const { return shim_; }
  [[nodiscard]] int input() const { return input_.get(); }
  [[nodiscard]] int output() const { return output_.get(); }
  [[nodiscard]] int errors() const { return errors_.get(); }
  [[nodiscard]] int report() const { return report_.get(); }
  void CloseInput() { input_.Reset(); }

  // How the plugin ended ("ended with status 3"); nullopt: it runs, or its end is not known yet.
  [[nodiscard]] std::optional<std::string> ReadReport();

  // Ends everything of it: SIGTERM, then SIGKILL, by the shim. Returns when the shim is gone, at the latest after some
  // seconds: a process that the kernel cannot end is left to it.
  void End();

 private:
  PluginProcess() = default;

  pid_t shim_ = 0;
  shim::Descriptor life_;
  shim::Descriptor input_;
  shim::Descriptor output_;
  shim::Descriptor errors_;
  shim::Descriptor report_;
  std::string program_;
  std::string line_;  // of the report, as far as it was read
};

}  // namespace kadende::providers::plugin
