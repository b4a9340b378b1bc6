#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <system_error>

#include "engine/base/text.h"
#include "engine/model/identity.h"
#include "providers/process/start.h"
#include "providers/shim/locate.h"
#include "providers/shim/protocol.h"

namespace kadende::providers::process {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
// Enough to run programs and scripts. Nothing else is passed on: a node must not depend on, nor see, what was by
// chance (or secretly) set in the shell of whoever ran kadende.
constexpr std::array<const char*, 10> kInherited = {"PATH", "HOME",   "USER",     "LOGNAME", "SHELL",
                                                    "LANG", "LC_ALL", "LC_CTYPE", "TZ",      "TMPDIR"};

std::string Folder(const std::string& base_directory, const std::string& path) {
  if (path.starts_with('/')) return path;
  std::string base = base_directory.empty() ? "." : base_directory;
  if (!base.starts_with('/')) {
    std::array<char, 4096> here = {};
    if (::getcwd(here.data(), here.size()) != nullptr) base = std::string(here.data()) + "/" + base;
  }
  return base + "/" + path;
}

bool IsFolder(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// nullopt: it can be executed; else why not.
std::optional<std::string> WhyNotExecutable(const std::string& path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return std::system_category().message(errno);
  if (!S_ISREG(info.st_mode)) return "is no file";
  if (::access(path.c_str(), X_OK) != 0) return std::system_category().message(errno);
  return std::nullopt;
}

bool IsOwnFile(const Properties& properties, std::string_view command) {
  if (command.starts_with("./")) command.remove_prefix(2);
  for (const auto& [name, content] : properties.files) {
    if (name == command) return true;
  }
  return false;
}

base::Result<std::string> FindInPath(const std::string& command, const std::string& path) {
  for (const std::string& folder : base::Split(path, ':')) {
    const std::string program = folder + "/" + command;
    if (folder.starts_with('/') && !WhyNotExecutable(program)) return program;
  }
  return base::Fail(base::ErrorCode::kInvalid, "command `" + command + "` is not found in PATH (" + path +
                                                   "): install it, or name it with a path");
}

base::Result<std::string> FindProgram(const Properties& properties, const std::string& base_directory,
                                      const std::string& work, const std::string& path) {
  const std::string& command = properties.command;
  if (IsOwnFile(properties, command)) return work + "/" + (command.starts_with("./") ? command.substr(2) : command);
  if (command.find('/') == std::string::npos) return FindInPath(command, path);
  std::vector<std::string> places;
  if (command.starts_with('/')) {
    places.push_back(command);
  } else {
    if (!properties.working_directory.empty()) {
      places.push_back(Folder(base_directory, properties.working_directory) + "/" + command);
    }
    places.push_back(Folder(base_directory, command));
  }
  std::vector<std::string> reasons;
  for (const std::string& place : places) {
    const auto reason = WhyNotExecutable(place);
    if (!reason) return place;
    reasons.push_back(place + ": " + *reason);
  }
  return base::Fail(base::ErrorCode::kInvalid,
                    "command `" + command + "` cannot be executed: " + base::Join(reasons, "; "));
}

std::string Value(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment) {
    if (entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=') {
      return entry.substr(name.size() + 1);
    }
  }
  return std::string(kDefaultPath);
}

}  // namespace

base::Result<std::string> FindShim(const std::string& given) {
  const std::vector<std::string> places = shim::PlacesOf("kadende-shim", "KADENDE_SHIM", given);
  for (const std::string& place : places) {
    if (!WhyNotExecutable(place)) return place;
  }
  return base::Fail(base::ErrorCode::kInvalid, "the program kadende-shim, under which process nodes run, is not at " +
                                                   base::Join(places, ", nor at ") +
                                                   ": install it, or set KADENDE_SHIM to where it is");
}

std::vector<std::string> NodeEnvironment(const NodeRecord& record, const Properties& properties,
                                         const std::string& folder) {
  std::map<std::string, std::string> variables = {{"PATH", std::string(kDefaultPath)}};
  for (const char* name : kInherited) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    if (value != nullptr) variables[name] = value;
  }
  for (const auto& [name, value] : properties.env) variables[name] = value;
  const model::Ownership& owner = record.owner;
  variables[shim::kTokenVariable] = record.token;
  variables[shim::kFolderVariable] = folder;
  variables["KADENDE_INSTANCE"] = record.name;
  variables["KADENDE_NODE"] = model::NodeName(owner.group, owner.slot);
  variables["KADENDE_LINEAGE"] = owner.lineage;
  variables["KADENDE_CLUSTER"] = owner.cluster;
  variables["KADENDE_GROUP"] = owner.group;
  variables["KADENDE_ORDINAL"] = std::to_string(owner.slot.ordinal);
  variables["KADENDE_LOGICAL_ID"] = owner.slot.logical_id;
  variables["KADENDE_INCARNATION"] = std::to_string(owner.incarnation);
  variables["KADENDE_REVISION"] = base::ToHex(owner.revision);
  std::vector<std::string> environment;
  environment.reserve(variables.size());
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  return environment;
}

base::Result<shim::Spec> MakeSpec(const NodeRecord& record, const Properties& properties, const ProcessOptions& options,
                                  const std::string& folder) {
  const std::string work = folder + "/" + shim::kWorkFolder;
  shim::Spec spec;
  spec.token = record.token;
  spec.env = NodeEnvironment(record, properties, folder);
  spec.directory = work;
  if (!properties.working_directory.empty()) {
    spec.directory = Folder(options.base_directory, properties.working_directory);
    if (!IsFolder(spec.directory)) {
      return base::Fail(base::ErrorCode::kInvalid, "workingDirectory " + spec.directory + " is no folder");
    }
  }
  auto program = FindProgram(properties, options.base_directory, work, Value(spec.env, "PATH"));
  if (!program) return tl::unexpected(program.error());
  spec.program = std::move(*program);
  spec.name = properties.command;
  spec.args = properties.args;
  spec.stop_signal = properties.stop_signal;
  spec.stop_timeout = properties.stop_timeout.count();
  spec.restart = properties.restart;
  spec.output_bytes = options.output_bytes;
  return spec;
}

}  // namespace kadende::providers::process
