#include "providers/install/lock_file.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/text.h"
#include "providers/install/file_bytes.h"
#include "providers/install/plugin_url.h"

namespace kadende::providers {
namespace {

constexpr std::string_view kComment =
    "# Which file each plugin is: written by `kadende provider install`, to be committed.\n";
constexpr std::string_view kFormat = "kadende-lock";
constexpr std::string_view kFormatVersion = "1";
constexpr std::size_t kLockLimit = std::size_t{1} << 20U;
constexpr std::size_t kMostPlugins = 1000;
constexpr std::size_t kLongestName = 128;
constexpr const char* kAgain =
    "take the file back from version control, or make it anew with `kadende provider install`";

bool IsWordOf(std::string_view text, std::string_view extra) {
  const auto fits = [extra](char c) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return plain || extra.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kLongestName && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), fits);
}

struct Word {
  std::string_view text;
  int column = 0;  // from 1
};

std::vector<Word> WordsOf(std::string_view line) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == ' ' || line[at] == '\t') {
      ++at;
      continue;
    }
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back({line.substr(at, end - at), static_cast<int>(at) + 1});
    at = end;
  }
  return words;
}

class LockReader {
 public:
  LockReader(const std::string& file, base::Diagnostics& diagnostics) : file_(file), diagnostics_(diagnostics) {}

  model::PluginPins Read(std::string_view text) {
    for (std::size_t at = 0; at < text.size() && !hopeless_;) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      line_ = text.substr(at, end - at);
      if (line_.ends_with('\r')) line_.remove_suffix(1);
      ++number_;
      ReadLine();
      at = end + 1;
    }
    if (hopeless_) return {};
    if (!has_format_) Wrong({kFormat, 0}, "this is no lock file: it does not begin with `kadende-lock 1`", kAgain);
    EndPlugin();
    return std::move(pins_);
  }

 private:
  void Wrong(const Word& word, std::string message, std::string remedy = {}) {
    base::Diagnostic diagnostic;
    diagnostic.message = std::move(message);
    diagnostic.remedy = std::move(remedy);
    diagnostic.range = {file_, std::max(number_, 1), word.column,
                        static_cast<int>(std::max<std::size_t>(word.text.size(), 1))};
    diagnostic.excerpt = std::string(line_);
    diagnostics_.Add(std::move(diagnostic));
  }

  void ReadLine() {
    const std::vector<Word> words = WordsOf(line_);
    if (words.empty() || words[0].text.starts_with('#')) return;
    const std::string_view key = words[0].text;
    if (key.starts_with("<<<<<<<") || key.starts_with("=======") || key.starts_with(">>>>>>>")) {
      hopeless_ = true;
      return Wrong(words[0], "a merge of two branches was left undone here",
                   "choose a side, then run `kadende provider install`");
    }
    if (!has_format_) return ReadFormat(words);
    if (key == "plugin") return BeginPlugin(words);
    if (key != "version" && key != "url" && key != "sha256") {
      const std::vector<std::string> known = {"plugin", "version", "url", "sha256"};
      const auto near = base::Nearest(key, known);
      return Wrong(words[0], "unknown key `" + std::string(key) + "`", near ? "did you mean `" + *near + "`?" : "");
    }
    if (!plugin_) return Wrong(words[0], "`" + std::string(key) + "` belongs below a `plugin NAME`");
    if (key == "sha256") return ReadHash(words);
    if (words.size() != 2) return Wrong(words[0], "`" + std::string(key) + "` takes one word");
    key == "version" ? ReadVersion(words[1]) : ReadUrl(words[1]);
  }

  void ReadFormat(const std::vector<Word>& words) {
    has_format_ = true;
    if (words[0].text != kFormat || words.size() != 2) {
      hopeless_ = true;
      return Wrong(words[0], "this is no lock file: it does not begin with `kadende-lock 1`", kAgain);
    }
    if (words[1].text == kFormatVersion) return;
    hopeless_ = true;
    Wrong(words[1], "written by a newer kadende: this one reads format 1", "update kadende");
  }

  void BeginPlugin(const std::vector<Word>& words) {
    EndPlugin();
    if (words.size() != 2) return Wrong(words[0], "`plugin` takes a name");
    if (!IsPluginName(words[1].text)) return Wrong(words[1], "this can be no plugin's name: letters, digits, - _ .");
    if (pins_.size() >= kMostPlugins) {
      hopeless_ = true;
      return Wrong(words[0], "more than " + std::to_string(kMostPlugins) + " plugins");
    }
    plugin_ = model::PluginPin{std::string(words[1].text), {}, {}, {}};
    place_ = words[1];
    place_line_ = number_;
    place_excerpt_ = std::string(line_);
    if (model::FindPin(pins_, plugin_->name) != nullptr)
      Wrong(words[1], "plugin `" + plugin_->name + "` is here twice");
  }

  void EndPlugin() {
    if (!plugin_) return;
    if (plugin_->version.empty() || plugin_->hashes.empty()) {
      const std::string_view line = std::exchange(line_, place_excerpt_);
      const int number = std::exchange(number_, place_line_);
      Wrong(place_, "plugin `" + plugin_->name + "` has no " + (plugin_->version.empty() ? "version" : "sha256"),
            kAgain);
      line_ = line;
      number_ = number;
    } else {
      model::PutPin(pins_, std::move(*plugin_));
    }
    plugin_.reset();
  }

  void ReadVersion(const Word& word) {
    if (!plugin_->version.empty()) return Wrong(word, "a second version of one plugin");
    if (!IsPluginVersion(word.text)) return Wrong(word, "this can be no version: letters, digits, - _ . + ~");
    plugin_->version = word.text;
  }

  void ReadUrl(const Word& word) {
    if (!plugin_->url.empty()) return Wrong(word, "a second url of one plugin");
    if (auto allowed = CheckUrl(word.text); !allowed) return Wrong(word, std::move(allowed.error().message));
    plugin_->url = word.text;
  }

  void ReadHash(const std::vector<Word>& words) {
    if (words.size() != 3) return Wrong(words[0], "`sha256` takes a platform (linux_amd64) and 64 hexadecimal digits");
    if (!IsPlatform(words[1].text)) return Wrong(words[1], "this is no platform: as in linux_amd64, or `any`");
    const auto hash = base::DigestFromHex(words[2].text);
    if (!hash || hash->IsZero()) return Wrong(words[2], "this is no SHA-256: 64 hexadecimal digits", kAgain);
    if (!plugin_->hashes.emplace(words[1].text, *hash).second) Wrong(words[1], "a second sha256 for one platform");
  }

  const std::string& file_;
  base::Diagnostics& diagnostics_;
  std::string_view line_;
  int number_ = 0;
  bool has_format_ = false;
  bool hopeless_ = false;  // what follows would only be misread
  std::optional<model::PluginPin> plugin_;
  Word place_;  // of its name; the text it points into outlives the reader
  int place_line_ = 0;
  std::string place_excerpt_;
  model::PluginPins pins_;
};

}  // namespace

bool IsPluginName(std::string_view name) {
  return IsWordOf(name, "-_.");
}

bool IsPluginVersion(std::string_view version) {
  return IsWordOf(version, "-_.+~");
}

model::PluginPins ParseLock(std::string_view text, const std::string& file, base::Diagnostics& diagnostics) {
  return LockReader(file, diagnostics).Read(text);
}

std::string FormatLock(const model::PluginPins& pins) {
  std::string text(kComment);
  text += std::string(kFormat) + " " + std::string(kFormatVersion) + "\n";
  for (const model::PluginPin& pin : pins) {
    text += "\nplugin " + pin.name + "\n  version " + pin.version + "\n";
    if (!pin.url.empty()) text += "  url " + pin.url + "\n";
    for (const auto& [platform, hash] : pin.hashes) text += "  sha256 " + platform + " " + base::ToHex(hash) + "\n";
  }
  return text;
}

base::Result<model::PluginPins> ReadLock(const std::string& folder) {
  const std::string file = folder + "/" + std::string(kLockFileName);
  auto text = ReadBytes(file, kLockLimit);
  if (!text && text.error().code == base::ErrorCode::kNotFound) return model::PluginPins{};
  if (!text) return tl::unexpected(std::move(text).error());
  base::Diagnostics diagnostics;
  model::PluginPins pins = ParseLock(*text, file, diagnostics);
  if (diagnostics.HasErrors()) return base::Fail(base::ErrorCode::kInvalid, base::Render(diagnostics));
  return pins;
}

base::Status WriteLock(const std::string& folder, const model::PluginPins& pins) {
  const std::string file = folder + "/" + std::string(kLockFileName);
  const std::string text = FormatLock(pins);
  const auto before = ReadBytes(file, kLockLimit);
  if (before && *before == text) return {};
  return ReplaceBytes(file, text);
}

}  // namespace kadende::providers
