#include "providers/process/properties.h"

#include <array>

#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::providers::process {
namespace {

using base::Diagnostics;
using base::Json;

const std::vector<std::string> kNames = {"args",    "command",    "env",         "files",
                                         "restart", "stopSignal", "stopTimeout", "workingDirectory"};
constexpr std::string_view kRestartNames = "`never`, `on-failure` or `always`";
constexpr base::Millis kLongestStop = std::chrono::hours(24);

// A value that a plan does not know yet.
bool IsUnknown(const Json& value) {
  if (!value.is_string()) return false;
  const std::string& text = value.get_ref<const std::string&>();
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 2)) {
    if (at == 0 || text[at - 1] != '$') return true;
  }
  return false;
}

std::string ScalarText(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump();
}

// A scalar that can be an argument: no NUL, which would cut it off.
bool ReadText(const Json& value, const std::string& path, Diagnostics* found, std::string* text) {
  if (value.is_structured() || value.is_null()) {
    found->Error(path, "must be a text, a number or a boolean");
    return false;
  }
  *text = ScalarText(value);
  if (text->find('\0') == std::string::npos) return true;
  found->Error(path, "holds a NUL character, which no argument, variable or path can");
  return false;
}

bool ReadString(const Json& value, const std::string& path, Diagnostics* found, std::string* text) {
  if (!value.is_string()) {
    found->Error(path, "must be a text");
    return false;
  }
  return ReadText(value, path, found, text);
}

void ReadCommand(const Json& value, Diagnostics* found, Properties* out) {
  if (ReadString(value, "command", found, &out->command) && out->command.empty()) {
    found->Error("command", "is empty", {}, "name a program: `command: ./server`");
  } else if (!IsUnknown(value) && out->command.find_first_of(" \t") != std::string::npos) {
    found->Warning("command", "has a blank in it, and is one program's name: no shell splits it", {},
                   "put arguments into `args`");
  }
}

void ReadArgs(const Json& value, Diagnostics* found, Properties* out) {
  if (!value.is_array()) return found->Error("args", "must be a list");
  for (std::size_t i = 0; i < value.size(); ++i) {
    ReadText(value[i], "args[" + std::to_string(i) + "]", found, &out->args.emplace_back());
  }
}

void ReadEnv(const Json& value, Diagnostics* found, Properties* out) {
  if (!value.is_object()) return found->Error("env", "must be a map of names and values");
  for (const auto& [name, text] : value.items()) {
    const std::string path = "env." + name;
    if (name.empty() || name.find_first_of(std::string("=\0", 2)) != std::string::npos) {
      found->Error(path, "is no name of a variable: it is empty or has `=` or NUL in it");
    } else if (name.starts_with("KADENDE_")) {
      found->Error(path, "names starting with KADENDE_ are set by kadende");
    } else {
      ReadText(text, path, found, &out->env.emplace_back(name, "").second);
    }
  }
}

bool IsInnerPath(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\0') != std::string_view::npos) return false;
  for (const std::string& part : base::Split(name, '/')) {
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
  }
  return name.size() < 1024;
}

void ReadFiles(const Json& value, Diagnostics* found, Properties* out) {
  if (!value.is_object()) return found->Error("files", "must be a map of names and contents");
  std::string before;
  for (const auto& [name, content] : value.items()) {
    const std::string path = "files." + name;
    if (!IsInnerPath(name)) {
      found->Error(path, "is no relative name inside the node's folder", {}, "leave out a leading `/`, `.` and `..`");
    } else if (!content.is_string()) {
      found->Error(path, "must be a text");
    } else if (!before.empty() && name.starts_with(before + "/")) {
      found->Error(path, "lies below `" + before + "`, which is a file");
    } else {
      out->files.emplace_back(name, content.get<std::string>());
      before = name;
    }
  }
}

void ReadWorkingDirectory(const Json& value, Diagnostics* found, Properties* out) {
  if (ReadString(value, "workingDirectory", found, &out->working_directory) && out->working_directory.empty()) {
    found->Error("workingDirectory", "is empty", {}, "leave it out to run in the node's own folder");
  }
}

void ReadStopSignal(const Json& value, Diagnostics* found, Properties* out) {
  const auto signal = value.is_string() || value.is_number_integer() ? ParseSignal(ScalarText(value)) : std::nullopt;
  if (!signal) return found->Error("stopSignal", "is no signal: " + value.dump(), {}, "for example SIGTERM, INT or 15");
  out->stop_signal = *signal;
}

void ReadStopTimeout(const Json& value, Diagnostics* found, Properties* out) {
  const auto timeout = value.is_string() ? base::ParseDuration(value.get_ref<const std::string&>()) : std::nullopt;
  if (!timeout) return found->Error("stopTimeout", "is no duration: " + value.dump(), {}, "for example 10s or 1m30s");
  if (*timeout > kLongestStop) return found->Error("stopTimeout", "is above one day");
  out->stop_timeout = *timeout;
}

void ReadRestart(const Json& value, Diagnostics* found, Properties* out) {
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (text == "never") {
    out->restart = shim::Restart::kNever;
  } else if (text == "on-failure") {
    out->restart = shim::Restart::kOnFailure;
  } else if (text == "always") {
    out->restart = shim::Restart::kAlways;
  } else {
    found->Error("restart", "must be " + std::string(kRestartNames));
  }
}

void ReadProperty(const std::string& name, const Json& value, Diagnostics* found, Properties* out) {
  if (name == "command") return ReadCommand(value, found, out);
  if (name == "args" && !IsUnknown(value)) return ReadArgs(value, found, out);
  if (name == "env" && !IsUnknown(value)) return ReadEnv(value, found, out);
  if (name == "files" && !IsUnknown(value)) return ReadFiles(value, found, out);
  if (name == "workingDirectory") return ReadWorkingDirectory(value, found, out);
  if (name == "stopSignal" && !IsUnknown(value)) return ReadStopSignal(value, found, out);
  if (name == "stopTimeout" && !IsUnknown(value)) return ReadStopTimeout(value, found, out);
  if (name == "restart" && !IsUnknown(value)) return ReadRestart(value, found, out);
  if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return;
  const auto near = base::Nearest(name, kNames);
  found->Error(name, "unknown property `" + name + "` of provider `process`", {},
               near ? "did you mean `" + *near + "`?" : "it has " + base::Join(kNames, ", "));
}

Diagnostics Read(std::string_view text, Properties* out) {
  Diagnostics found;
  const auto properties = base::ParseJson(text);
  if (!properties || !properties->is_object()) {
    found.Error("", properties ? "resourceProperties must be a map" : properties.error().message);
    return found;
  }
  if (!properties->contains("command")) {
    found.Error("command", "is missing: which program each node runs", {}, "for example `command: ./server`");
  }
  for (const auto& [name, value] : properties->items()) ReadProperty(name, value, &found, out);
  return found;
}

bool UsesSecret(const Json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return IsUnknown(value) && text.find("secret.") != std::string::npos;
}

// Every user of a machine can read the command lines of all.
void KeepOffCommandLines(const Json& properties, Diagnostics* found) {
  for (const auto& [name, value] : properties.items()) {
    if (name != "command" && name != "args") continue;
    const auto refuse = [&](const std::string& path) {
      found->Error(path, "would put a secret on a command line, which every user of the machine can read", {},
                   "pass it through `env` or `files`");
    };
    if (UsesSecret(value)) refuse(name);
    if (!value.is_array()) continue;
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (UsesSecret(value[i])) refuse(name + "[" + std::to_string(i) + "]");
    }
  }
}

}  // namespace

const std::string& PropertySchema() {
  static const std::string schema = R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
"required":["command"],"additionalProperties":false,"properties":{
"command":{"type":"string","minLength":1,"description":"Program that a node runs: a name of `files`, a path relative to workingDirectory or to the configuration's folder, an absolute path, or a name to be found in PATH."},
"args":{"type":"array","items":{"type":["string","number","boolean"]},"description":"Arguments, each passed as it is; no shell."},
"env":{"type":"object","additionalProperties":{"type":["string","number","boolean"]},"description":"Environment variables, besides a small inherited set and KADENDE_*."},
"workingDirectory":{"type":"string","minLength":1,"description":"Where the program starts; relative to the configuration's folder. Default: the node's own folder, where `files` are."},
"files":{"type":"object","additionalProperties":{"type":"string"},"description":"Relative names and contents, written into the node's own folder before the start."},
"stopSignal":{"type":["string","integer"],"default":"SIGTERM","description":"Signal that asks the program to end. Changed in place."},
"stopTimeout":{"type":"string","default":"10s","description":"How long it may take before everything of the node is killed. Changed in place."},
"restart":{"enum":["never","on-failure","always"],"default":"never","description":"Whether the supervisor starts the program again by itself when it ends."}}})";
  return schema;
}

base::Diagnostics ValidateProperties(std::string_view properties) {
  Properties ignored;
  Diagnostics found = Read(properties, &ignored);
  // Here alone: once the values are in place they cannot be told from other text.
  if (const auto json = base::ParseJson(properties); json && json->is_object()) KeepOffCommandLines(*json, &found);
  return found;
}

base::Result<Properties> ParseProperties(std::string_view properties) {
  Properties parsed;
  const Diagnostics found = Read(properties, &parsed);
  for (const base::Diagnostic& diagnostic : found.items()) {
    if (diagnostic.severity != base::Severity::kError) continue;
    const std::string place = diagnostic.path.empty() ? "" : diagnostic.path + ": ";
    return base::Fail(base::ErrorCode::kInvalid, place + diagnostic.message);
  }
  return parsed;
}

base::Result<std::string> FixedProperties(std::string_view properties) {
  auto value = base::ParseJson(properties);
  if (!value) return tl::unexpected(value.error());
  if (!value->is_object()) return base::Fail(base::ErrorCode::kInvalid, "resourceProperties must be a map");
  value->erase("stopSignal");
  value->erase("stopTimeout");
  return base::Canonical(*value);
}

}  // namespace kadende::providers::process
