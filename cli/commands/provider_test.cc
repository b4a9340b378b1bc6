#include "cli/commands/provider_test.h"

#include <stdlib.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>

#include "cli/signals.h"
#include "cli/view/check_text.h"
#include "engine/base/json.h"
#include "engine/base/text.h"
#include "providers/check/check.h"
#include "providers/plugin/plugin_provider.h"

namespace kadende::cli {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::Result;
using providers::check::Finding;
using providers::check::Outcome;
using providers::plugin::HostOptions;
using providers::plugin::PluginFile;
using providers::plugin::PluginNote;

// Where the plugin runs, removed again where it was made here.
class Folder {
 public:
  static Result<std::unique_ptr<Folder>> Open(const std::string& given) {
    std::error_code error;
    if (!given.empty()) {
      if (fs::is_directory(given, error)) return std::make_unique<Folder>(fs::absolute(given, error), false);
      return base::Fail(ErrorCode::kNotFound, "--directory: " + given + " is no folder");
    }
    std::string pattern = fs::temp_directory_path(error) / "kadende-provider-test-XXXXXX";
    if (error || ::mkdtemp(pattern.data()) == nullptr) {
      return base::Fail(ErrorCode::kUnavailable, "no folder can be made for the plugin in " + pattern);
    }
    return std::make_unique<Folder>(pattern, true);
  }
  Folder(fs::path path, bool ours) : path_(std::move(path)), ours_(ours) {}
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (ours_) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string path() const { return path_; }

 private:
  const fs::path path_;
  const bool ours_;
};

std::optional<std::string> FindInPath(const std::string& program) {
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  for (const std::string& folder : base::Split(path == nullptr ? "" : path, ':')) {
    const std::string candidate = folder + "/" + program;
    if (folder.starts_with('/') && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

// The plugin does not run where the command was typed: what names a file here is named from the root.
std::string Rooted(const std::string& word) {
  std::error_code error;
  return !word.empty() && fs::exists(word, error) ? fs::absolute(word, error).lexically_normal().string() : word;
}

Result<PluginFile> FileOf(const std::vector<std::string>& command) {
  PluginFile file;
  const std::string& program = command.front();
  file.name = fs::path(program).filename();
  file.path = Rooted(program);
  if (program.find('/') == std::string::npos && file.path == program) {
    const auto found = FindInPath(program);
    if (!found) return base::Fail(ErrorCode::kNotFound, "`" + program + "` is neither a file here nor found in PATH");
    file.path = *found;
  }
  for (std::size_t i = 1; i < command.size(); ++i) file.arguments.push_back(Rooted(command[i]));
  return file;
}

// Text of an option: a JSON object, or @FILE with one.
Result<std::string> ObjectOf(const std::string& option, const std::string& given) {
  std::string text = given;
  if (given.starts_with('@')) {
    std::ifstream file(given.substr(1));
    if (!file) return base::Fail(ErrorCode::kNotFound, option + ": " + given.substr(1) + " cannot be read");
    std::stringstream content;
    content << file.rdbuf();
    text = content.str();
  }
  const auto parsed = base::ParseJson(text);
  if (!parsed) return base::Wrap(parsed.error(), option);
  if (!parsed->is_object()) return base::Fail(ErrorCode::kInvalid, option + " is no JSON object");
  return base::Canonical(*parsed);
}

// An example of the schema; empty: it has none of that number.
std::string ExampleOf(const model::Manifest& manifest, std::size_t number) {
  const auto schema = base::ParseJson(manifest.property_schema);
  if (!schema) return {};
  const auto examples = schema->find("examples");
  if (examples == schema->end() || !examples->is_array() || examples->size() <= number) return {};
  return (*examples)[number].is_object() ? base::Canonical((*examples)[number]) : std::string();
}

base::Status TakeProperties(const ProviderTestOptions& options, const model::Manifest& manifest,
                            providers::check::Target* target) {
  target->properties = ExampleOf(manifest, 0);
  target->changed_properties = ExampleOf(manifest, 1);
  if (target->properties.empty()) target->properties = "{}";
  if (!options.properties.empty()) {
    auto given = ObjectOf("--properties", options.properties);
    if (!given) return tl::unexpected(std::move(given.error()));
    target->properties = std::move(*given);
    target->changed_properties.clear();
  }
  if (options.changed.empty()) return {};
  auto given = ObjectOf("--changed", options.changed);
  if (!given) return tl::unexpected(std::move(given.error()));
  target->changed_properties = std::move(*given);
  return {};
}

// kill -9 to the plugin itself, which is what its shim has started.
bool KillBelow(pid_t shim) {
  const std::string number = std::to_string(shim);
  std::ifstream children("/proc/" + number + "/task/" + number + "/children");
  bool killed = false;
  for (pid_t pid = 0; children >> pid;) killed = ::kill(pid, SIGKILL) == 0 || killed;
  return killed;
}

std::string NoteText(const PluginNote& note) {
  std::string text = "  " + base::EscapeTerminal(note.plugin);
  if (note.kind == PluginNote::Kind::kLog) text += " " + note.level;
  if (note.kind == PluginNote::Kind::kProgress) text += " " + base::EscapeTerminal(note.subject);
  if (note.fraction >= 0) text += " " + std::to_string(static_cast<int>(note.fraction * 100)) + "%";
  return text + ": " + base::EscapeTerminal(note.message) + "\n";
}

base::Status WriteJUnit(const std::string& path, const std::vector<Finding>& findings, const std::string& name) {
  if (path.empty()) return {};
  std::ofstream file(path);
  file << CheckJUnit(findings, "kadende provider test: " + name);
  file.close();
  if (file) return {};
  return base::Fail(ErrorCode::kUnavailable, "--junit: " + path + " cannot be written");
}

void Tell(const Finding& finding, Console& console) {
  if (console.common().json) {
    console.Out(FindingJson(finding));
  } else if (!console.common().quiet || finding.outcome == Outcome::kFailed) {
    console.Out(FindingText(finding, console.color_out()));
  }
  console.Flush();
}

}  // namespace

void DefineProviderTest(CommandSetup& setup, ProviderTestOptions& options) {
  setup.Add({"COMMAND",
             "",
             "The plugin and its arguments (after --, where they begin with a dash), or a shared object",
             {},
             true},
            &options.command);
  setup.Add({"--properties", "JSON|@FILE", "Good properties; default: the first of the schema's `examples`", {}, false},
            &options.properties);
  setup.Add({"--changed", "JSON|@FILE", "The same with mutable ones changed; default: the second of them", {}, false},
            &options.changed);
  setup.Add({"--directory", "DIR", "Where the plugin runs; default: a new folder, removed at the end", {}, false},
            &options.directory);
  setup.Add({"--many", "COUNT", "Instances made at once where it is about many; default: 40", {}, false},
            &options.many);
  setup.Add({"--only", "TEXT", "Only promises that have this text", {}, false}, &options.only);
  setup.Add({"--timeout", "DURATION", "Of each call; default: 1m", {}, false}, &options.timeout);
  setup.Add({"--junit", "FILE", "Also write the findings as JUnit XML", {}, false}, &options.junit);
}

int RunProviderTest(const ProviderTestOptions& options, Console& console) {
  const auto file = FileOf(options.command);
  if (!file) return console.Fail(file.error());
  const auto folder = Folder::Open(options.directory);
  if (!folder) return console.Fail(folder.error());
  const Signals signals({"Interrupted: what was made is destroyed. Again: leave at once.\n", "Leaving.\n"},
                        [&console](const std::string& line) { console.Err(line); });
  std::atomic<pid_t> shim = 0;
  HostOptions host;
  host.base_directory = (*folder)->path();
  host.on_start = [&shim](pid_t pid) { shim = pid; };
  if (console.common().verbose) host.on_note = [&console](const PluginNote& note) { console.Err(NoteText(note)); };

  providers::check::Target target;
  target.make = [&] { return providers::plugin::MakePluginProvider(*file, host); };
  target.abilities = [](ports::Provider& provider) -> providers::check::Abilities {
    auto& plugin = dynamic_cast<providers::plugin::PluginProvider&>(provider);  // as `make` has made it
    return {plugin.logs(), plugin.exec(), plugin.plan_update()};
  };
  target.crash = [&shim] { return KillBelow(shim); };
  const auto first = target.make();
  if (!first) return console.Fail(first.error());
  const model::Manifest manifest = (*first)->Manifest();
  if (auto taken = TakeProperties(options, manifest, &target); !taken) return console.Fail(taken.error());

  providers::check::CheckOptions check;
  check.timeout = options.timeout;
  check.many = options.many;
  check.only = options.only;
  check.stop = signals.drain();
  const std::string name = base::EscapeTerminal(manifest.name + " " + manifest.version);
  console.Note("Testing " + name + " with " + base::EscapeTerminal(target.properties) + "\n");
  const auto findings =
      providers::check::Check(target, check, [&console](const Finding& finding) { Tell(finding, console); });
  if (findings.empty())
    return console.Fail("--only: no promise has the text `" + base::EscapeTerminal(options.only) + "`");
  console.Out(console.common().json ? CheckSummaryJson(findings, manifest)
                                    : name + ": " + CheckSummaryText(findings) + "\n");
  if (auto written = WriteJUnit(options.junit, findings, manifest.name); !written) return console.Fail(written.error());
  if (signals.interrupted()) return kExitInterrupted;
  const bool failed = std::any_of(findings.begin(), findings.end(),
                                  [](const Finding& finding) { return finding.outcome == Outcome::kFailed; });
  return failed ? kExitError : kExitOk;
}

}  // namespace kadende::cli
