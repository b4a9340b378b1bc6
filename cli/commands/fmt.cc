#include "cli/commands/fmt.h"

#include <unistd.h>

#include <filesystem>

#include "cli/configuration.h"
#include "engine/base/text.h"
#include "lang/formatter.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kLimit = 2U << 20U;

// Replaces a file that a person owns: its permissions stay.
base::Status Rewrite(const std::string& path, const std::string& text) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path target = fs::canonical(path, error);  // a link stays a link
  if (error) return base::Fail(base::ErrorCode::kInvalid, "cannot write " + path + ": " + error.message());
  const auto permissions = fs::status(target, error).permissions();
  if (access(target.c_str(), W_OK) != 0) {
    return base::Fail(base::ErrorCode::kDenied, "cannot write " + path + ": it is read-only");
  }
  if (auto written = WriteFile(target.string(), text); !written) return written;
  fs::permissions(target, permissions, error);
  return {};
}

// The result for programs; `text` where it is the result.
void PrintJson(const std::string& name, bool canonical, const std::string* text, Console& console) {
  console.Out("{\"type\":\"format\",\"file\":" + base::QuoteJson(name) +
              ",\"canonical\":" + (canonical ? "true" : "false") +
              (text == nullptr ? std::string() : ",\"text\":" + base::QuoteJson(*text)) + "}\n");
}

}  // namespace

void DefineFmt(CommandSetup& setup, FmtOptions& options) {
  setup.Add({"FILE|DIR", "", "The cluster file, or - for standard input; default: the one in this folder", {}, false},
            &options.path);
  setup.Add({"--check", "", "Write nothing; exit 1 where the layout is not canonical", {}, false}, &options.check);
  setup.Add({"-w,--write", "", "Rewrite the file instead of printing it", {}, false}, &options.write);
}

int RunFmt(const FmtOptions& options, Console& console) {
  const bool from_stdin = options.path == "-";
  if (from_stdin && options.write) return console.Fail("--write needs a file, not standard input");
  auto path = from_stdin ? base::Result<std::string>("/dev/stdin") : FindConfiguration(options.path);
  if (!path) return console.Fail(path.error());
  auto bytes = ReadFile(*path, kLimit);
  if (!bytes) return console.Fail(bytes.error());
  const std::string name = from_stdin ? "<stdin>" : *path;
  lang::FormatResult formatted = lang::Format(*bytes, name);
  console.Show(formatted.diagnostics);
  if (formatted.diagnostics.HasErrors()) return kExitError;
  const bool same = formatted.text == *bytes;
  const bool json = console.common().json;
  if (json) PrintJson(name, same, options.check || options.write ? nullptr : &formatted.text, console);
  if (options.check) {
    if (same) return kExitOk;
    return console.Fail(name + " is not in canonical layout; `kadende fmt --write " + name + "` changes it");
  }
  if (!options.write) {
    if (!json) console.Out(formatted.text);
    return kExitOk;
  }
  if (same) return kExitOk;
  if (auto written = Rewrite(*path, formatted.text); !written) return console.Fail(written.error());
  console.Note(*path + "\n");
  return kExitOk;
}

}  // namespace kadende::cli
