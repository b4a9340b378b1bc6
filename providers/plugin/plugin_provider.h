// A provider that somebody else wrote: a program that speaks providers/PROTOCOL.md, or a shared object with the C ABI
// of abi.h, which runs in a program of its own. It is kept at a distance: whatever it does (hangs, crashes, talks
// nonsense, floods), a call ends in time with an error that says what happened and whether it may have had its effect.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports/exec.h"
#include "engine/ports/logs.h"
#include "engine/ports/plan_update.h"
#include "engine/ports/provider.h"

namespace kadende::providers::plugin {

struct PluginFile {
  std::string name;  // as in `resourcePlugin`; for messages
  std::string path;  // an executable, or an ELF shared object with the C ABI
  std::vector<std::string> arguments;
  // The same file, open: it is what is started, whatever `path` names by then. Null: by its path.
  std::shared_ptr<const int> opened = {};
};

// What a plugin says beside its answers. All texts are foreign: escape them where they are shown.
struct PluginNote {
  enum class Kind { kLog, kProgress, kErrorOutput };
  Kind kind = Kind::kLog;
  std::string plugin;    // PluginFile::name
  std::string level;     // kLog: "debug", "info", "warning" or "error"
  std::string subject;   // kProgress: the name or id of the instance that the call is about; may be empty
  std::string message;   // one line
  double fraction = -1;  // kProgress: 0 to 1; -1: not said
};
// Called from a thread of the host, one note at a time; must return quickly.
using NoteSink = std::function<void(const PluginNote&)>;

struct HostOptions {
  std::string base_directory;  // the plugin's working directory: what relative paths in properties are relative to
  std::string shim_path;       // kadende-shim; empty: $KADENDE_SHIM, else beside the running binary, else in libexec
  std::string loader_path;     // kadende-plugin-host, for shared objects; empty: as the shim, $KADENDE_PLUGIN_HOST
  // Set for the plugin besides the few variables that every plugin gets and those that its manifest asks for.
  std::vector<std::pair<std::string, std::string>> environment;
  NoteSink on_note;                          // empty: nobody listens
  std::function<void(pid_t shim)> on_start;  // the process below which the plugin now runs; empty: nobody asks

  std::chrono::milliseconds start_timeout = std::chrono::seconds(30);  // until it has answered `initialize`
  // A plugin that says nothing at all for this long after a call ran out of time hangs, and is ended.
  std::chrono::milliseconds hang_grace = std::chrono::seconds(10);
  std::chrono::milliseconds stop_grace = std::chrono::seconds(2);  // from the end of its input to SIGTERM
  // Between two starts of a plugin that ends: doubles from the first to the second; an answered call resets it.
  std::chrono::milliseconds restart_base = std::chrono::milliseconds(100);
  std::chrono::milliseconds restart_max = std::chrono::seconds(10);
  std::size_t largest_message = std::size_t{32} << 20U;  // bytes of one line, either way
  std::size_t largest_queue = std::size_t{64} << 20U;    // bytes that the plugin has yet to read
};

class PluginProvider : public ports::Provider {
 public:
  // What its manifest names of optional abilities, or null; owned by this.
  [[nodiscard]] virtual ports::Logs* logs() = 0;
  [[nodiscard]] virtual ports::Exec* exec() = 0;
  [[nodiscard]] virtual ports::PlanUpdate* plan_update() = 0;
};

// Starts the plugin and waits for its manifest. The provider owns the process and starts it again, with backoff, where
// it has ended; all is over when the provider goes. One process serves all callers.
[[nodiscard]] base::Result<std::unique_ptr<PluginProvider>> MakePluginProvider(const PluginFile& file,
                                                                               const HostOptions& options);

}  // namespace kadende::providers::plugin
