#include "cli/commands/provider_install.h"

#include <cstdlib>
#include <utility>

#include "cli/plugins.h"
#include "cli/signals.h"
#include "cli/view/plugin_text.h"
#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/model/plugin_pin_json.h"
#include "providers/install/installer.h"
#include "providers/install/lock_file.h"
#include "providers/install/plugin_url.h"
#include "state/directory.h"

namespace kadende::cli {
namespace {

using base::ErrorCode;
using providers::InstallOutcome;

std::string Else(const std::string& given, const char* variable, const std::string& otherwise) {
  if (!given.empty()) return given;
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

std::string_view OutcomeName(InstallOutcome outcome) {
  switch (outcome) {
    case InstallOutcome::kPresent:
      return "present";
    case InstallOutcome::kDownloaded:
      return "downloaded";
    case InstallOutcome::kPinned:
      return "pinned";
  }
  return "present";
}

// One command, from the names to the lock file.
class Work {
 public:
  Work(const ProviderInstallOptions& options, Console& console, bool update)
      : options_(options),
        console_(console),
        update_(update),
        signals_({"Interrupted.\n", ""}, [&console](const std::string& line) { console.Err(line); }) {}

  int Run() {
    auto work = BeginPluginWork(console_, options_.work, false);
    if (!work) return console_.Fail(work.error());
    work_ = std::move(*work);
    auto names = Names();
    if (!names) return console_.Fail(names.error());
    if (auto made = state::PrepareDirectory(work_.state_directory); !made) return console_.Fail(made.error());
    const model::PluginPins before = work_.lock;
    std::string failures;
    for (const std::string& name : *names) {
      if (auto installed = One(name); !installed)
        failures += (failures.empty() ? "" : "\n") + installed.error().message;
      if (signals_.interrupted()) break;
    }
    const bool changed = work_.lock != before;
    if (changed && options_.locked) failures += (failures.empty() ? "" : "\n") + Unlocked(before);
    // What succeeded is kept, whatever became of the others.
    if (changed && !options_.locked) {
      if (auto written = providers::WriteLock(work_.folder, work_.lock); !written)
        return console_.Fail(written.error());
    }
    Tell(names->empty(), changed && !options_.locked);
    if (signals_.interrupted()) return kExitInterrupted;
    return failures.empty() ? kExitOk : console_.Fail(failures);
  }

 private:
  base::Result<std::vector<std::string>> Names() const {
    std::vector<std::string> names;
    if (options_.names.empty()) {
      for (const auto& [name, plugin] : work_.named) names.push_back(name);
      return names;
    }
    for (const auto& [name, plugin] : work_.named) names.push_back(name);
    for (const std::string& name : options_.names) {
      if (work_.named.contains(name)) continue;
      const auto near = base::Nearest(name, names);
      return base::Fail(ErrorCode::kNotFound, "no group has a plugin `" + base::EscapeTerminal(name) + "`" +
                                                  (near ? "; did you mean `" + *near + "`?" : ""));
    }
    return options_.names;
  }

  base::Status One(const std::string& name) {
    const model::ProviderRef ref = work_.RefOf(name);
    const providers::PluginResolver folders({"", work_.folders.directories}, {});
    if (auto found = folders.Resolve(ref); found) {
      Report({{"name", name}, {"outcome", "in_plugin_dir"}, {"path", found->path}},
             name + ": " + found->path + " is run without a pin");
      return {};
    }
    providers::InstallOptions install;
    install.cache = work_.folders.cache;
    install.index = Else(options_.index, "KADENDE_PLUGIN_INDEX", work_.index);
    install.platforms = options_.platforms;
    install.update = update_;
    install.most_bytes = std::size_t{options_.max_size} << 20U;
    install.download.authorities = Else(options_.authorities, "KADENDE_PLUGIN_CA", "");
    install.download.timeout = options_.timeout;
    install.download.stop = signals_.drain();
    for (const std::string& platform : options_.platforms) {
      if (providers::IsPlatform(platform)) continue;
      return base::Fail(ErrorCode::kInvalid, "--platform " + base::EscapeTerminal(platform) + ": as in linux_arm64");
    }
    auto installed = providers::Installer(std::move(install)).Install(ref, model::FindPin(work_.lock, name));
    if (!installed) return tl::unexpected(std::move(installed).error());
    const model::PluginPin& pin = installed->pin;
    base::Json json = model::PinsToJson({pin})[0];
    json["outcome"] = OutcomeName(installed->outcome);
    json["path"] = installed->path;
    const char* what = installed->outcome == InstallOutcome::kPresent      ? " is here"
                       : installed->outcome == InstallOutcome::kDownloaded ? " was fetched, as it is pinned"
                                                                           : " was fetched and pinned";
    Report(std::move(json), PinText(pin) + what);
    model::PutPin(work_.lock, pin);
    return {};
  }

  std::string Unlocked(const model::PluginPins& before) const {
    std::string names;
    for (const model::PluginPin& pin : work_.lock) {
      const model::PluginPin* known = model::FindPin(before, pin.name);
      if (known == nullptr || !(*known == pin)) names += (names.empty() ? "" : ", ") + pin.name;
    }
    return "--locked: kadende.lock does not pin " + names +
           " as the file asks on this platform; run `kadende provider install` without it, and commit the lock file";
  }

  void Report(base::Json json, std::string line) {
    told_.push_back(std::move(json));
    lines_.push_back(std::move(line));
  }

  void Tell(bool nothing, bool changed) {
    if (console_.common().json) {
      console_.Out(base::Canonical({{"type", update_ ? "provider_update" : "provider_install"},
                                    {"plugins", told_},
                                    {"lockChanged", changed}}) +
                   "\n");
      return;
    }
    if (console_.common().quiet) return;
    for (const std::string& line : lines_) console_.Out(base::EscapeTerminal(line) + "\n");
    if (nothing) console_.Out("No group has a plugin: all providers are built in.\n");
    if (changed) console_.Note("\n" + std::string(providers::kLockFileName) + " was written; commit it.\n");
  }

  const ProviderInstallOptions& options_;
  Console& console_;
  const bool update_;
  Signals signals_;
  PluginWork work_;
  base::Json told_ = base::Json::array();
  std::vector<std::string> lines_;
};

void DefineGetting(CommandSetup& setup, ProviderInstallOptions& options) {
  setup.Add({"NAME", "", "Plugins; default: all that the cluster file names", {}, false}, &options.names);
  DefinePluginWork(setup, options.work);
  setup.Add({"--plugin-index",
             "URL",
             "Address of plugins without a url, with {name}, {version}, {os} and {arch} (also: KADENDE_PLUGIN_INDEX); "
             "default: the file's pluginIndex",
             {},
             false},
            &options.index);
  setup.Add({"--ca-file",
             "PEM",
             "Certificate authorities of the servers (also: KADENDE_PLUGIN_CA); default: the system's",
             {},
             false},
            &options.authorities);
  setup.Add({"--platform", "OS_ARCH", "Pin the file of this platform, too, as linux_arm64 (repeatable)", {}, false},
            &options.platforms);
  setup.Add({"--max-size", "MIB", "Largest plugin that is taken", {}, false}, &options.max_size);
  setup.Add({"--timeout", "DURATION", "Longest time for one download", {}, false}, &options.timeout);
}

}  // namespace

void DefineProviderInstall(CommandSetup& setup, ProviderInstallOptions& options) {
  DefineGetting(setup, options);
  setup.Add({"--locked", "", "Fail where kadende.lock would have to change (for CI)", {}, false}, &options.locked);
}

void DefineProviderUpdate(CommandSetup& setup, ProviderInstallOptions& options) {
  DefineGetting(setup, options);
}

int RunProviderInstall(const ProviderInstallOptions& options, Console& console) {
  return Work(options, console, false).Run();
}

int RunProviderUpdate(const ProviderInstallOptions& options, Console& console) {
  return Work(options, console, true).Run();
}

}  // namespace kadende::cli
